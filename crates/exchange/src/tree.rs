//! A conversation as a reader finds it, and making of it what this app keeps.
//!
//! Readers only say what stands in a file. Everything a hostile or broken file can do to a tree (circles, unknown
//! parents, ids twice) is handled here, once.

use crate::shape::Shape;
use crate::{Chat, limits};
use rivulet_protocol::{
    Author, Conversation, ConversationId, FinishReason, ImportFormat, ImportReport, Message, MessageId, MessageState,
    SkipReason, ToolCall, Usage,
};
use std::collections::HashMap;
use uuid::Uuid;

/// All ids made from other programs' ids are below this one, so that the same file gives the same ids again.
const IDS: Uuid = Uuid::from_u128(0x6c1f_3b52_86f4_4e0b_9b0e_52d7_1a55_70c8);

/// A conversation as it stands in a file.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    /// Its program's id for it; what else tells it from others if there is none.
    pub id: String,
    pub title: String,
    /// Milliseconds since the epoch, as all times here.
    pub created_at: Option<u64>,
    pub updated_at: Option<u64>,
    pub pinned: bool,
    /// The node at the end of the shown path, or one on it.
    pub leaf: Option<String>,
    pub nodes: Vec<Node>,
}

/// A message, or what its program keeps in the place of one.
#[derive(Clone, Debug, Default)]
pub struct Node {
    pub id: String,
    pub parent: Option<String>,
    pub kind: Kind,
    /// Its place among its siblings; those with the same one stand as they do in [`Tree::nodes`].
    pub rank: usize,
    pub text: String,
    pub reasoning: String,
    pub calls: Vec<ToolCall>,
    pub at: Option<u64>,
    pub ended_at: Option<u64>,
    pub model: Option<String>,
    pub usage: Option<Usage>,
    pub finish_reason: Option<FinishReason>,
    /// It was stopped or failed.
    pub cut: bool,
    pub attachments: Vec<Attachment>,
}

/// What a node is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// A place in the tree and nothing else.
    #[default]
    Root,
    /// A message.
    Says(Author),
    /// A tool's output, for the call of this id or, if there is none, the first without a result.
    ToolOutput(Option<String>),
    /// Left out; what is below it hangs on what is above it.
    Skipped(SkipReason),
}

/// A file that was attached to a message.
#[derive(Clone, Debug, Default)]
pub struct Attachment {
    pub name: String,
    /// Its text, if that stands in the file.
    pub text: Option<String>,
}

impl Node {
    /// The author by the word most programs use for it.
    pub fn role(role: &str) -> Kind {
        match role {
            "user" | "human" => Kind::Says(Author::User),
            "assistant" | "model" | "ai" | "bot" => Kind::Says(Author::Assistant),
            "system" | "developer" => Kind::Says(Author::System),
            "tool" | "function" => Kind::ToolOutput(None),
            "" => Kind::Skipped(SkipReason::Broken),
            _ => Kind::Skipped(SkipReason::UnknownAuthor),
        }
    }

    /// Attaches a file that is named and not in the export.
    pub fn attach(&mut self, name: impl Into<String>) {
        self.attachments.push(Attachment { name: name.into(), text: None });
    }

    /// Adds a paragraph to the text.
    pub fn say(&mut self, more: &str) {
        paragraph(&mut self.text, more);
    }

    /// Adds a paragraph to the reasoning.
    pub fn think(&mut self, more: &str) {
        paragraph(&mut self.reasoning, more);
    }

    /// Answers the call of this id, or the first without a result; whether there was one.
    pub fn answer(calls: &mut [ToolCall], id: Option<&str>, result: &str) -> bool {
        let open = |call: &&mut ToolCall| call.result.is_none();
        let known = id.and_then(|id| calls.iter().position(|call| call.id == id));
        let call = match known {
            Some(at) => calls.get_mut(at),
            None => calls.iter_mut().find(open),
        };
        call.map(|call| call.result = Some(result.to_owned())).is_some()
    }

    /// Reasoning that local models write at the head of their text, between marks.
    fn part_reasoning(&mut self) {
        if self.kind != Kind::Says(Author::Assistant) {
            return;
        }
        let Some(rest) = self.text.trim_start().strip_prefix("<think>") else { return };
        if let Some((thought, text)) = rest.split_once("</think>") {
            let (thought, text) = (thought.trim().to_owned(), text.trim_start().to_owned());
            self.think(&thought);
            self.text = text;
        }
    }

    /// Names what was attached, so that nobody wonders what the text is about.
    fn name_attachments(&mut self, report: &mut ImportReport) {
        for attachment in std::mem::take(&mut self.attachments) {
            let name = attachment.name.replace(['\n', '\r', '`'], " ");
            match attachment.text.filter(|text| !text.is_empty()) {
                Some(text) => {
                    let fence = crate::text::fence(&text);
                    self.say(&format!("📎 {name}\n\n{fence}\n{}\n{fence}", text.trim_end()));
                }
                None => {
                    report.attachments_missing += 1;
                    self.say(&format!("📎 {name}"));
                }
            }
        }
    }

