//! Where a request says who it is from.

use http::header::{AUTHORIZATION, COOKIE};
use http::request::Parts;

/// The bearer token of a request, if it has one: what an authorizer looks at first, for whoever sets
/// it means it.
///
/// ```
/// use order_events_sse::server::bearer;
///
/// let (request, ()) = http::Request::get("/orders/42/events")
///     .header("authorization", "Bearer abc.def.ghi")
///     .body(())?
///     .into_parts();
/// assert_eq!(bearer(&request), Some("abc.def.ghi"));
/// # Ok::<(), http::Error>(())
/// ```
///
/// That is all it says: whether the token holds is for whoever gave it out to check. Nothing here
/// reads one from the address, where logs and histories keep it.
pub fn bearer(request: &Parts) -> Option<&str> {
    let (scheme, token) = request.headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// The value of a cookie, if the request has one of that name: what a browser's own `EventSource`
/// can send, which sets no headers. Of several of one name the first.
///
/// ```
/// use order_events_sse::server::cookie;
///
/// let (request, ()) = http::Request::get("/orders/42/events")
///     .header("cookie", "theme=dark; session=abc.def.ghi")
///     .body(())?
///     .into_parts();
/// assert_eq!(cookie(&request, "session"), Some("abc.def.ghi"));
/// # Ok::<(), http::Error>(())
/// ```
pub fn cookie<'a>(request: &'a Parts, name: &str) -> Option<&'a str> {
    // HTTP/2 may send one header for each cookie, HTTP/1.1 all in one.
    let cookies = request.headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut cookies = cookies.flat_map(|cookies| cookies.split(';'));
    cookies.find_map(|cookie| {
        let (its, value) = cookie.trim().split_once('=')?;
        (its == name).then_some(value)
    })
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn with(headers: &[(&str, &str)]) -> Parts {
        let request = headers.iter().fold(Request::get("/?token=x"), |request, (name, value)| {
            request.header(*name, *value)
        });
        request.body(()).unwrap().into_parts().0
    }

    #[test]
    fn a_bearer_token_is_read_however_its_scheme_is_written() {
        for value in ["Bearer abc", "bearer abc", "BEARER  abc "] {
            assert_eq!(bearer(&with(&[("authorization", value)])), Some("abc"), "{value}");
        }
        for value in ["", "abc", "Bearer", "Basic abc", "Bearerabc", "Bearer\u{a0}abc"] {
            assert_eq!(bearer(&with(&[("authorization", value)])), None, "{value}");
        }
        assert_eq!(bearer(&with(&[])), None);
    }

    #[test]
    fn a_cookie_is_found_among_others_in_one_header_or_in_several() {
        let cookie =
            |headers: &[(&str, &str)]| cookie(&with(headers), "session").map(str::to_owned);
        let abc = Some("abc".to_owned());
        assert_eq!(cookie(&[("cookie", "session=abc")]), abc);
        assert_eq!(cookie(&[("cookie", "a=1;session=abc; session=other")]), abc);
        assert_eq!(cookie(&[("cookie", "a=1"), ("cookie", "session=abc")]), abc);
        assert_eq!(cookie(&[("cookie", "session=a=b")]), Some("a=b".to_owned()));
        for other in ["", "session", "xsession=abc", "Session=abc", "a=session=abc"] {
            assert_eq!(cookie(&[("cookie", other)]), None, "{other}");
        }
        assert_eq!(cookie(&[]), None);
    }
}
