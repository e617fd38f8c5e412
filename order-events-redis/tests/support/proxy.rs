//! A proxy of the test's own: it passes bytes on, until it is told otherwise.

use std::net::{Ipv4Addr, SocketAddr};
use std::thread::JoinHandle;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// Longer than any command of ours, so that a word is not looked for in two halves of it.
const CHUNK: usize = 256 * 1024;

/// Listens until it is dropped, on a thread of its own: whatever a test does, bytes flow.
#[derive(Debug)]
pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    rules: watch::Sender<Rules>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Clone)]
struct Rules {
    target: SocketAddr,
    /// Replies wait, requests pass.
    holds: bool,
    /// Whoever connects is turned away.
    refuses: bool,
    /// Connections of an earlier one are over.
    generation: usize,
    /// Connections of an earlier one are open, and silent for ever.
    silent_before: usize,
    /// The reply to what contains this is dropped, and its connection with it.
    word: Option<String>,
    /// What the server sends with this in it is left out, and its connection stays.
    swallowed: Option<String>,
    /// How many of both there were.
    lost: usize,
    is_over: bool,
}

impl Proxy {
    pub(crate) fn before(target: SocketAddr) -> Self {
        let (rules, seen) = watch::channel(Rules {
            target,
            holds: false,
            refuses: false,
            generation: 0,
            silent_before: 0,
            word: None,
            swallowed: None,
            lost: 0,
            is_over: false,
        });
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let owner = rules.clone();
        let thread = std::thread::spawn(move || runtime.block_on(serve(listener, owner, seen)));
        Self { address, rules, thread: Some(thread) }
    }

    /// Where connections go from now on; those that there are stay.
    pub(crate) fn aim_at(&self, target: SocketAddr) {
        self.rules.send_modify(|rules| rules.target = target);
    }

    /// Replies wait from now on, until [`pass`](Self::pass) or for ever where they are cut.
    pub(crate) fn hold(&self) {
        self.rules.send_modify(|rules| rules.holds = true);
    }

    /// Everything passes again.
    pub(crate) fn pass(&self) {
        self.rules.send_modify(|rules| (rules.holds, rules.refuses) = (false, false));
    }

    /// Ends every connection that there is; new ones are welcome.
    pub(crate) fn cut(&self) {
        self.rules.send_modify(|rules| rules.generation += 1);
    }

    /// Nothing passes any more on the connections that there are, and nobody is told: a firewall
    /// that forgot them. New ones are welcome.
    pub(crate) fn silence(&self) {
        self.rules.send_modify(|rules| {
            rules.generation += 1;
            rules.silent_before = rules.generation;
        });
    }

    /// Ends every connection, and those that come.
    pub(crate) fn refuse(&self) {
        self.rules.send_modify(|rules| {
            rules.refuses = true;
            rules.generation += 1;
        });
    }

    /// The next request that contains this word reaches the server, its reply nobody.
    pub(crate) fn lose_reply_to(&self, word: &str) {
        self.rules.send_modify(|rules| rules.word = Some(word.to_owned()));
    }

    /// The next that the server sends with this word in it is left out, and the connection stays:
    /// a message that a broker forgot.
    pub(crate) fn swallow(&self, word: &str) {
        self.rules.send_modify(|rules| rules.swallowed = Some(word.to_owned()));
    }

    /// How many replies and messages were lost so.
    pub(crate) fn lost(&self) -> usize {
        self.rules.borrow().lost
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.rules.send_modify(|rules| rules.is_over = true);
        let _over = self.thread.take().map(JoinHandle::join);
    }
}

async fn serve(
    listener: std::net::TcpListener,
    rules: watch::Sender<Rules>,
    mut seen: watch::Receiver<Rules>,
) {
    let listener = TcpListener::from_std(listener).unwrap();
    loop {
        tokio::select! {
            over = seen.wait_for(|rules| rules.is_over) => {
                drop(over);
                return;
            }
            accepted = listener.accept() => {
                let Ok((client, _)) = accepted else { continue };
                if !rules.borrow().refuses {
                    tokio::spawn(pass(client, rules.clone(), rules.subscribe()));
                }
            }
        }
    }
}

/// One connection. Errors end it, as they would end it without a proxy.
async fn pass(
    client: TcpStream,
    owner: watch::Sender<Rules>,
    mut rules: watch::Receiver<Rules>,
) -> Option<()> {
    let Rules { target, generation, .. } = *rules.borrow_and_update();
    let server = TcpStream::connect(target).await.ok()?;
    client.set_nodelay(true).ok()?;
    server.set_nodelay(true).ok()?;
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let (mut request, mut reply) = (vec![0; CHUNK], vec![0; CHUNK]);
    let mut loses = false;
    loop {
        let holds = rules.borrow().holds;
        tokio::select! {
            biased;
            _ = rules.changed() => {
                let Rules { generation: now, silent_before, .. } = *rules.borrow_and_update();
                if generation < silent_before {
                    // Both sockets stay as they are until the proxy goes.
                    std::future::pending::<()>().await;
                }
                if generation != now {
                    return None;
                }
            }
            read = from_client.read(&mut request) => {
                let request = request.get(..read.ok()?).filter(|bytes| !bytes.is_empty())?;
                loses |= has_word(&owner, request, |rules| &mut rules.word);
                to_server.write_all(request).await.ok()?;
            }
            read = from_server.read(&mut reply), if !holds => {
                let reply = reply.get(..read.ok()?).filter(|bytes| !bytes.is_empty())?;
                if loses {
                    owner.send_modify(|rules| rules.lost += 1);
                    return None;
                }
                if has_word(&owner, reply, |rules| &mut rules.swallowed) {
                    owner.send_modify(|rules| rules.lost += 1);
                    continue;
                }
                to_client.write_all(reply).await.ok()?;
            }
        }
    }
}

/// Whether the word that is looked for is in it: once for each word.
fn has_word(
    rules: &watch::Sender<Rules>,
    bytes: &[u8],
    wanted: impl Fn(&mut Rules) -> &mut Option<String>,
) -> bool {
    rules.send_if_modified(|rules| {
        let wanted = wanted(rules);
        let Some(word) = wanted else { return false };
        let has_it = bytes.windows(word.len()).any(|part| part == word.as_bytes());
        if has_it {
            *wanted = None;
        }
        has_it
    })
}