    fn is_empty(&self) -> bool {
        self.text.trim().is_empty() && self.reasoning.trim().is_empty() && self.calls.is_empty()
    }
}

fn paragraph(text: &mut String, more: &str) {
    if more.is_empty() {
        return;
    }
    if !text.is_empty() {
        text.push_str("\n\n");
    }
    text.push_str(more);
}

/// Makes of a tree what is kept here; `None` if there is nothing in it. `now` is for what has no time at all.
pub fn settle(mut tree: Tree, format: ImportFormat, now: u64, report: &mut ImportReport) -> Option<Chat> {
    for node in &mut tree.nodes {
        node.part_reasoning();
        node.name_attachments(report);
    }
    let shape = Shape::of(&tree.nodes, report);
    let id = Uuid::new_v5(&IDS, format!("{}\n{}", word(format), tree.id).as_bytes());
    let begun = tree.created_at.or_else(|| tree.nodes.iter().filter_map(|node| node.at).min());
    let begun = begun.or(tree.updated_at).unwrap_or(now);
    let mut messages: Vec<Message> = Vec::new();
    // The message each node became, or whose place it shares.
    let mut places: Vec<Option<usize>> = vec![None; tree.nodes.len()];
    // Between this node and the message whose place it may share, nothing else hangs.
    let mut alone = vec![false; tree.nodes.len()];
    let mut owns = vec![false; tree.nodes.len()];
    let mut nodes: Vec<Option<Node>> = tree.nodes.into_iter().map(Some).collect();
    let names: HashMap<String, usize> =
        nodes.iter().enumerate().rev().filter_map(|(at, node)| Some((node.as_ref()?.id.clone(), at))).collect();
    for at in shape.order {
        let Some(node) = nodes[at].take() else { continue };
        let above = shape.parents[at];
        let place = above.and_then(|above| places[above]);
        alone[at] = above.is_some_and(|above| shape.children[above].len() == 1 && (owns[above] || alone[above]));
        places[at] = match node.kind.clone() {
            Kind::Root => place,
            Kind::Skipped(reason) => {
                report.skip(reason, 1);
                place
            }
            Kind::ToolOutput(call) => {
                let calls = place.map(|place| &mut messages[place].tool_calls);
                if !calls.is_some_and(|calls| Node::answer(calls, call.as_deref(), &node.text)) {
                    report.skip(SkipReason::StrayToolOutput, 1);
                }
                place
            }
            Kind::Says(_) if node.is_empty() => {
                report.skip(SkipReason::Empty, 1);
                place
            }
            Kind::Says(Author::Assistant)
                if alone[at] && place.is_some_and(|place| messages[place].author == Author::Assistant) =>
            {
                if let Some(place) = place {
                    go_on(&mut messages[place], node);
                }
                owns[at] = true;
                place
            }
            Kind::Says(author) => {
                let parent = place.map(|place| &messages[place]);
                let time = node.at.or(parent.map(|parent| parent.created_at)).unwrap_or(begun);
                messages.push(message(node, author, parent.map(|parent| parent.id), id, time));
                owns[at] = true;
                Some(messages.len() - 1)
            }
        };
    }
    let shown = tree.leaf.and_then(|leaf| places[*names.get(&leaf)?]);
    let leaf = end_of_path(&messages, shown)?;
    report.conversations += 1;
    report.messages += messages.len() as u64;
    report.branches += branches(&messages);
    let last = messages.iter().map(|message| message.created_at).max();
    let conversation = Conversation {
        title: title(&tree.title, &messages),
        pinned: tree.pinned,
        updated_at: tree.updated_at.or(last).unwrap_or(begun).max(begun),
        leaf: Some(leaf),
        ..Conversation::new(ConversationId(id), begun)
    };
    Some(Chat { conversation, messages, project: None })
}

fn message(node: Node, author: Author, parent: Option<MessageId>, conversation: Uuid, at: u64) -> Message {
    let state = if node.cut { MessageState::Stopped } else { MessageState::Complete };
    let mut message = Message::new(parent, author, state);
    message.id = MessageId(Uuid::new_v5(&conversation, node.id.as_bytes()));
    message.created_at = at;
    message.ended_at = Some(node.ended_at.unwrap_or(at).max(at));
    message.text = node.text;
    message.reasoning = node.reasoning;
    message.tool_calls = node.calls;
    message.model = node.model;
    message.usage = node.usage;
    message.finish_reason = node.finish_reason;
    message
}

/// Programs that keep each step of an answer as a message of its own: here they are one.
fn go_on(message: &mut Message, more: Node) {
    paragraph(&mut message.text, &more.text);
    paragraph(&mut message.reasoning, &more.reasoning);
    message.tool_calls.extend(more.calls);
    message.model = more.model.or(message.model.take());
    message.usage = more.usage.or(message.usage);
    message.finish_reason = more.finish_reason;
    message.ended_at = more.ended_at.or(more.at).max(message.ended_at);
    message.state = if more.cut { MessageState::Stopped } else { MessageState::Complete };
}

