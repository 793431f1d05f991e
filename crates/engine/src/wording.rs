//! Words the engine itself writes: titles, and what a model is told when it shall go on.

use rivulet_protocol::Language;

/// What a model is told when its answer was cut. The partial answer stands before it in the request.
pub(crate) const CONTINUE: &str = "Continue exactly where your answer stopped. \
    Do not repeat anything and do not comment on the interruption; the text will be joined.";

/// The longest title, in characters.
const TITLE_LEN: usize = 60;

/// A title made from the first message, without asking a model: its first line, cut at a word.
pub(crate) fn title(text: &str) -> String {
    let line = text.lines().map(|line| line.trim_start_matches(['#', '>', '-', '*', ' ']).trim());
    let line = line.into_iter().find(|line| !line.is_empty()).unwrap_or_default();
    let words: Vec<&str> = line.split_whitespace().collect();
    let line = words.join(" ");
    if line.chars().count() <= TITLE_LEN {
        return line;
    }
    let cut: String = line.chars().take(TITLE_LEN).collect();
    // Chinese has no spaces to cut at, and a cut that throws away half is worse than one in mid-word.
    let at = cut.rfind(' ').filter(|at| *at > cut.len() / 2).unwrap_or(cut.len());
    format!("{}…", cut[..at].trim_end_matches([',', '.', ';', ':', ' ']))
}

/// What a model is told that shall name a conversation, in the conversation's language.
pub(crate) fn title_prompt(language: Option<Language>) -> &'static str {
    match language {
        Some(Language::German) => {
            "Gib dieser Unterhaltung einen Titel aus höchstens sechs Wörtern. \
             Antworte nur mit dem Titel, ohne Anführungszeichen und ohne Punkt am Ende."
        }
        Some(Language::French) => {
            "Donne à cette conversation un titre de six mots au plus. \
             Réponds par le titre seul, sans guillemets ni point final."
        }
        Some(Language::Spanish) => {
            "Pon a esta conversación un título de seis palabras como máximo. \
             Responde solo con el título, sin comillas ni punto final."
        }
        Some(Language::SimplifiedChinese) => "请为这段对话起一个不超过十二个字的标题。只回答标题，不要引号和句号。",
        Some(Language::TraditionalChinese) => "請為這段對話取一個不超過十二個字的標題。只回答標題，不要引號和句號。",
        Some(Language::Japanese) => {
            "この会話に二十文字以内の題名を付けてください。題名だけを、かぎ括弧も句点も付けずに答えてください。"
        }
        Some(Language::Korean) => {
            "이 대화에 여섯 단어 이내의 제목을 붙여 주세요. 따옴표와 마침표 없이 제목만 답해 주세요."
        }
        Some(Language::English) | None => {
            "Give this conversation a title of at most six words, in the language it is in. \
             Answer with the title alone, without quotation marks and without a full stop."
        }
    }
}

