//! What a peer that does not read costs: a test by itself, for it measures the whole process.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

use std::time::Duration;

use order_events_benches::resident;
use order_events_sse::Decoder;
use order_events_sse::server::UNSENT;
use order_events_wire_tests::{Kind, ORDER, Peer, Server, Setup, Shop, in_time, until};
use tokio::sync::watch;
use tokio::task::JoinSet;

const READERS: usize = 8;
const EVENTS: u64 = 4_000;
const WARM_UP: u64 = 500;

/// What the process may grow by while three times as much is published: allocators keep some of
/// what was freed.
const ROOM: usize = 4 << 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stalled_peer_slows_nobody_and_holds_a_bounded_amount() {
    for kind in Kind::ALL {
        let engine = order_events_core::MemoryEngine::builder().retain_events(300).build();
        let shop = Shop::open_on(engine).await;
        let setup = Setup { deadline: Duration::from_secs(1), ..Setup::default() };
        let server = Server::start(kind, &shop, &setup);
        let mut stalled = Peer::connect_small(server.address).await;
        stalled.ask(&format!("/orders/{ORDER}/events"), &[("x-user", "stalled")]).await;
        until("it is there", || shop.streams() == 1).await;

        // The slowest of those that keep up sets the pace.
        let mut places = Vec::new();
        let mut readers = JoinSet::new();
        for _ in 0..READERS {
            let (place, seen) = watch::channel(1);
            places.push(seen);
            readers.spawn(read(Peer::connect(server.address).await, place));
        }
        until("the others are there", || shop.streams() == READERS + 1).await;
        let mut before = 0;
        let note = "x".repeat(4_000);
        for version in 2..=EVENTS {
            shop.remark(&note).await;
            if version % 50 == 0 {
                for place in &mut places {
                    in_time("they keep up", place.wait_for(|seen| *seen >= version)).await.unwrap();
                }
            }
            if version == WARM_UP {
                before = resident();
            }
        }
        let grown = resident().saturating_sub(before);
        println!(
            "{kind:?}: {} MiB passed the stalled peer, and the process grew by {} KiB",
            (EVENTS - WARM_UP) * 4_000 / (1 << 20),
            grown >> 10
        );
        assert!(grown < ROOM, "{kind:?} grew by {grown} bytes");
        assert_eq!(shop.streams_of("stalled"), 1, "it is still there");
        assert_held(&server, stalled.port());

        shop.publish(order_events_core::Update::status(
            order_events_core::OrderId::new(ORDER).unwrap(),
            order_events_core::OrderStatus::Cancelled,
        ))
        .await;
        for missed in in_time("all have seen the end", readers.join_all()).await {
            assert_eq!(missed, 0, "{kind:?}");
        }

        // Thawed, it is brought to the truth.
        let last = stalled.read_to("\"reason\":\"final\"").await;
        assert!(last.contains("CANCELLED") && last.contains("event: reset"), "{kind:?}");
        server.stop().await;
    }
}

/// Reads to the end and says how many versions were missed.
async fn read(mut peer: Peer, place: watch::Sender<u64>) -> u64 {
    peer.ask(&format!("/orders/{ORDER}/events"), &[]).await;
    peer.head().await;
    let mut decoder = Decoder::new();
    let (mut seen, mut missed) = (0, 0);
    while let Some(chunk) = peer.chunk().await {
        let mut rest = &chunk[..];
        while let Some(message) = decoder.decode(&mut rest).unwrap() {
            let data: serde_json::Value = serde_json::from_str(&message.data).unwrap();
            let Some(version) = data["version"].as_u64() else { continue };
            missed += version - 1 - if seen == 0 { version - 1 } else { seen };
            seen = version;
            place.send_replace(version);
        }
    }
    missed
}

/// What the kernel holds of what this peer did not take is bounded by the cap.
fn assert_held(server: &Server, peer: u16) {
    let sockets = std::fs::read_to_string("/proc/net/tcp").unwrap();
    let (here, there) = (format!(":{:04X}", server.address.port()), format!(":{peer:04X}"));
    let queue = sockets.lines().find_map(|line| {
        let mut words = line.split_whitespace().skip(1);
        let ends = words.next()?.ends_with(&here) && words.next()?.ends_with(&there);
        let queue = words.nth(1)?.split_once(':')?.0;
        ends.then(|| usize::from_str_radix(queue, 16).unwrap())
    });
    let queue = queue.expect("its connection is there");
    println!("the kernel holds {} KiB of what it did not take", queue >> 10);
    // On the loopback a packet is as large as there are any.
    assert!((1..=UNSENT as usize + 64 * 1024).contains(&queue), "{queue} bytes");
}
