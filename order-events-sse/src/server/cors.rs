//! What pages of other origins must be allowed to send and to read, whatever middleware allows it.

/// The request headers of those who watch: sign-in, what is posted, and where a stream goes on. Not
/// allowed, a page's own client is stopped by its preflight.
pub const CORS_REQUEST_HEADERS: [&str; 3] = ["authorization", "content-type", "last-event-id"];

/// The response headers that a page may read beyond those that it always may: when to come back.
pub const CORS_RESPONSE_HEADERS: [&str; 1] = ["retry-after"];

/// Origins as browsers send them: in lower case, and without a slash at the end. What no browser
/// sends, such as `*`, `null` or an address with a path, is left out and so allows nobody.
pub fn allowed_origins<'a>(origins: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    origins.into_iter().filter_map(origin).collect()
}

fn origin(text: &str) -> Option<String> {
    let text = text.strip_suffix('/').unwrap_or(text).to_ascii_lowercase();
    let (scheme, host) = text.split_once("://")?;
    let is_word = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
    let is_origin = is_word(scheme) && is_word(host) && !host.contains(['/', '?', '#', '@', '*']);
    is_origin.then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_as_a_browser_sends_it() {
        let given = ["https://shop.example", "http://localhost:5173/", "HTTPS://Shop.Example:8443"];
        let allowed =
            ["https://shop.example", "http://localhost:5173", "https://shop.example:8443"];
        assert_eq!(allowed_origins(given), allowed);
        assert_eq!(allowed_origins(["http://[::1]:3000"]), ["http://[::1]:3000"]);
    }

    #[test]
    fn what_no_browser_sends_allows_nobody() {
        let given = [
            "",
            "*",
            "null",
            "shop.example",
            "https://",
            "://shop.example",
            "https://*.shop.example",
            "https://shop.example/pages",
            "https://shop.example//",
            "https://anna@shop.example",
            "https://shop.example\n",
            "https://shop example",
            "https://shöp.example",
        ];
        assert_eq!(allowed_origins(given), Vec::<String>::new());
    }
}