/// What a model is told that shall summarise, in the conversation's language.
pub(crate) fn summary_prompt(language: Option<Language>) -> &'static str {
    match language {
        Some(Language::German) => {
            "Fasse die folgende Unterhaltung für jemanden zusammen, der sie weiterführt: worum gebeten wurde, was \
             herausgefunden oder entschieden wurde, Namen, Zahlen, Code und Dateien, die noch zählen, und was offen \
             ist. Ohne Einleitung, so kurz wie möglich."
        }
        Some(Language::French) => {
            "Résume la conversation ci-dessous pour quelqu’un qui la poursuit : ce qui a été demandé, trouvé ou \
             décidé, les noms, nombres, codes et fichiers qui comptent encore, et ce qui reste ouvert. Sans \
             introduction, aussi brièvement que possible."
        }
        Some(Language::Spanish) => {
            "Resume la conversación siguiente para quien la continúe: qué se pidió, qué se averiguó o decidió, los \
             nombres, números, código y archivos que aún importan y qué queda pendiente. Sin introducción y lo más \
             breve posible."
        }
        Some(Language::SimplifiedChinese) => {
            "请为接下来继续这段对话的人写一份摘要：提出了什么要求，查明或决定了什么，仍然有用的名称、数字、代码和文件，以及尚未解决的问题。不要开场白，尽量简短。"
        }
        Some(Language::TraditionalChinese) => {
            "請為接下來繼續這段對話的人寫一份摘要：提出了什麼要求，查明或決定了什麼，仍然有用的名稱、數字、程式碼和檔案，以及尚未解決的問題。不要開場白，盡量簡短。"
        }
        Some(Language::Japanese) => {
            "次の会話を、続きを引き受ける人のために要約してください。頼まれたこと、分かったことや決まったこと、まだ必要な名前・数・コード・ファイル、残っている課題。前置きなしで、できるだけ短く。"
        }
        Some(Language::Korean) => {
            "아래 대화를 이어 갈 사람을 위해 요약해 주세요. 요청한 것, 알아내거나 결정한 것, 아직 필요한 이름·숫자·코드·파일, 남은 문제를 적어 주세요. 머리말 없이 되도록 짧게."
        }
        Some(Language::English) | None => {
            "Summarise the conversation below for someone who goes on with it: what was asked for, what was found or \
             decided, the names, numbers, code and files that still matter, and what is open. In the language of the \
             conversation, without an introduction, as briefly as possible."
        }
    }
}

/// What a model answered when it was asked for a title, as a title: one line, no quotes, no mark-up.
pub(crate) fn clean_title(answer: &str) -> String {
    const AROUND: &[char] =
        &['"', '\'', '“', '”', '„', '‘', '’', '«', '»', '「', '」', '『', '』', '《', '》', '*', '_', '`', ' '];
    let line =
        answer.lines().map(|line| line.trim_start_matches(['#', '>', '-', ' '])).find(|line| !line.trim().is_empty());
    let line = line.unwrap_or_default().trim();
    let line = ["Title:", "Titel:", "Titre :", "Título:", "标题：", "標題：", "題名：", "제목:"]
        .iter()
        .find_map(|lead| line.strip_prefix(lead))
        .unwrap_or(line);
    title(line.trim_matches(AROUND).trim_end_matches(['.', '。']).trim_matches(AROUND))
}

/// The title of a copy: `Rivers (2)`, and of a copy of that `Rivers (3)`.
pub(crate) fn fork_title(title: &str) -> String {
    let numbered = title.strip_suffix(')').and_then(|title| title.rsplit_once(" ("));
    match numbered.and_then(|(base, number)| Some((base, number.parse::<u32>().ok()?))) {
        Some((base, number)) => format!("{base} ({})", number.saturating_add(1)),
        None if title.is_empty() => String::new(),
        None => format!("{title} (2)"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_are_one_short_line() {
        assert_eq!(title("  \n# Hello   there\nmore"), "Hello there");
        assert_eq!(title(&"word ".repeat(40)), format!("{}…", "word ".repeat(12).trim_end()));
        assert_eq!(title(&"水".repeat(80)).chars().count(), TITLE_LEN + 1);
    }

    #[test]
    fn what_a_model_calls_a_conversation_is_cleaned() {
        assert_eq!(clean_title("\n**\"Rivers of the world.\"**\nAnd more."), "Rivers of the world");
        assert_eq!(clean_title("Title: «Les fleuves»"), "Les fleuves");
        assert_eq!(clean_title("「世界の川」"), "世界の川");
        assert_eq!(clean_title("# It's a don't"), "It's a don't");
        assert_eq!(clean_title(" \n"), "");
        assert!(clean_title(&"word ".repeat(60)).chars().count() <= TITLE_LEN + 1);
    }

    #[test]
    fn copies_are_counted() {
        let title = |title: &str| fork_title(title);
        assert_eq!((title("Rivers"), title("Rivers (2)")), ("Rivers (2)".into(), "Rivers (3)".into()));
        assert_eq!((title("f(x)"), title("f (x)"), title("")), ("f(x) (2)".into(), "f (x) (2)".into(), String::new()));
    }
}
