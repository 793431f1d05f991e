//! Text that can do nothing to a terminal: a model could write what moves the cursor, names the window or types.

use std::borrow::Cow;

/// The text with every control character but line ends and tabs made visible. A carriage return, which would write over
/// what stands before it, is left out.
pub(super) fn text(text: &str) -> Cow<'_, str> {
    if !text.chars().any(|sign| is_control(sign) && !matches!(sign, '\n' | '\t')) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().filter(|sign| *sign != '\r').map(shown).collect())
}

/// The same on one line.
pub(super) fn line(line: &str) -> String {
    text(line).split(['\n', '\t']).collect::<Vec<_>>().join(" ")
}

/// JSON in which no control character stands as it is: the same value in other letters.
pub(super) fn json(json: &str) -> Cow<'_, str> {
    if !json.chars().any(is_control) {
        return Cow::Borrowed(json);
    }
    let mut escaped = String::with_capacity(json.len() + 16);
    for sign in json.chars() {
        match is_control(sign) {
            true => escaped.push_str(&format!("\\u{:04x}", u32::from(sign))),
            false => escaped.push(sign),
        }
    }
    Cow::Owned(escaped)
}

/// C0, DEL and C1.
fn is_control(sign: char) -> bool {
    matches!(sign, '\0'..='\x1f' | '\x7f'..='\u{9f}')
}

/// Unicode has a picture for each of C0 and DEL.
fn shown(sign: char) -> char {
    match sign {
        '\n' | '\t' => sign,
        '\0'..='\x1f' => char::from_u32(0x2400 + u32::from(sign)).unwrap_or('\u{fffd}'),
        '\x7f' => '\u{2421}',
        '\u{80}'..='\u{9f}' => '\u{fffd}',
        _ => sign,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_sequence_survives() {
        let nasty = "a\x1b[31mred\x1b]0;title\x07\u{9b}2J\x7f\r\nnext\tcolumn\0";
        assert_eq!(text(nasty), "a␛[31mred␛]0;title␇\u{fffd}2J␡\nnext\tcolumn␀");
        for sign in (0..=0x9f).filter_map(char::from_u32) {
            let plain = text(&sign.to_string()).into_owned();
            assert!(plain.chars().all(|sign| matches!(sign, '\n' | '\t') || !is_control(sign)), "{sign:?}");
        }
    }

    #[test]
    fn other_text_stays_as_it_is() {
        let fine = "水 👩‍🚀 naïve\n\tindented";
        assert!(matches!(text(fine), Cow::Borrowed(same) if same == fine));
        assert_eq!(line("two\nlines\x1b"), "two lines␛");
    }

    #[test]
    fn json_keeps_its_value() {
        let value = serde_json::json!({ "text": "\u{9b}2J\x7f\x1b[0m\n水" });
        let plain = json(&value.to_string()).into_owned();
        assert!(!plain.chars().any(is_control), "{plain:?}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&plain).unwrap(), value);
    }
}
