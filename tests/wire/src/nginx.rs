//! A real nginx before a server.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::wait::until;

/// Passes everything on; ends with the test.
#[derive(Debug)]
pub struct Nginx {
    /// Where it listens.
    pub address: SocketAddr,
    /// Its own directory, which is gone after it.
    pub prefix: PathBuf,
    child: Child,
}

impl Nginx {
    /// Starts it with the defaults, `proxy_pass` and what else is to stand in its `http` block.
    pub async fn before(server: SocketAddr, more: &str) -> Self {
        Self::configured(|address, _| {
            format!(
                "events {{}}
                http {{
                    access_log off;
                    {more}
                    server {{ listen {address}; location / {{ proxy_pass http://{server}; }} }}
                }}"
            )
        })
        .await
    }

    /// Starts it with a whole configuration, that of an address to listen at, and of a directory for
    /// what it needs besides.
    pub async fn configured(config: impl FnOnce(SocketAddr, &Path) -> String) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let name = format!(
            "order-events-nginx-{}-{}",
            std::process::id(),
            COUNT.fetch_add(1, Ordering::Relaxed)
        );
        let prefix = std::env::temp_dir().join(name);
        fs::create_dir_all(&prefix).unwrap();
        let address = free();
        let file = prefix.join("nginx.conf");
        // Not where only root may write.
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|name| format!("{name}_temp_path {}/{name};", prefix.display()));
        let config = config(address, &prefix);
        let config = config.replace("http {", &format!("http {{ {}", temporary.concat()));
        fs::write(&file, config).unwrap();
        // One process, so that ending it ends all of it.
        let alone = format!("daemon off; master_process off; pid {}/pid;", prefix.display());
        let started = Command::new(program())
            .args(["-e", "stderr", "-p"])
            .arg(&prefix)
            .arg("-c")
            .arg(&file)
            .args(["-g", &alone])
            .stdin(Stdio::null())
            .spawn();
        let child = started.expect("nginx is installed: scripts/test does so");
        let mut nginx = Self { address, prefix, child };
        until("nginx listens", || {
            let ended = nginx.child.try_wait().unwrap();
            assert!(ended.is_none(), "nginx ended at once: {ended:?}");
            TcpStream::connect(address).is_ok()
        })
        .await;
        nginx
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _gone = self.child.wait();
        let _gone = fs::remove_dir_all(&self.prefix);
    }
}

/// Debian puts it where only root looks.
fn program() -> &'static str {
    let sbin = "/usr/sbin/nginx";
    if fs::exists(sbin).unwrap_or(false) { sbin } else { "nginx" }
}

/// nginx cannot be told to take any port that is free.
fn free() -> SocketAddr {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap()
}
