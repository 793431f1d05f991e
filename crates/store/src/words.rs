//! What text is cut into for the search: words as they stand, and pairs of signs where a language has no spaces.
//!
//! Chinese, Japanese and Korean runs become overlapping pairs and, at their end, the last sign alone: so a word of two
//! signs is one token, and a single sign is the beginning of one wherever it stands.
use unicode_normalization::UnicodeNormalization;

/// The tokens of a text, for the index.
pub(crate) fn tokens(text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    for run in runs(text) {
        match run {
            Run::Word(word) => tokens.push(word),
            Run::Signs(signs) => {
                tokens.extend(signs.windows(2).map(|pair| pair.iter().collect()));
                tokens.extend(signs.last().map(char::to_string));
            }
        }
    }
    tokens
}

/// One thing that is searched for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Term {
    /// As it was written, in lower case.
    pub text: String,
    /// Its tokens, neighbours in the index; empty for signs that are in no word.
    tokens: Vec<String>,
    /// The last token may go on.
    open: bool,
    /// The tokens alone do not say it: `c++`, `foo-bar`, a phrase with a comma.
    pub exact: bool,
}

impl Term {
    fn new(text: &str, typing: bool) -> Option<Self> {
        let text = text.trim().to_lowercase();
        if text.is_empty() {
            return None;
        }
        let (mut tokens, mut open) = (Vec::new(), false);
        for run in runs(&text) {
            open = false;
            match run {
                Run::Word(word) => tokens.push(word),
                Run::Signs(signs) if signs.len() == 1 => {
                    tokens.extend(signs.iter().map(char::to_string));
                    open = true;
                }
                Run::Signs(signs) => tokens.extend(signs.windows(2).map(|pair| pair.iter().collect())),
            }
        }
        let plain = text.chars().all(|c| is_word(c) || is_sign(c));
        let ends_in_word = text.chars().next_back().is_some_and(is_word);
        // A single sign in the middle would have to be the beginning of a token that is not the last.
        let exact = !plain || text.chars().filter(|c| is_sign(*c)).count() == 1 && tokens.len() > 1;
        Some(Self { open: open || (typing && ends_in_word), exact, tokens, text })
    }

    /// The term in FTS5's language; `None` if the index cannot find it.
    fn expression(&self) -> Option<String> {
        // Tokens have letters, digits and `_` alone, so that nothing in them means anything there.
        let star = if self.open { "*" } else { "" };
        (!self.tokens.is_empty()).then(|| format!("\"{}\"{star}", self.tokens.join(" ")))
    }

    /// Its last word may go on: the index is slow at it.
    pub fn is_open(&self) -> bool {
        self.open && !self.tokens.is_empty()
    }

    /// Whether a text may have it; cheap, and sure where it says no.
    fn may_stand_in(&self, text: &str) -> bool {
        let Some(first) = self.tokens.first() else { return true };
        match text.is_ascii() {
            true => text.to_ascii_lowercase().contains(&plain(first)),
            // Signs stand in a text as they do in its tokens.
            false => !first.starts_with(is_sign) || text.contains(first),
        }
    }

    /// Whether its tokens are neighbours among these.
    fn stands_in(&self, tokens: &[String]) -> bool {
        let wanted: Vec<String> = self.tokens.iter().map(|token| plain(token)).collect();
        let Some((last, first)) = wanted.split_last() else { return true };
        let ends = |token: &String| if self.open { token.starts_with(last) } else { token == last };
        tokens.windows(wanted.len()).any(|window| window.starts_with(first) && window.last().is_some_and(ends))
    }
}

