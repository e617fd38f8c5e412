//! What pages of other origins must be allowed to send and to read, whatever middleware allows it.

use std::io;

use http::Uri;

/// The request headers of those who watch: sign-in, what is posted, where a stream goes on, and the
/// tag of an order that is known already. Not allowed, a page's own client is stopped by its
/// preflight.
pub const CORS_REQUEST_HEADERS: [&str; 5] =
    ["authorization", "cache-control", "content-type", "if-none-match", "last-event-id"];

/// The response headers that a page may read beyond those that it always may: an order's tag, and
/// when to come back.
pub const CORS_RESPONSE_HEADERS: [&str; 2] = ["etag", "retry-after"];

/// Origins as browsers send them: in lower case, without a slash at the end, and without the port
/// that is the scheme's own.
///
/// ```
/// use order_events_sse::server::Origins;
///
/// let origins = Origins::of(["https://shop.example", "http://localhost:5173"])?;
/// assert_eq!(origins.as_slice(), ["https://shop.example", "http://localhost:5173"]);
/// assert!(Origins::of(["https://shop.example/pages"]).is_err());
/// # Ok::<(), order_events_sse::server::OriginError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origins(Vec<String>);

/// What no browser sends as its origin, such as `*`, `null` or an address with a path: allowed, it
/// would allow nobody.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no origin of a page: name scheme and host, such as https://shop.example")]
pub struct OriginError(String);

impl Origins {
    /// These, or the first that is none.
    pub fn of<'a>(origins: impl IntoIterator<Item = &'a str>) -> Result<Self, OriginError> {
        let checked = |text: &'a str| origin(text).ok_or_else(|| OriginError(text.to_owned()));
        origins.into_iter().map(checked).collect::<Result<_, _>>().map(Self)
    }

    /// Each as a text.
    pub fn as_slice(&self) -> &[String] {
        &self.0
    }
}

/// So that `main` may refuse them by `?`.
impl From<OriginError> for io::Error {
    fn from(error: OriginError) -> Self {
        Self::new(io::ErrorKind::InvalidInput, error)
    }
}

fn origin(text: &str) -> Option<String> {
    let address: Uri = text.parse().ok()?;
    let scheme = address.scheme_str().filter(|scheme| !scheme.is_empty())?;
    let authority = address.authority()?;
    // A parsed address does not know of its fragment.
    let is_bare = address.path() == "/" && address.query().is_none() && !text.contains('#');
    let host = Some(authority.host()).filter(|host| !host.is_empty() && !host.contains('*'))?;
    // Whoever signs in by the address is no part of an origin.
    let after_host = authority.as_str().strip_prefix(host)?;
    let port = match after_host.strip_prefix(':') {
        Some(port) => Some(port.parse::<u16>().ok()?),
        None => None,
    };
    let scheme = scheme.to_ascii_lowercase();
    let port = match (&*scheme, port) {
        (_, None) | ("http", Some(80)) | ("https", Some(443)) => String::new(),
        (_, Some(port)) => format!(":{port}"),
    };
    is_bare.then(|| format!("{scheme}://{}{port}", host.to_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_as_a_browser_sends_it() {
        for (given, sent) in [
            ("https://shop.example", "https://shop.example"),
            ("http://localhost:5173/", "http://localhost:5173"),
            ("HTTPS://Shop.Example:8443", "https://shop.example:8443"),
            ("https://shop.example:443", "https://shop.example"),
            ("http://shop.example:80", "http://shop.example"),
            ("http://shop.example:443", "http://shop.example:443"),
            ("http://[::1]:3000", "http://[::1]:3000"),
            ("capacitor://localhost", "capacitor://localhost"),
        ] {
            assert_eq!(Origins::of([given]).unwrap().as_slice(), [sent]);
        }
    }

    #[test]
    fn what_no_browser_sends_is_refused_by_its_name() {
        for given in [
            "",
            "*",
            "null",
            "/",
            "shop.example",
            "shop.example:8443",
            "https://",
            "https://:443",
            "://shop.example",
            "https://*.shop.example",
            "https://shop.example/pages",
            "https://shop.example//",
            "https://shop.example?",
            "https://shop.example#top",
            "https://shop.example:",
            "https://shop.example:65536",
            "https://anna@shop.example",
            "https://shop.example\n",
            "https://shop example",
            "https://shöp.example",
        ] {
            let refused = Origins::of(["https://shop.example", given]).expect_err(given);
            assert!(refused.to_string().starts_with(&format!("{given:?} is no origin")));
            assert_eq!(io::Error::from(refused).kind(), io::ErrorKind::InvalidInput);
        }
    }
}
