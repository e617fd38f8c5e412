//! What a server of streams needs at its sockets, for any framework.
//!
//! A stream is silent for long and then says little, to a peer that may have gone without a word.
//! Nothing above the socket can see that: a server that waits to write is not asked by anybody.

use std::io;
use std::net::{SocketAddr, TcpListener, ToSocketAddrs};
use std::time::Duration;

use socket2::{Domain, Protocol, SockRef, Type};

/// How long the kernel keeps what a peer does not acknowledge, or a peer that takes nothing.
///
/// It gives up without a word to the peer, and asks ever more seldom before that. So a peer that reads on
/// in the second half of this time, and makes little room or whose word of it is lost, is given up all the
/// same, and hears nothing more. A client has to count heartbeats, as ours do, or to have its own kernel
/// ask, which some browsers do.
pub const USER_TIMEOUT: Duration = Duration::from_secs(60);

/// What a socket may hold of what its peer has not taken, in bytes. The kernel doubles it for its
/// own accounts; without a cap one stalled peer was seen to pin 2.8 MB.
pub const SEND_BUFFER: usize = 64 * 1024;

/// With so much in a socket that was not sent yet, it takes no more, in bytes. Whoever stopped reading
/// has nothing under way, so this and not [`SEND_BUFFER`] is what it costs the kernel (a packet more at
/// most); and what comes after it is not old by the time it is read. Linux only.
pub const UNSENT: u32 = 32 * 1024;

/// Connections that wait to be accepted. In a storm of reconnects the usual 128 overflow, and whoever
/// is dropped waits a second for its next SYN.
pub const BACKLOG: i32 = 4096;

// Up to where the kernel counts, in whole seconds where it asks. It refuses what is beyond, and a
// connection that cannot be set up is not served.
const SHORTEST_ASK: Duration = Duration::from_secs(1);
const LONGEST_ASK: Duration = Duration::from_secs(32_767);
#[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
const LONGEST_TIMEOUT: Duration = Duration::from_millis(i32::MAX as u64);

/// How sockets are set up. [`Default`] gives the constants of this module.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Socket {
    /// See [`USER_TIMEOUT`]. Linux only; elsewhere the stream's lifetime is the bound.
    pub user_timeout: Duration,
    /// See [`SEND_BUFFER`].
    pub send_buffer: usize,
    /// See [`UNSENT`]. With 0 it is as much as the system says, which by default is any.
    pub unsent: u32,
    /// See [`BACKLOG`].
    pub backlog: i32,
}

impl Default for Socket {
    fn default() -> Self {
        Self {
            user_timeout: USER_TIMEOUT,
            send_buffer: SEND_BUFFER,
            unsent: UNSENT,
            backlog: BACKLOG,
        }
    }
}

impl Socket {
    /// These, changed.
    #[must_use]
    pub fn configure(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    /// A listener, not blocking, with room for a storm. Of several addresses, as a name may have,
    /// the first that can be had; looking up a name blocks.
    ///
    /// ```
    /// use order_events_sse::server::Socket;
    ///
    /// let listener = Socket::default().listen("127.0.0.1:0")?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn listen(&self, address: impl ToSocketAddrs) -> io::Result<TcpListener> {
        let mut failed = io::Error::new(io::ErrorKind::InvalidInput, "no address to listen at");
        for address in address.to_socket_addrs()? {
            match self.listen_at(address) {
                Ok(listener) => return Ok(listener),
                // The system does not say where, and whoever reads it on a terminal must know.
                Err(error) => {
                    failed = io::Error::new(error.kind(), format!("{address}: {error}"));
                }
            }
        }
        Err(failed)
    }

    fn listen_at(&self, address: SocketAddr) -> io::Result<TcpListener> {
        let domain = Domain::for_address(address);
        let socket = socket2::Socket::new(domain, Type::STREAM, Some(Protocol::TCP))?;
        // A restart need not wait for the connections of the last run to be forgotten. On Windows
        // the option means something else.
        #[cfg(unix)]
        socket.set_reuse_address(true)?;
        socket.set_nonblocking(true)?;
        socket.bind(&address.into())?;
        socket.listen(self.backlog)?;
        Ok(socket.into())
    }

    /// Sets up an accepted connection. What a platform does not know is left out.
    pub fn tune<'a>(&self, connection: impl Into<SockRef<'a>>) -> io::Result<()> {
        let connection = connection.into();
        // An event is written whole; waiting for more would only delay it.
        connection.set_tcp_nodelay(true)?;
        connection.set_send_buffer_size(self.send_buffer)?;
        // It makes a stalled peer cheaper, and a kernel that does not know it serves none the less.
        #[cfg(any(target_os = "android", target_os = "linux"))]
        let _unknown = connection.set_tcp_notsent_lowat(self.unsent);
        #[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
        connection.set_tcp_user_timeout(Some(self.user_timeout.min(LONGEST_TIMEOUT)))?;
        // Silence is normal here, so a peer that vanished is only noticed by asking it. Asked once
        // and not again for the kernel's usual 75 s, it would outlive its time.
        let half = (self.user_timeout / 2).clamp(SHORTEST_ASK, LONGEST_ASK);
        let ask = socket2::TcpKeepalive::new().with_time(half).with_interval(half);
        connection.set_tcp_keepalive(&ask)
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn of_several_addresses_the_first_free_one_is_taken() {
        let taken = Socket::default().listen("127.0.0.1:0").expect("a free port");
        let taken = taken.local_addr().expect("where it listens");
        let free = SocketAddr::from(([127, 0, 0, 1], 0));
        let listener = Socket::default().listen(&[taken, free][..]).expect("the second is free");
        assert_ne!(listener.local_addr().expect("where it listens"), taken);
        let refused = Socket::default().listen(taken).expect_err("it is taken");
        assert_eq!(refused.kind(), io::ErrorKind::AddrInUse);
        assert!(refused.to_string().starts_with(&taken.to_string()), "{refused}");
        assert!(Socket::default().listen("127.0.0.1").is_err());
        assert!(Socket::default().listen(&[][..]).is_err());
    }

    fn tuned(user_timeout: Duration) -> socket2::Socket {
        let connection = socket2::Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
        let socket = Socket::default().configure(|socket| socket.user_timeout = user_timeout);
        socket.tune(&connection).expect("the kernel takes it");
        connection
    }

    #[test]
    fn a_silent_peer_is_asked_twice_within_its_time() {
        for (time, asked) in [(2, 1), (60, 30), (61, 30)] {
            let connection = tuned(Duration::from_secs(time));
            let asked = Duration::from_secs(asked);
            assert_eq!(connection.tcp_keepalive_time().unwrap(), asked);
            assert_eq!(connection.tcp_keepalive_interval().unwrap(), asked);
            assert_eq!(connection.tcp_user_timeout().unwrap(), Some(Duration::from_secs(time)));
        }
    }

    #[test]
    fn a_connection_is_set_up_whatever_the_time() {
        for time in [Duration::ZERO, Duration::from_millis(300), Duration::MAX] {
            tuned(time);
        }
    }

    #[test]
    fn a_connection_sends_at_once_and_holds_a_bounded_amount() {
        let connection = tuned(USER_TIMEOUT);
        assert!(connection.tcp_nodelay().unwrap());
        assert!(connection.send_buffer_size().unwrap() <= 2 * SEND_BUFFER);
        assert_eq!(connection.tcp_notsent_lowat().unwrap(), UNSENT);
    }
}
