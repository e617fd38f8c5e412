//! The files that every shop has.

/// What the pages share.
pub(super) const SHARED: &[(&str, &str)] = &[
    ("base.css", include_str!("../../web/base.css")),
    ("desk.css", include_str!("../../web/desk.css")),
    ("icons.svg", include_str!("../../web/icons.svg")),
    ("book.js", include_str!("../../web/book.js")),
    ("chosen.js", include_str!("../../web/chosen.js")),
    ("desk.js", include_str!("../../web/desk.js")),
    ("dom.js", include_str!("../../web/dom.js")),
    ("drafts.js", include_str!("../../web/drafts.js")),
    ("follow.js", include_str!("../../web/follow.js")),
    ("looking.js", include_str!("../../web/looking.js")),
    ("questions.js", include_str!("../../web/questions.js")),
    ("server.js", include_str!("../../web/server.js")),
    ("status.js", include_str!("../../web/status.js")),
    ("timeline.js", include_str!("../../web/timeline.js")),
    ("toasts.js", include_str!("../../web/toasts.js")),
    ("underway.js", include_str!("../../web/underway.js")),
    ("words.js", include_str!("../../web/words.js")),
];

/// The client as it is published. A page of one's own would have it from npm, or a copy of it.
pub(super) const CLIENT: &[(&str, &str)] = &[
    (
        "order-events-js/order-events.js",
        include_str!("../../../../order-events-js/order-events.js"),
    ),
    (
        "order-events-js/src/connection.js",
        include_str!("../../../../order-events-js/src/connection.js"),
    ),
    ("order-events-js/src/decoder.js", include_str!("../../../../order-events-js/src/decoder.js")),
    (
        "order-events-js/src/lifecycle.js",
        include_str!("../../../../order-events-js/src/lifecycle.js"),
    ),
    ("order-events-js/src/orders.js", include_str!("../../../../order-events-js/src/orders.js")),
    ("order-events-js/src/queue.js", include_str!("../../../../order-events-js/src/queue.js")),
    (
        "order-events-js/src/reconnect.js",
        include_str!("../../../../order-events-js/src/reconnect.js"),
    ),
    (
        "order-events-js/src/settings.js",
        include_str!("../../../../order-events-js/src/settings.js"),
    ),
    (
        "order-events-js/src/statuses.js",
        include_str!("../../../../order-events-js/src/statuses.js"),
    ),
    ("order-events-js/src/tabs.js", include_str!("../../../../order-events-js/src/tabs.js")),
    (
        "order-events-js/src/transport.js",
        include_str!("../../../../order-events-js/src/transport.js"),
    ),
    ("order-events-js/src/watch.js", include_str!("../../../../order-events-js/src/watch.js")),
];