/// What a person typed, as terms that must all be there. Whatever they typed is a search.
pub(crate) fn terms(query: &str) -> Vec<Term> {
    let mut terms = Vec::new();
    let typing = query.chars().next_back().is_some_and(|c| !c.is_whitespace());
    let mut pieces = query.split('"').enumerate().peekable();
    while let Some((at, piece)) = pieces.next() {
        let last = pieces.peek().is_none();
        // Between two quotes stands a phrase; behind a quote that was not closed, words as everywhere.
        if at % 2 == 1 && !last {
            terms.extend(Term::new(piece, false));
            continue;
        }
        let words: Vec<&str> = piece.split_whitespace().collect();
        for (index, word) in words.iter().enumerate() {
            terms.extend(Term::new(word, typing && last && index + 1 == words.len()));
        }
    }
    terms
}

/// All terms in FTS5's language; empty if the index can find none of them.
pub(crate) fn expression(terms: &[Term]) -> String {
    terms.iter().filter_map(Term::expression).collect::<Vec<_>>().join(" AND ")
}

/// Whether all terms are in a text, by the rules of the index. What is no word is not asked for: see [`Term::exact`].
pub(crate) fn all_stand_in(terms: &[Term], text: &str) -> bool {
    terms.iter().all(|term| term.may_stand_in(text)) && {
        let tokens: Vec<String> = tokens(text).iter().map(|token| plain(token)).collect();
        terms.iter().all(|term| term.stands_in(&tokens))
    }
}

/// A word as the index keeps it: Latin letters without their accents, all others as they are. SQLite takes accents off
/// one letter at a time, and knows only those of these two ranges.
fn plain(token: &str) -> String {
    let letter = |c: char| match c {
        '\u{c0}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}' => c.nfd().next().unwrap_or(c),
        _ => c,
    };
    if token.is_ascii() { token.to_owned() } else { token.chars().map(letter).collect() }
}

enum Run {
    Word(String),
    Signs(Vec<char>),
}

fn runs(text: &str) -> Vec<Run> {
    let mut runs = Vec::new();
    for c in text.chars().flat_map(char::to_lowercase) {
        match (runs.last_mut(), c) {
            (Some(Run::Signs(signs)), c) if is_sign(c) => signs.push(c),
            (_, c) if is_sign(c) => runs.push(Run::Signs(vec![c])),
            (Some(Run::Word(word)), c) if is_word(c) && !word.is_empty() => word.push(c),
            (_, c) if is_word(c) => runs.push(Run::Word(c.to_string())),
            // Ends what stands before it.
            _ => runs.push(Run::Word(String::new())),
        }
    }
    runs.retain(|run| !matches!(run, Run::Word(word) if word.is_empty()));
    runs
}

fn is_word(c: char) -> bool {
    (c.is_alphanumeric() || c == '_') && !is_sign(c)
}

/// Han, Kana, Hangul: written without spaces, or with words that no space ends.
fn is_sign(c: char) -> bool {
    matches!(c,
        '\u{3040}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}'
        | '\u{ac00}'..='\u{d7af}' | '\u{1100}'..='\u{11ff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cut_into_words_and_pairs() {
        assert_eq!(tokens("Hello, foo_bar-baz 42!"), ["hello", "foo_bar", "baz", "42"]);
        assert_eq!(tokens("水手册 a水"), ["水手", "手册", "册", "a", "水"]);
        assert!(tokens("!? — \u{0}").is_empty());
    }

    #[test]
    fn what_is_typed_becomes_terms() {
        let all = |query: &str| expression(&terms(query));
        assert_eq!(all("big river"), "\"big\" AND \"river\"*");
        assert_eq!(all("big river "), "\"big\" AND \"river\"");
        assert_eq!(all("\"big river\" x"), "\"big river\" AND \"x\"*");
        assert_eq!(all("foo-bar"), "\"foo bar\"*");
        assert_eq!(
            (all("水"), all("水手"), all("水手册")),
            ("\"水\"*".into(), "\"水手\"".into(), "\"水手 手册\"".into())
        );
        assert_eq!(all("\"open"), "\"open\"*");
        assert!(terms("c++")[0].exact && !terms("river")[0].exact);
        for query in ["", " ", "\"", "\"\"", "++", "a AND OR NOT \" ( ) * : ^ NEAR(", "'; DROP TABLE message; --"] {
            all(query);
        }
    }
}
