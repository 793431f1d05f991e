//! What text is cut into for the search: words as they stand, and pairs of signs where a language has no spaces.
//!
//! Chinese, Japanese and Korean runs become overlapping pairs and, at their end, the last sign alone: so a word of two
//! signs is one token, and a single sign is the beginning of one wherever it stands.
//!
//! The index knows which messages have a token, not where in them: half its size. For phrases it has a mark for each two
//! words that are neighbours. Marks are few, so that several pairs share one; what has all marks of a phrase is read.
use unicode_normalization::UnicodeNormalization;

/// What a text is to the index: its tokens, and the marks of its neighbours.
pub(crate) fn indexed(text: &str) -> String {
    let tokens = tokens(text);
    let mut all = tokens.join(" ");
    for mark in tokens.windows(2).filter_map(mark) {
        all.extend([' ', mark]);
    }
    all
}

/// The mark of two words that are neighbours: a sign that is in no text's tokens. Pairs of signs need none, being marks
/// themselves. It is on people's disks: another way to make it needs a new index.
fn mark(pair: &[String]) -> Option<char> {
    const FIRST: u32 = 0xe000;
    const MARKS: u32 = 1 << 12;
    let [before, after] = pair else { return None };
    if before.starts_with(is_sign) || after.starts_with(is_sign) {
        return None;
    }
    // FNV-1a.
    let bytes = before.bytes().chain([b' ']).chain(after.bytes());
    let hash = bytes.fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    char::from_u32(FIRST + (hash ^ hash >> 12 ^ hash >> 24) % MARKS)
}

/// The tokens of a text, in order.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    for run in runs(text) {
        match run {
            Run::Word(word) => tokens.push(plain(word)),
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
    /// Its tokens, neighbours in what it stands in; empty for signs that are in no word.
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
                Run::Word(word) => tokens.push(plain(word)),
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

    /// The term in FTS5's language, as far as the index can tell; `None` if it cannot find it at all.
    fn expression(&self) -> Option<String> {
        // Tokens have letters, digits and `_` alone, so that nothing in them means anything there.
        let tokens = self.tokens.iter().map(|token| format!("\"{token}\""));
        let mut all: Vec<String> = tokens.collect();
        let mut whole = self.tokens.as_slice();
        if self.open
            && let Some((last, _)) = all.split_last_mut()
        {
            last.push('*');
            whole = &whole[..whole.len() - 1];
        }
        all.extend(whole.windows(2).filter_map(mark).map(|mark| format!("\"{mark}\"")));
        (!all.is_empty()).then(|| all.join(" AND "))
    }

    /// Having its tokens is not having it: they have to be neighbours.
    pub fn is_phrase(&self) -> bool {
        self.tokens.len() > 1
    }

    /// Its last word may go on: the index is slow at it.
    pub fn is_open(&self) -> bool {
        self.open && !self.tokens.is_empty()
    }

    /// Whether a text may have it; cheap, and sure where it says no.
    fn may_stand_in(&self, text: &str) -> bool {
        let Some(first) = self.tokens.first() else { return true };
        match text.is_ascii() {
            true => text.to_ascii_lowercase().contains(first),
            // Signs stand in a text as they do in its tokens.
            false => !first.starts_with(is_sign) || text.contains(first),
        }
    }

    /// Whether its tokens are neighbours among these.
    fn stands_in(&self, tokens: &[String]) -> bool {
        let Some((last, first)) = self.tokens.split_last() else { return true };
        let ends = |token: &String| if self.open { token.starts_with(last) } else { token == last };
        tokens.windows(self.tokens.len()).any(|window| window.starts_with(first) && window.last().is_some_and(ends))
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
pub(crate) fn expression<'a>(terms: impl IntoIterator<Item = &'a Term>) -> String {
    terms.into_iter().filter_map(Term::expression).collect::<Vec<_>>().join(" AND ")
}

/// Whether all terms are in a text. What is no word is not asked for: see [`Term::exact`].
pub(crate) fn all_stand_in(terms: &[Term], text: &str) -> bool {
    terms.iter().all(|term| term.may_stand_in(text)) && {
        let tokens = tokens(text);
        terms.iter().all(|term| term.stands_in(&tokens))
    }
}

/// A word as it is compared: Latin letters without their accents, all others as they are.
fn plain(word: String) -> String {
    let letter = |c: char| match c {
        '\u{c0}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}' => c.nfd().next().unwrap_or(c),
        _ => c,
    };
    if word.is_ascii() { word } else { word.chars().map(letter).collect() }
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
        assert_eq!(all("\"big river\" x"), "\"big\" AND \"river\" AND \"\u{e186}\" AND \"x\"*");
        assert_eq!(all("foo-bar"), "\"foo\" AND \"bar\"*");
        assert_eq!(
            (all("水"), all("水手"), all("水手册")),
            ("\"水\"*".into(), "\"水手\"".into(), "\"水手\" AND \"手册\"".into())
        );
        assert_eq!(all("\"open"), "\"open\"*");
        assert!(terms("c++")[0].exact && !terms("river")[0].exact);
        for query in ["", " ", "\"", "\"\"", "++", "a AND OR NOT \" ( ) * : ^ NEAR(", "'; DROP TABLE message; --"] {
            all(query);
        }
    }
}
