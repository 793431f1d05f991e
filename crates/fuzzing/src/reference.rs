//! The WHATWG specification of event streams, word for word and with no thought for speed.

use rivulet_providers::sse::SseEvent;

/// The events of a whole stream, and the last reconnection time in it.
pub fn events(bytes: &[u8]) -> (Vec<SseEvent>, Option<u64>) {
    let text = String::from_utf8_lossy(bytes);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let (mut events, mut retry) = (Vec::new(), None);
    let (mut name, mut data, mut id) = (String::new(), String::new(), String::new());
    for line in lines(text) {
        if line.is_empty() {
            if let Some(data) = data.strip_suffix('\n') {
                let event = if name.is_empty() { "message" } else { &name };
                let (event, data, id) = (event.to_owned(), data.to_owned(), id.clone());
                events.push(SseEvent { event, data, id, retry: None });
            }
            name.clear();
            data.clear();
            continue;
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut name),
            "data" => data = data + value + "\n",
            "id" if !value.contains('\0') => value.clone_into(&mut id),
            "retry" if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) => {
                // The specification knows no largest number.
                retry = Some(value.parse().unwrap_or(u64::MAX));
            }
            _ => {}
        }
    }
    (events, retry)
}

/// The lines that have an end: LF, CR or both.
fn lines(text: &str) -> Vec<&str> {
    let (mut lines, mut rest) = (Vec::new(), text);
    while let Some(at) = rest.find(['\r', '\n']) {
        lines.push(&rest[..at]);
        let end = if rest[at..].starts_with("\r\n") { 2 } else { 1 };
        rest = &rest[at + end..];
    }
    lines
}