/// The end of a path through the message at `from` (or through the first one): at each fork the last child.
fn end_of_path(messages: &[Message], from: Option<usize>) -> Option<MessageId> {
    let last_child: HashMap<Option<MessageId>, MessageId> =
        messages.iter().map(|message| (message.parent, message.id)).collect();
    let mut leaf = from.map_or_else(|| last_child.get(&None).copied(), |from| Some(messages[from].id))?;
    // Parents stand before their children, so this ends.
    while let Some(child) = last_child.get(&Some(leaf)) {
        leaf = *child;
    }
    Some(leaf)
}

/// Messages beside a first one.
pub fn branches(messages: &[Message]) -> u64 {
    let parents: std::collections::HashSet<_> = messages.iter().map(|message| message.parent).collect();
    (messages.len() - parents.len()) as u64
}

fn title(given: &str, messages: &[Message]) -> String {
    let line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let given = line(given);
    let title = if given.is_empty() {
        let question = messages.iter().find(|message| message.author == Author::User).or(messages.first());
        line(question.map(|message| message.text.as_str()).unwrap_or_default()).chars().take(60).collect()
    } else {
        given
    };
    title.chars().take(limits::TITLE).collect()
}

/// A format's name in ids. Never change one.
fn word(format: ImportFormat) -> &'static str {
    match format {
        ImportFormat::ChatGpt => "chatgpt",
        ImportFormat::Claude => "claude",
        ImportFormat::OpenWebUi => "open-webui",
        ImportFormat::LibreChat => "librechat",
        ImportFormat::Chatbox => "chatbox",
        ImportFormat::NextChat => "nextchat",
        ImportFormat::Jan => "jan",
        ImportFormat::LlamaCpp => "llama.cpp",
        ImportFormat::Rivulet => "rivulet",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(id: &str, parent: Option<&str>, kind: Kind) -> Node {
        Node { id: id.into(), parent: parent.map(str::to_owned), kind, text: id.into(), ..Node::default() }
    }

    fn says(id: &str, parent: Option<&str>, author: Author) -> Node {
        node(id, parent, Kind::Says(author))
    }

    fn settled(nodes: Vec<Node>) -> (Option<Chat>, ImportReport) {
        let mut report = ImportReport::default();
        let tree = Tree { id: "t".into(), nodes, ..Tree::default() };
        (settle(tree, ImportFormat::ChatGpt, 1, &mut report), report)
    }

    use Author::{Assistant, User};

    #[test]
    fn circles_are_cut_and_parents_come_first() {
        let nodes = vec![
            says("a", Some("c"), User),
            says("b", Some("a"), Assistant),
            says("c", Some("b"), User),
            says("self", Some("self"), User),
            says("orphan", Some("nobody"), User),
        ];
        let (chat, report) = settled(nodes);
        let messages = chat.unwrap().messages;
        assert_eq!(messages.len(), 5);
        assert_eq!(report.skipped, [rivulet_protocol::Skipped { reason: SkipReason::Circle, count: 2 }]);
        for (at, message) in messages.iter().enumerate() {
            let parent = message.parent;
            assert!(parent.is_none() || messages[..at].iter().any(|before| Some(before.id) == parent));
        }
    }

    #[test]
    fn what_is_left_out_hands_its_children_up_and_steps_become_one_answer() {
        let call = ToolCall { id: "1".into(), name: "run".into(), arguments: "{}".into(), result: None };
        let mut asks = says("asks", Some("hidden"), Assistant);
        asks.calls = vec![call];
        let nodes = vec![
            node("root", None, Kind::Root),
            says("question", Some("root"), User),
            node("hidden", Some("question"), Kind::Skipped(SkipReason::Hidden)),
            asks,
            node("output", Some("asks"), Kind::ToolOutput(None)),
            says("answer", Some("output"), Assistant),
            says("again", Some("question"), Assistant),
        ];
        let (chat, report) = settled(nodes);
        let chat = chat.unwrap();
        assert_eq!(chat.messages.len(), 3);
        assert_eq!(chat.messages[1].text, "asks\n\nanswer");
        assert_eq!(chat.messages[1].tool_calls[0].result.as_deref(), Some("output"));
        assert_eq!(chat.messages[1].parent, chat.messages[2].parent);
        assert_eq!((report.branches, report.skipped.len()), (1, 1));
        assert_eq!(chat.conversation.leaf, Some(chat.messages[2].id));
    }

    #[test]
    fn ids_are_the_same_each_time() {
        let nodes = vec![says("a", None, User), says("a", None, User)];
        let ((one, report), (two, _)) = (settled(nodes.clone()), settled(nodes));
        assert_eq!(one.as_ref().unwrap().messages, two.unwrap().messages);
        assert_eq!(one.unwrap().messages.len(), 1);
        assert_eq!(report.skipped[0].reason, SkipReason::Doubled);
        assert!(settled(vec![node("root", None, Kind::Root)]).0.is_none());
    }

    #[test]
    fn reasoning_between_marks_is_taken_out_of_the_text() {
        let mut answer = says("a", None, Assistant);
        answer.text = "\n<think>\nhm\n</think>\n\nyes".into();
        let message = &settled(vec![answer]).0.unwrap().messages[0];
        assert_eq!((message.reasoning.as_str(), message.text.as_str()), ("hm", "yes"));
    }
}
