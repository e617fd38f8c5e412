//! What is asked, made of any bytes: mostly what means something, in any order, and whatever else.

use libfuzzer_sys::arbitrary::{self, Arbitrary};

use order_events_sse::server::ADMIN_PARAMETERS;

use crate::shop::{CUSTOMER, DELETED, ORDERS, PEOPLE, Shop};

/// A request, and how much of an answer is read.
#[derive(Debug, Arbitrary)]
pub struct Asked<'a> {
    method: Method<'a>,
    is_nested: bool,
    path: Path<'a>,
    query: Vec<Parameter<'a>>,
    who: Who<'a>,
    headers: Vec<Header<'a>>,
    /// Decides how much of a stream is waited for.
    chunks: u8,
}

#[derive(Debug, Arbitrary)]
enum Method<'a> {
    Get,
    Head,
    Known(u8),
    Any(&'a [u8]),
}

#[derive(Debug, Arbitrary)]
enum Path<'a> {
    OrderEvents(Segment<'a>),
    CustomerEvents(Segment<'a>),
    Events,
    Order(Segment<'a>),
    Orders,
    /// Of the routes of admins, which are mounted below [`ADMIN`].
    Admin(u8, Segment<'a>),
    Any(&'a [u8]),
}

#[derive(Debug, Arbitrary)]
enum Segment<'a> {
    Known(u8),
    Any(&'a [u8]),
    /// Percent-encoded, byte for byte.
    Encoded(&'a [u8]),
}

#[derive(Debug, Arbitrary)]
enum Parameter<'a> {
    LastEventId(Place<'a>),
    After(Place<'a>),
    Wait(u64),
    Attempt(u64),
    Named,
    Page(&'a [u8]),
    /// A token that the log might have given.
    PageAfter(Place<'a>),
    Limit(u64),
    Customer(Segment<'a>),
    /// One that the listing of admins takes.
    OfAdmins(u8, Segment<'a>),
    Any(&'a [u8], &'a [u8]),
}

/// A cursor, or something in its place.
#[derive(Debug, Arbitrary)]
enum Place<'a> {
    InTheLog(u8),
    Elsewhere(u64, u64),
    Any(&'a [u8]),
}

#[derive(Debug, Arbitrary)]
enum Who<'a> {
    Nobody,
    Bearer(u8),
    Cookie(u8),
    Any(&'a [u8]),
}

#[derive(Debug, Arbitrary)]
enum Header<'a> {
    LastEventId(Place<'a>),
    AcceptStream,
    AcceptJson,
    Accept(&'a [u8]),
    Weighed(u8, &'a [u8]),
    IfNoneMatch(&'a [u8]),
    IfNoneMatchAt(Place<'a>, bool),
    Cookie(&'a [u8]),
    Any(&'a [u8], &'a [u8]),
}

const METHODS: [&[u8]; 8] =
    [b"POST", b"PUT", b"DELETE", b"OPTIONS", b"PATCH", b"TRACE", b"CONNECT", b"PROPFIND"];

/// Where the routes of admins are mounted.
pub const ADMIN: &str = "/admin";

/// Before and behind what the caller names.
const ADMIN_PATHS: [(&[u8], &[u8]); 5] = [
    (b"/status", b""),
    (b"/watchers", b""),
    (b"/watchers/", b""),
    (b"/principals/", b"/watchers"),
    (b"/drain", b""),
];

/// A request in words that every framework is told in its own.
pub struct Words {
    pub method: Vec<u8>,
    pub target: Vec<u8>,
    pub headers: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Asked<'_> {
    /// Chunks of a stream that are waited for. Mostly what it begins with: each heartbeat behind that
    /// takes as long as a whole request.
    pub fn chunks(&self) -> usize {
        match self.chunks {
            few @ 0..224 => usize::from(few % 3),
            more => usize::from(more % 8),
        }
    }

    pub fn words(&self, shop: &Shop) -> Words {
        let method = match self.method {
            Method::Get => b"GET".to_vec(),
            Method::Head => b"HEAD".to_vec(),
            Method::Known(nth) => pick(&METHODS, nth).to_vec(),
            Method::Any(name) => name.to_vec(),
        };
        let mut target = if self.is_nested { b"/api".to_vec() } else { Vec::new() };
        match &self.path {
            Path::OrderEvents(order) => target.extend(around(b"/orders/", order, b"/events")),
            Path::CustomerEvents(id) => target.extend(around(b"/customers/", id, b"/events")),
            Path::Events => target.extend(b"/events"),
            Path::Order(order) => target.extend(around(b"/orders/", order, b"")),
            Path::Orders => target.extend(b"/orders"),
            Path::Admin(nth, segment) => {
                let (before, after) = pick(&ADMIN_PATHS, *nth);
                target.extend([ADMIN.as_bytes(), before].concat());
                if before.ends_with(b"/") {
                    target.extend(around(b"", segment, after));
                }
            }
            Path::Any(path) => target.extend([b"/", *path].concat()),
        }
        for (parameter, sign) in self.query.iter().zip(b"?".iter().chain([b'&'].iter().cycle())) {
            target.push(*sign);
            target.extend(parameter.bytes(shop));
        }
        let who = match self.who {
            Who::Nobody => None,
            Who::Bearer(nth) => {
                Some(("authorization", [b"Bearer ", pick(&PEOPLE, nth).as_bytes()].concat()))
            }
            Who::Cookie(nth) => {
                Some(("cookie", [b"theme=dark; session=", pick(&PEOPLE, nth).as_bytes()].concat()))
            }
            Who::Any(value) => Some(("authorization", value.to_vec())),
        };
        let who = who.map(|(name, value)| (name.as_bytes().to_vec(), value));
        let headers = who.into_iter().chain(self.headers.iter().map(|header| header.words(shop)));
        Words { method, target, headers: headers.collect() }
    }
}

impl Segment<'_> {
    fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Known(nth) => {
                let [a, b, c, d] = ORDERS;
                let known = [a, b, c, d, DELETED, CUSTOMER, "a-9", "%61-1"];
                pick(&known, *nth).as_bytes().to_vec()
            }
            Self::Any(bytes) => bytes.to_vec(),
            Self::Encoded(bytes) => encoded(bytes),
        }
    }
}

impl Place<'_> {
    fn bytes(&self, shop: &Shop) -> Vec<u8> {
        match self {
            Self::InTheLog(place) => {
                let seq = u64::from(*place) % (shop.head + 3);
                shop.cursor(seq).to_string().into_bytes()
            }
            Self::Elsewhere(epoch, seq) => {
                let epoch = order_events_core::Epoch::from_u64(*epoch);
                order_events_core::Cursor { epoch, seq: *seq }.to_string().into_bytes()
            }
            Self::Any(bytes) => bytes.to_vec(),
        }
    }
}

impl Parameter<'_> {
    fn bytes(&self, shop: &Shop) -> Vec<u8> {
        let of = |name: &str, value: Vec<u8>| [name.as_bytes(), b"=", &value].concat();
        let number = |name: &str, value: u64| of(name, value.to_string().into_bytes());
        match self {
            Self::LastEventId(place) => of("last_event_id", place.bytes(shop)),
            Self::After(place) => of("after", place.bytes(shop)),
            Self::Wait(wait) => number("wait", *wait),
            Self::Attempt(attempt) => number("attempt", *attempt),
            Self::Named => of("heartbeat", b"named".to_vec()),
            Self::Page(token) => of("page", encoded(token)),
            Self::PageAfter(place) => of("page", place.bytes(shop)),
            Self::Limit(limit) => number("limit", *limit),
            Self::Customer(customer) => of("customer", customer.bytes()),
            Self::OfAdmins(nth, value) => of(pick(&ADMIN_PARAMETERS, *nth), value.bytes()),
            Self::Any(name, value) => [name, &b"="[..], value].concat(),
        }
    }
}

impl Header<'_> {
    fn words(&self, shop: &Shop) -> (Vec<u8>, Vec<u8>) {
        let (name, value) = match self {
            Self::LastEventId(place) => ("last-event-id", place.bytes(shop)),
            Self::AcceptStream => ("accept", b"text/event-stream".to_vec()),
            Self::AcceptJson => ("accept", b"application/json".to_vec()),
            Self::Accept(value) => ("accept", value.to_vec()),
            Self::Weighed(nth, weight) => {
                let types = ["text/event-stream", "application/json", "*/*", "text/*"];
                ("accept", [pick(&types, *nth).as_bytes(), b";q=", weight].concat())
            }
            Self::IfNoneMatch(value) => ("if-none-match", value.to_vec()),
            Self::IfNoneMatchAt(place, is_staff) => {
                let view: &[u8] = if *is_staff { b"s\"" } else { b"p\"" };
                ("if-none-match", [b"W/\"", &place.bytes(shop)[..], view].concat())
            }
            Self::Cookie(value) => ("cookie", value.to_vec()),
            Self::Any(name, value) => return (name.to_vec(), value.to_vec()),
        };
        (name.as_bytes().to_vec(), value)
    }
}

fn around(before: &[u8], segment: &Segment<'_>, after: &[u8]) -> Vec<u8> {
    [before, &segment.bytes(), after].concat()
}

fn encoded(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().flat_map(|byte| format!("%{byte:02X}").into_bytes()).collect()
}

fn pick<T: Copy>(all: &[T], nth: u8) -> T {
    all[usize::from(nth) % all.len()]
}
