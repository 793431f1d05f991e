//! Cutting text into tokens: words with the space before them, long ones in pieces of about four characters, Chinese
//! by the character. Joined they are the text.

/// The longest token, in characters.
const LONGEST: usize = 6;

/// The tokens of a text, in order.
pub(crate) fn tokens(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let end = first_token(rest)?;
        let (token, more) = rest.split_at(end);
        rest = more;
        Some(token)
    })
}

/// Where the first token ends, in bytes; `None` at the end of the text.
fn first_token(text: &str) -> Option<usize> {
    let mut letters = 0;
    for (at, sign) in text.char_indices() {
        let ends_here = letters > 0 && (sign.is_whitespace() || is_wide(sign));
        if ends_here || letters >= LONGEST {
            return Some(at);
        }
        if is_wide(sign) {
            return Some(at + sign.len_utf8());
        }
        if !sign.is_whitespace() || sign == '\n' {
            letters += 1;
        }
    }
    (!text.is_empty()).then_some(text.len())
}

fn is_wide(sign: char) -> bool {
    matches!(sign, '\u{2e80}'..='\u{9fff}' | '\u{ac00}'..='\u{d7ff}' | '\u{f900}'..='\u{faff}' | '\u{ff00}'..='\u{ffef}' | '\u{1f000}'..)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_join_to_the_text() {
        for text in
            ["", " ", "Hello, world\n\n  - list", "为什么用 SSE？", "👩‍👩‍👧 e\u{301} internationalisation", "\r\n\0x"]
        {
            assert_eq!(tokens(text).collect::<String>(), text);
        }
    }

    #[test]
    fn tokens_are_small() {
        assert_eq!(tokens("To be continued 你好").collect::<Vec<_>>(), ["To", " be", " contin", "ued", " 你", "好"]);
    }
}
