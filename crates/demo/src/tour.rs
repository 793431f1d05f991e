//! The tour: everything an answer can look like, in the language of the question.

use crate::answer::Answer;

/// The tour in Chinese if the question has Chinese in it, else in English.
pub(crate) fn answer(question: &str) -> Answer {
    let chinese = question.chars().any(|sign| matches!(sign, '\u{4e00}'..='\u{9fff}'));
    let (reasoning, text) = if chinese {
        (include_str!("tour/reasoning.zh.md"), include_str!("tour/tour.zh.md"))
    } else {
        (include_str!("tour/reasoning.en.md"), include_str!("tour/tour.en.md"))
    };
    Answer::Text { reasoning: reasoning.trim_end().to_owned(), text: text.trim_end().to_owned() }
}
