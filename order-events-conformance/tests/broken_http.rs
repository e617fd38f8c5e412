//! Servers that are broken on purpose, each in one way: the HTTP suite must notice.

use std::convert::Infallible;
use std::future::pending;
use std::net::Ipv4Addr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::header::{ALLOW, AUTHORIZATION, CONTENT_TYPE, IF_NONE_MATCH, RETRY_AFTER};
use http::request::Parts;
use http::{HeaderValue, Method, Response, StatusCode};
use http_body::{Frame, SizeHint};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use order_events_conformance::http::{Server, Subject, run_some};
use order_events_core::Hub;
use order_events_sse::server::{Body, Door, Route};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// A way of breaking the contract.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Break {
    DropsEverySeventhEvent,
    RepeatsEverySeventhEvent,
    PutsTheReaderAhead,
    SwallowsTheEnd,
    HoldsBackTheFirstBytes,
    SaysThatAForeignOrderExists,
    ForgetsRetryAfter,
    ForgetsAllow,
    IgnoresTheHeadersCursor,
    PrefersTheQuery,
    SubscribesForTheHead,
    ShowsThePublicWhatStaffSees,
    DecodesIdsTwice,
    ForgetsTags,
    DeniesThatThereIsMore,
    WaitsForPeersThatHaveGone,
    KeepsPollsWaitingThroughADrain,
    SwallowsTheEndOfAPage,
    MovesAPollAhead,
    HidesResets,
}

/// Each with a case that must notice.
const BREAKS: &[(Break, &str)] = &[
    (Break::DropsEverySeventhEvent, "a_burst_comes_whole_and_in_order"),
    (
        Break::RepeatsEverySeventhEvent,
        "switching_between_stream_and_poll_loses_and_repeats_nothing",
    ),
    (Break::PutsTheReaderAhead, "of_several_snapshots_only_the_last_has_an_id"),
    (Break::SwallowsTheEnd, "a_final_order_ends_and_is_not_opened_again"),
    (Break::HoldsBackTheFirstBytes, "ready_comes_first_and_at_once"),
    (Break::SaysThatAForeignOrderExists, "a_foreign_order_and_an_absent_one_are_the_same"),
    (Break::ForgetsRetryAfter, "a_server_that_is_full_refuses"),
    (Break::ForgetsAllow, "other_methods_are_not_allowed"),
    (Break::IgnoresTheHeadersCursor, "a_reader_goes_on_from_header_or_query"),
    (Break::PrefersTheQuery, "the_header_wins_over_the_query"),
    (Break::SubscribesForTheHead, "a_head_is_answered_without_a_subscription"),
    (Break::ShowsThePublicWhatStaffSees, "what_is_for_staff_is_on_no_public_wire"),
    (Break::DecodesIdsTwice, "an_order_is_found_by_its_decoded_id"),
    (Break::ForgetsTags, "an_order_has_a_tag_until_something_happens_to_it"),
    (Break::DeniesThatThereIsMore, "a_full_page_says_that_there_is_more"),
    (Break::WaitsForPeersThatHaveGone, "a_peer_that_closes_its_half_is_gone"),
    (Break::KeepsPollsWaitingThroughADrain, "a_drain_ends_a_long_poll"),
    (Break::SwallowsTheEndOfAPage, "a_revocation_ends_a_long_poll"),
    (Break::MovesAPollAhead, "an_expiry_ends_a_long_poll"),
    (Break::HidesResets, "switching_in_the_middle_of_trouble_loses_and_repeats_nothing_unsaid"),
    (
        Break::DropsEverySeventhEvent,
        "switching_in_the_middle_of_trouble_loses_and_repeats_nothing_unsaid",
    ),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_suite_finds_nothing_wrong_with_a_server_that_is_whole() {
    let report = run_some(&Bare { how: None }, |_| true).await;
    assert!(report.failed.is_empty(), "{report}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_suite_finds_broken_servers() {
    for (how, noticed_by) in BREAKS {
        let report = run_some(&Bare { how: Some(*how) }, |case| case.name == *noticed_by).await;
        assert!(!report.failed.is_empty(), "{how:?} is not noticed by {noticed_by}: {report:?}");
    }
}

/// A door on hyper, without a framework.
struct Bare {
    how: Option<Break>,
}

#[async_trait]
impl Subject for Bare {
    async fn serve(&self, _: Hub, door: Door) -> Server {
        let how = self.how;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let address = listener.local_addr().expect("where it listens");
        let serving = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((connection, _)) = listener.accept().await {
                connections.spawn(connect(connection, door.clone(), how));
            }
        });
        Server::new(address, async move { serving.abort() })
    }

    fn patience(&self) -> Duration {
        match self.how {
            None => Duration::from_secs(20),
            // What it waits for will not come.
            Some(_) => Duration::from_secs(1),
        }
    }
}

async fn connect(connection: TcpStream, door: Door, how: Option<Break>) {
    let service = service_fn(move |request: http::Request<hyper::body::Incoming>| {
        let door = door.clone();
        async move {
            let parts = spoil_request(request.into_parts().0, how);
            let answer = answer(&door, &parts).await;
            if how == Some(Break::KeepsPollsWaitingThroughADrain) && is_drained(&answer) {
                pending::<()>().await;
            }
            Ok::<_, Infallible>(spoil_answer(answer, &parts, how))
        }
    });
    let mut builder = http1::Builder::new();
    builder.half_close(how == Some(Break::WaitsForPeersThatHaveGone));
    // How a connection ends is its peer's affair.
    let _ended = builder.serve_connection(TokioIo::new(connection), service).await;
}

