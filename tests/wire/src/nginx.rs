//! A real nginx before a server.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::wait::until;

/// Passes everything on; ends with the test.
#[derive(Debug)]
pub struct Nginx {
    /// Where it listens.
    pub address: SocketAddr,
    child: Child,
    prefix: PathBuf,
}

impl Nginx {
    /// Starts it with the defaults, `proxy_pass` and what else is to stand in its `http` block.
    pub async fn before(server: SocketAddr, more: &str) -> Self {
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
        // One process, so that ending it ends all of it.
        let config = format!(
            "daemon off; master_process off; pid {prefix}/pid; error_log stderr warn;
            events {{}}
            http {{
                access_log off;
                client_body_temp_path {prefix}/body; proxy_temp_path {prefix}/proxy;
                fastcgi_temp_path {prefix}/fastcgi; uwsgi_temp_path {prefix}/uwsgi;
                scgi_temp_path {prefix}/scgi;
                {more}
                server {{ listen {address}; location / {{ proxy_pass http://{server}; }} }}
            }}",
            prefix = prefix.display()
        );
        fs::write(&file, config).unwrap();
        let started = Command::new(program())
            .args(["-e", "stderr", "-p"])
            .arg(&prefix)
            .arg("-c")
            .arg(&file)
            .stdin(Stdio::null())
            .spawn();
        let child = started.expect("nginx is installed: scripts/test does so");
        let mut nginx = Self { address, child, prefix };
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
