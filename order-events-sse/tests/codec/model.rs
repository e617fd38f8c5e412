//! The standard's algorithms as they are written down, over the whole stream at once: slow, and too
//! simple to be wrong. Shared with the fuzz targets.

/// What a stream comes to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Outcome {
    pub(crate) told: Vec<Told>,
    pub(crate) last_event_id: String,
    /// In milliseconds.
    pub(crate) retry: Option<u64>,
}

/// One message of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) event: String,
    pub(crate) data: String,
    pub(crate) id: String,
}

/// "Interpreting an event stream", from its first byte to its last.
pub(crate) fn interpret(stream: &[u8]) -> Outcome {
    let text = utf8_decode(stream).replace("\r\n", "\n").replace('\r', "\n");
    let mut lines: Vec<&str> = text.split('\n').collect();
    // What follows the last line end is not a line.
    lines.pop();

    let mut outcome = Outcome::default();
    let (mut data, mut event_type, mut last_event_id) =
        (String::new(), String::new(), String::new());
    for line in lines {
        if line.is_empty() {
            outcome.last_event_id = last_event_id.clone();
            if data.is_empty() {
                event_type.clear();
                continue;
            }
            assert_eq!(data.pop(), Some('\n'));
            if event_type.is_empty() {
                event_type = "message".to_owned();
            }
            outcome.told.push(Told {
                event: std::mem::take(&mut event_type),
                data: std::mem::take(&mut data),
                id: last_event_id.clone(),
            });
            continue;
        }
        if line.starts_with(':') {
            continue;
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => event_type = value.to_owned(),
            "data" => {
                data.push_str(value);
                data.push('\n');
            }
            "id" if !value.contains('\0') => last_event_id = value.to_owned(),
            "retry" if !value.is_empty() && value.chars().all(|c| c.is_ascii_digit()) => {
                outcome.retry = Some(value.parse().unwrap_or(u64::MAX));
            }
            _ => {}
        }
    }
    outcome
}

/// "UTF-8 decode" of the Encoding standard: the mark at the beginning goes, and the decoder's
/// handler is run on every byte, with "replacement" for its error mode.
pub(crate) fn utf8_decode(stream: &[u8]) -> String {
    let bytes = stream.strip_prefix(b"\xef\xbb\xbf").unwrap_or(stream);
    let mut text = String::new();
    let (mut code_point, mut seen, mut needed) = (0_u32, 0, 0);
    let (mut lower, mut upper) = (0x80, 0xbf);
    let mut at = 0;
    while at < bytes.len() {
        let byte = bytes[at];
        at += 1;
        if needed == 0 {
            match byte {
                0x00..=0x7f => text.push(char::from(byte)),
                0xc2..=0xdf => (needed, code_point) = (1, u32::from(byte & 0x1f)),
                0xe0..=0xef => {
                    if byte == 0xe0 {
                        lower = 0xa0;
                    }
                    if byte == 0xed {
                        upper = 0x9f;
                    }
                    (needed, code_point) = (2, u32::from(byte & 0xf));
                }
                0xf0..=0xf4 => {
                    if byte == 0xf0 {
                        lower = 0x90;
                    }
                    if byte == 0xf4 {
                        upper = 0x8f;
                    }
                    (needed, code_point) = (3, u32::from(byte & 0x7));
                }
                _ => text.push('\u{fffd}'),
            }
            continue;
        }
        let fits = (lower..=upper).contains(&byte);
        (lower, upper) = (0x80, 0xbf);
        if !fits {
            (code_point, seen, needed) = (0, 0, 0);
            // The byte is restored to the stream.
            at -= 1;
            text.push('\u{fffd}');
            continue;
        }
        code_point = code_point << 6 | u32::from(byte & 0x3f);
        seen += 1;
        if seen == needed {
            text.push(char::from_u32(code_point).unwrap());
            (code_point, seen, needed) = (0, 0, 0);
        }
    }
    if needed > 0 {
        text.push('\u{fffd}');
    }
    text
}