async fn answer(door: &Door, parts: &Parts) -> Response<Body> {
    let segments: Vec<_> = parts.uri.path().split('/').skip(1).collect();
    let route = match &segments[..] {
        ["orders"] => Route::Orders,
        ["orders", _] => Route::Order,
        ["orders", _, "events"] => Route::OrderEvents,
        ["customers", _, "events"] => Route::CustomerEvents,
        ["events"] => Route::Events,
        other => panic!("the suite asks for {other:?}"),
    };
    door.answer(route, parts).await
}

/// Whether it is a page that tells of a drain.
fn is_drained(answer: &Response<Body>) -> bool {
    let Body::Full(page) = answer.body() else { return false };
    answer.status() == StatusCode::OK && String::from_utf8_lossy(page).contains("draining")
}

fn spoil_request(mut parts: Parts, how: Option<Break>) -> Parts {
    match how {
        Some(Break::IgnoresTheHeadersCursor) => {
            parts.headers.remove("last-event-id");
        }
        Some(Break::PrefersTheQuery) if parts.uri.query().is_some() => {
            parts.headers.remove("last-event-id");
        }
        Some(Break::SubscribesForTheHead) if parts.method == Method::HEAD => {
            parts.method = Method::GET;
        }
        Some(Break::ShowsThePublicWhatStaffSees) => {
            parts.headers.insert(AUTHORIZATION, HeaderValue::from_static("Bearer admin"));
        }
        Some(Break::DecodesIdsTwice) => {
            parts.uri = parts.uri.to_string().replace("%25", "%").parse().expect("an address");
        }
        Some(Break::ForgetsTags) => {
            parts.headers.remove(IF_NONE_MATCH);
        }
        _ => {}
    }
    parts
}

fn spoil_answer(mut answer: Response<Body>, parts: &Parts, how: Option<Break>) -> Response<Spoilt> {
    let headers = answer.headers_mut();
    let is_stream = headers.get(CONTENT_TYPE).is_some_and(|media| media == "text/event-stream");
    match how {
        Some(Break::ForgetsRetryAfter) => {
            headers.remove(RETRY_AFTER);
        }
        Some(Break::ForgetsAllow) => {
            headers.remove(ALLOW);
        }
        Some(Break::SaysThatAForeignOrderExists) if parts.uri.path().contains("bob-1") => {
            *answer.status_mut() = StatusCode::FORBIDDEN;
        }
        _ => {}
    }
    answer.map(|body| Spoilt { body, how, is_stream, blocks: 0, held: None })
}

/// A body that is passed on, more or less.
struct Spoilt {
    body: Body,
    how: Option<Break>,
    is_stream: bool,
    blocks: usize,
    held: Option<Bytes>,
}

impl Spoilt {
    fn spoil(&mut self, data: Bytes) -> Bytes {
        let Some(how) = self.how else { return data };
        if !self.is_stream {
            let text = String::from_utf8_lossy(&data).into_owned();
            return match how {
                Break::DeniesThatThereIsMore => {
                    text.replace("\"more\":true", "\"more\":null").into()
                }
                Break::SwallowsTheEndOfAPage => text.replace("\"end\":", "\"was\":").into(),
                Break::MovesAPollAhead => {
                    text.replace("028t5cy4tqkff.1\"", "028t5cy4tqkff.2\"").into()
                }
                Break::HidesResets => text.replace("\"reset\":", "\"other\":").into(),
                _ => data,
            };
        }
        if how == Break::HoldsBackTheFirstBytes {
            return self.held.replace(data).unwrap_or_default();
        }
        // Each chunk ends with a block.
        let text = String::from_utf8_lossy(&data).into_owned();
        let blocks = text.split_inclusive("\n\n").map(|block| self.spoil_block(how, block));
        blocks.collect::<String>().into()
    }

    fn spoil_block(&mut self, how: Break, block: &str) -> String {
        self.blocks += 1;
        let is_seventh = self.blocks.is_multiple_of(7);
        match how {
            Break::DropsEverySeventhEvent if is_seventh => String::new(),
            Break::RepeatsEverySeventhEvent if is_seventh => block.repeat(2),
            Break::PutsTheReaderAhead if block.starts_with("event: snapshot\ndata") => {
                block.replacen("\n", "\nid: 028t5cy4tqkff.3\n", 1)
            }
            Break::HidesResets if block.contains("event: reset\n") => String::new(),
            Break::SwallowsTheEnd if block.contains("event: end\n") => String::new(),
            _ => block.to_owned(),
        }
    }
}

impl http_body::Body for Spoilt {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let this = self.get_mut();
        loop {
            let Some(Ok(frame)) = ready!(Pin::new(&mut this.body).poll_frame(cx)) else {
                return Poll::Ready(None);
            };
            let data = this.spoil(frame.into_data().unwrap_or_default());
            if !data.is_empty() {
                return Poll::Ready(Some(Ok(Frame::data(data))));
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
