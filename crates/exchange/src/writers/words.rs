//! The few words of ours in a document, in the languages of the app; and how a time is written.

use rivulet_protocol::{Author, Language, Message, MessageState};
use time::OffsetDateTime;
use time::macros::format_description;

/// Words of one language.
pub struct Words {
    /// As in `lang="…"`.
    pub language: &'static str,
    /// A conversation without a title.
    pub untitled: &'static str,
    you: &'static str,
    assistant: &'static str,
    system: &'static str,
    /// Heads what a model thought.
    pub reasoning: &'static str,
    /// Heads a tool's call.
    pub tool: &'static str,
    stopped: &'static str,
    interrupted: &'static str,
    failed: &'static str,
    /// Stands where a model is told nothing of what is above.
    pub anew: &'static str,
    /// Heads what a model is told in the place of what is above.
    pub summary: &'static str,
}

const ENGLISH: Words = Words {
    language: "en",
    untitled: "Untitled",
    you: "You",
    assistant: "Assistant",
    system: "Instructions",
    reasoning: "Reasoning",
    tool: "Tool",
    stopped: "Stopped here.",
    interrupted: "Interrupted here.",
    failed: "Failed here.",
    anew: "The conversation begins anew here: models are not told what stands above.",
    summary: "Summary that models are told in the place of what stands above",
};

const CHINESE: Words = Words {
    language: "zh-CN",
    untitled: "未命名",
    you: "你",
    assistant: "助手",
    system: "指令",
    reasoning: "思考过程",
    tool: "工具",
    stopped: "在此停止。",
    interrupted: "在此中断。",
    failed: "在此失败。",
    anew: "对话从此处重新开始：上文不再发送给模型。",
    summary: "代替上文发送给模型的摘要",
};

const TRADITIONAL: Words = Words {
    language: "zh-TW",
    untitled: "未命名",
    you: "你",
    assistant: "助理",
    system: "指示",
    reasoning: "思考過程",
    tool: "工具",
    stopped: "在此停止。",
    interrupted: "在此中斷。",
    failed: "在此失敗。",
    anew: "對話從此處重新開始：上文不再傳送給模型。",
    summary: "代替上文傳送給模型的摘要",
};

const JAPANESE: Words = Words {
    language: "ja",
    untitled: "無題",
    you: "あなた",
    assistant: "アシスタント",
    system: "指示",
    reasoning: "思考",
    tool: "ツール",
    stopped: "ここで停止しました。",
    interrupted: "ここで中断されました。",
    failed: "ここで失敗しました。",
    anew: "会話はここから新しく始まります。これより上はモデルに送られません。",
    summary: "上の内容の代わりにモデルに送られる要約",
};

const KOREAN: Words = Words {
    language: "ko",
    untitled: "제목 없음",
    you: "나",
    assistant: "어시스턴트",
    system: "지시",
    reasoning: "생각",
    tool: "도구",
    stopped: "여기서 멈췄습니다.",
    interrupted: "여기서 중단되었습니다.",
    failed: "여기서 실패했습니다.",
    anew: "대화가 여기서 새로 시작됩니다. 위의 내용은 모델에 전달되지 않습니다.",
    summary: "위의 내용 대신 모델에 전달되는 요약",
};

const GERMAN: Words = Words {
    language: "de",
    untitled: "Ohne Titel",
    you: "Sie",
    assistant: "Assistent",
    system: "Anweisungen",
    reasoning: "Überlegungen",
    tool: "Werkzeug",
    stopped: "Hier angehalten.",
    interrupted: "Hier unterbrochen.",
    failed: "Hier fehlgeschlagen.",
    anew: "Das Gespräch beginnt hier von Neuem: Was darüber steht, erfahren Modelle nicht.",
    summary: "Zusammenfassung, die Modelle anstelle des darüber Stehenden erhalten",
};

const FRENCH: Words = Words {
    language: "fr",
    untitled: "Sans titre",
    you: "Vous",
    assistant: "Assistant",
    system: "Consignes",
    reasoning: "Réflexion",
    tool: "Outil",
    stopped: "Arrêté ici.",
    interrupted: "Interrompu ici.",
    failed: "Échec ici.",
    anew: "La conversation recommence ici : ce qui précède n’est pas transmis aux modèles.",
    summary: "Résumé transmis aux modèles à la place de ce qui précède",
};

const SPANISH: Words = Words {
    language: "es",
    untitled: "Sin título",
    you: "Tú",
    assistant: "Asistente",
    system: "Instrucciones",
    reasoning: "Razonamiento",
    tool: "Herramienta",
    stopped: "Detenido aquí.",
    interrupted: "Interrumpido aquí.",
    failed: "Falló aquí.",
    anew: "La conversación empieza de nuevo aquí: lo anterior no se envía a los modelos.",
    summary: "Resumen que se envía a los modelos en lugar de lo anterior",
};

impl Words {
    /// The words of a language.
    pub fn of(language: Language) -> &'static Self {
        match language {
            Language::English => &ENGLISH,
            Language::SimplifiedChinese => &CHINESE,
            Language::TraditionalChinese => &TRADITIONAL,
            Language::Japanese => &JAPANESE,
            Language::Korean => &KOREAN,
            Language::German => &GERMAN,
            Language::French => &FRENCH,
            Language::Spanish => &SPANISH,
        }
    }

    /// Who wrote a message.
    pub(super) fn author<'a>(&self, message: &'a Message) -> &'a str
    where
        Self: 'static,
    {
        let word: &'static str = match message.author {
            Author::User => self.you,
            Author::System => self.system,
            Author::Assistant => self.assistant,
        };
        match (&message.model, message.author) {
            (Some(model), Author::Assistant) => model,
            _ => word,
        }
    }

    /// Why a message ends before its end; `None` if it does not.
    pub(super) fn ending(&self, message: &Message) -> Option<&'static str> {
        match message.state {
            MessageState::Complete | MessageState::Running => None,
            MessageState::Stopped => Some(self.stopped),
            MessageState::Interrupted => Some(self.interrupted),
            MessageState::Failed => Some(self.failed),
        }
    }
}

/// A time for people. In UTC: a document is read in other places than it was written.
pub(super) fn time(ms: u64) -> String {
    let format = format_description!("[year]-[month]-[day] [hour]:[minute] UTC");
    let at = OffsetDateTime::from_unix_timestamp((ms / 1000) as i64).ok();
    at.and_then(|at| at.format(&format).ok()).unwrap_or_default()
}
