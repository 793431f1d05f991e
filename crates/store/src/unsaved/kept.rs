//! What one file keeps.

use super::part::Part;
use crate::queue::Item;
use rivulet_protocol::Draft;
use serde::{Deserialize, Serialize};

const NOTE: &str = "Rivulet's database did not take this. The next start puts it there, and then this file goes.";

/// One file.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Kept {
    /// For whoever opens the file.
    note: String,
    #[serde(flatten)]
    pub what: What,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum What {
    Answer(Box<Part>),
    Draft { draft: Draft },
}

impl Kept {
    /// What would be lost of everything that waits in `items`.
    pub fn all(items: &[Item]) -> Vec<Self> {
        let answers = Part::all(items).into_iter().map(|part| What::Answer(Box::new(part)));
        // An empty one is lost without a loss.
        let drafts = items.iter().filter_map(Item::draft).filter(|draft| !draft.text.is_empty());
        let drafts = drafts.map(|draft| What::Draft { draft: draft.clone() });
        answers.chain(drafts).map(|what| Self { note: NOTE.into(), what }).collect()
    }

    /// The file's name: a draft's is behind those of answers, whose conversation may be in another file.
    pub fn name(&self) -> String {
        match &self.what {
            What::Answer(part) => format!("{}-{}.json", part.conversation, part.message),
            What::Draft { draft: Draft { conversation: Some(id), .. } } => format!("draft-{id}.json"),
            What::Draft { draft: Draft { conversation: None, .. } } => "draft-new.json".into(),
        }
    }
}
