//! Which of two forms a request wants: pure.

use http::HeaderMap;
use http::header::ACCEPT;

use super::head::{EVENT_STREAM, JSON};

/// The forms in which events can be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Stream,
    Page,
}

/// The form a request wants, as RFC 9110 weighs `Accept`; none where it wants neither. A stream
/// where it minds neither way.
pub(crate) fn form(headers: &HeaderMap) -> Option<Form> {
    let (stream, json) = (weight(headers, EVENT_STREAM), weight(headers, JSON));
    match (stream, json) {
        (0, 0) => None,
        (stream, json) if stream >= json => Some(Form::Stream),
        _ => Some(Form::Page),
    }
}

/// Whether a request takes JSON.
pub(crate) fn takes_json(headers: &HeaderMap) -> bool {
    weight(headers, JSON) > 0
}

/// How much a media type is wanted, in thousandths: what the most specific range that covers it
/// says. Everything is wanted where nothing is said.
fn weight(headers: &HeaderMap, media: &str) -> u16 {
    if !headers.contains_key(ACCEPT) {
        return 1000;
    }
    let ranges = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    ranges
        .flat_map(|value| value.split(','))
        .filter_map(|range| {
            let mut parts = range.split(';').map(str::trim);
            let specific = covers(parts.next()?, media)?;
            let quality = parts.find_map(|part| {
                let (name, value) = part.split_once('=')?;
                name.trim_end().eq_ignore_ascii_case("q").then(|| thousandths(value.trim()))
            });
            Some((specific, quality.unwrap_or(1000)))
        })
        .max()
        .map_or(0, |(_, quality)| quality)
}

/// How specifically a range covers a type, if it does.
fn covers(range: &str, media: &str) -> Option<u8> {
    let (kind, _) = media.split_once('/')?;
    match range.split_once('/')? {
        ("*", "*") => Some(0),
        (of, "*") if of.eq_ignore_ascii_case(kind) => Some(1),
        _ if range.eq_ignore_ascii_case(media) => Some(2),
        _ => None,
    }
}

/// What cannot be read does not say that the type is unwanted.
fn thousandths(quality: &str) -> u16 {
    let quality = quality.parse::<f32>().ok().filter(|quality| quality.is_finite());
    quality.map_or(1000, |quality| (quality.clamp(0.0, 1.0) * 1000.0).round() as u16)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(accept: &[&'static str]) -> Option<Form> {
        let mut headers = HeaderMap::new();
        for value in accept {
            headers.append(ACCEPT, http::HeaderValue::from_static(value));
        }
        form(&headers)
    }

    #[test]
    fn whoever_does_not_mind_gets_the_stream() {
        for accept in [&[][..], &["*/*"], &["text/event-stream"], &["TEXT/Event-Stream; q=0.5"]] {
            assert_eq!(of(accept), Some(Form::Stream), "{accept:?}");
        }
        assert_eq!(of(&["application/json, text/event-stream"]), Some(Form::Stream));
    }

    #[test]
    fn the_heavier_of_the_two_is_taken() {
        assert_eq!(of(&["application/json"]), Some(Form::Page));
        assert_eq!(of(&["application/*"]), Some(Form::Page));
        assert_eq!(of(&["text/event-stream;q=0.4, application/json;q=0.5"]), Some(Form::Page));
        assert_eq!(of(&["text/event-stream;q=0.4", "*/*;q=0.3"]), Some(Form::Stream));
    }

    #[test]
    fn the_most_specific_range_decides() {
        assert_eq!(of(&["text/event-stream;q=0, */*"]), Some(Form::Page));
        assert_eq!(of(&["text/*;q=0.1, */*;q=0.9"]), Some(Form::Page));
    }

    #[test]
    fn whoever_wants_neither_gets_neither() {
        for accept in ["text/html", "image/*, text/html", "text/event-stream;q=0", "nonsense", ""] {
            assert_eq!(of(&[accept]), None, "{accept:?}");
        }
    }

    #[test]
    fn a_weight_that_cannot_be_read_is_no_refusal() {
        for accept in [
            "text/event-stream;q=x",
            "text/event-stream;q=7",
            "text/event-stream;q=",
            "text/event-stream;q=nan",
        ] {
            assert_eq!(of(&[accept]), Some(Form::Stream), "{accept:?}");
        }
    }
}
