//! The end of a server with streams open.

use shop::Role;

use super::server::{Server, bearer};

/// What the keyboard sends, and what the end of a container.
#[tokio::test]
async fn a_server_that_is_told_to_stop_ends_its_streams_and_itself() {
    for signal in ["INT", "TERM"] {
        let server = Server::start().await;
        let (anna, sam) = (bearer("anna", Role::Customer), bearer("sam", Role::Admin));
        let mut streams = Vec::new();
        for (path, who) in [("/orders/42/events", &anna), ("/mine", &anna), ("/events", &sam)] {
            let mut stream = server.watch(path, &[("authorization", who)]).await;
            stream.expect("ready").await;
            stream.expect("snapshot").await;
            streams.push(stream);
        }
        server.signal(signal).await;
        for mut stream in streams {
            assert_eq!(stream.expect("end").await["reason"], "draining");
            assert!(stream.next().await.is_none());
        }
        assert!(server.ended().await.success(), "{signal}");
    }
}
