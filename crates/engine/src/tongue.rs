//! Which language people talk in, as far as a prompt needs to know it. Pure, and no more than a guess.

use rivulet_protocol::Language;

/// Words that are frequent in one of the languages and rare in the others.
const WORDS: [(Language, &[&str]); 4] = [
    (
        Language::English,
        &["the", "and", "is", "of", "to", "what", "how", "you", "it", "for", "with", "this", "are", "do"],
    ),
    (Language::German, &["der", "und", "ist", "das", "die", "nicht", "wie", "ich", "ein", "eine", "mit", "für", "was"]),
    (
        Language::French,
        &["le", "et", "est", "les", "des", "une", "pour", "dans", "que", "vous", "je", "du", "pas", "quel"],
    ),
    (
        Language::Spanish,
        &["el", "y", "es", "los", "que", "una", "para", "por", "cómo", "del", "qué", "con", "las", "se"],
    ),
];
/// Signs that only one of the two ways to write Chinese has.
const SIMPLIFIED: &str = "这个们说为时会来对学国发后经过还点问样现开长无实与么体写语请给怎";
const TRADITIONAL: &str = "這個們說為時會來對學國發後經過還點問樣現開長無實與麼體寫語請給怎";

/// The language of a text; `None` if nothing tells.
pub(crate) fn tongue(text: &str) -> Option<Language> {
    let count = |is: fn(char) -> bool| text.chars().filter(|sign| is(*sign)).count();
    let kana = count(|sign| ('\u{3040}'..='\u{30ff}').contains(&sign));
    let hangul = count(|sign| ('\u{ac00}'..='\u{d7a3}').contains(&sign));
    let han = count(|sign| ('\u{4e00}'..='\u{9fff}').contains(&sign));
    let words: Vec<String> = text.split(|sign: char| !sign.is_alphabetic()).map(str::to_lowercase).collect();
    let latin = words.iter().filter(|word| word.chars().next().is_some_and(|sign| sign < '\u{250}')).count();
    if kana + hangul + han > latin {
        return Some(match (kana, hangul) {
            (kana, hangul) if hangul > kana + han => Language::Korean,
            (1.., _) => Language::Japanese,
            (0, _) => chinese(text),
        });
    }
    let hits = |known: &[&str]| words.iter().filter(|word| known.contains(&word.as_str())).count();
    let best = WORDS.iter().map(|(language, known)| (hits(known), *language)).max_by_key(|(hits, _)| *hits);
    best.filter(|(hits, _)| *hits > 0).map(|(_, language)| language)
}

fn chinese(text: &str) -> Language {
    let count = |signs: &str| text.chars().filter(|sign| signs.contains(*sign)).count();
    if count(TRADITIONAL) > count(SIMPLIFIED) { Language::TraditionalChinese } else { Language::SimplifiedChinese }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_of_a_text_is_guessed() {
        for (text, language) in [
            ("How wide is the river, and what is it called?", Some(Language::English)),
            ("Wie breit ist der Fluss und was ist das?", Some(Language::German)),
            ("Quelle est la largeur des fleuves dans le monde ?", Some(Language::French)),
            ("¿Cómo es el río y por qué es ancho?", Some(Language::Spanish)),
            ("这条河为什么这么长？", Some(Language::SimplifiedChinese)),
            ("這條河為什麼這麼長？", Some(Language::TraditionalChinese)),
            ("この川はどのくらい長いですか", Some(Language::Japanese)),
            ("이 강은 얼마나 긴가요?", Some(Language::Korean)),
            ("42", None),
        ] {
            assert_eq!(tongue(text), language, "{text}");
        }
    }
}
