//! The demo's tokeniser: four characters are a token.

/// Characters in a token.
const TOKEN: usize = 4;

/// The length in bytes of the token that `text` begins with; 0 when it is empty. Never splits a character.
pub(crate) fn first(text: &str) -> usize {
    text.char_indices().nth(TOKEN).map_or(text.len(), |(end, _)| end)
}

/// How many tokens `text` has.
pub(crate) fn count(text: &str) -> u64 {
    text.chars().count().div_ceil(TOKEN) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_join_to_the_text_and_are_as_many_as_counted() {
        for text in ["", "a", "four", "fives", "日本語のテキスト", "👩‍👩‍👧 e\u{301}\r\n\t\u{0}"] {
            let (mut rest, mut joined, mut pieces) = (text, String::new(), 0);
            while !rest.is_empty() {
                let (token, after) = rest.split_at(first(rest));
                joined.push_str(token);
                rest = after;
                pieces += 1;
            }
            assert_eq!((joined.as_str(), pieces), (text, count(text)));
        }
    }
}
