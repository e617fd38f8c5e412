//! The files that pages load.

/// The text of a file, by its path below `/assets/`.
pub(super) fn text(path: &str) -> Option<&'static str> {
    let file = OURS.iter().chain(CLIENT).find(|(name, _)| *name == path);
    file.map(|(_, text)| *text)
}

const OURS: &[(&str, &str)] = &[
    ("base.css", include_str!("../../web/base.css")),
    ("orders.css", include_str!("../../web/orders.css")),
    ("order.css", include_str!("../../web/order.css")),
    ("staff.css", include_str!("../../web/staff.css")),
    ("favicon.svg", include_str!("../../web/favicon.svg")),
    ("icons.svg", include_str!("../../web/icons.svg")),
    ("dom.js", include_str!("../../web/dom.js")),
    ("follow.js", include_str!("../../web/follow.js")),
    ("orders.js", include_str!("../../web/orders.js")),
    ("order.js", include_str!("../../web/order.js")),
    ("panel.js", include_str!("../../web/panel.js")),
    ("purchases.js", include_str!("../../web/purchases.js")),
    ("server.js", include_str!("../../web/server.js")),
    ("staff.js", include_str!("../../web/staff.js")),
    ("status.js", include_str!("../../web/status.js")),
    ("timeline.js", include_str!("../../web/timeline.js")),
    ("toasts.js", include_str!("../../web/toasts.js")),
    ("tracker.js", include_str!("../../web/tracker.js")),
    ("words.js", include_str!("../../web/words.js")),
];

/// The client as it is published. A page of one's own would have it from npm, or a copy of it.
const CLIENT: &[(&str, &str)] = &[
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

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    /// Whether every module of a directory is there by its name.
    fn has_all(directory: &str, prefix: &str) {
        let here = Path::new(env!("CARGO_MANIFEST_DIR")).join(directory);
        for file in here.read_dir().unwrap() {
            let name = file.unwrap().file_name().into_string().unwrap();
            if !name.ends_with(".html") {
                assert!(text(&format!("{prefix}{name}")).is_some(), "{name} is not served");
            }
        }
    }

    #[test]
    fn every_file_that_a_page_may_load_is_served() {
        has_all("web", "");
        has_all("../../order-events-js/src", "order-events-js/src/");
    }

    #[test]
    fn nothing_else_is() {
        for path in ["", "layout.html", "../Cargo.toml", "order-events-js/package.json"] {
            assert_eq!(text(path), None, "{path}");
        }
    }
}
