//! Conversations that never touch the disk.

use super::*;
use std::path::Path;

/// Whether any file below `folder` has `text` in it.
pub(crate) fn on_disk(folder: &Path, text: &str) -> bool {
    std::fs::read_dir(folder).unwrap().flatten().any(|entry| match entry.path() {
        path if path.is_dir() => on_disk(&path, text),
        path => std::fs::read(path).unwrap().windows(text.len()).any(|part| part == text.as_bytes()),
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_temporary_conversation_is_whole_in_memory_and_nowhere_else() {
    let answers = ["An answer of quicksilver.", "Another one.", "A third."];
    let bench = Bench::start(answers.map(|text| Script::stream().text(text).done())).await;
    let window = Caller::window();
    let create = ConversationCreate { temporary: Some(true), ..Default::default() };
    let chat = bench.engine.conversation_create(&window, create.clone()).await.unwrap();
    assert!(chat.temporary);
    let draft = Draft { conversation: Some(chat.id), text: "A draft of obsidian".into() };
    bench.engine.draft_put(&window, draft.clone()).await.unwrap();
    let place = DraftRef { conversation: Some(chat.id) };
    assert_eq!(bench.engine.draft_get(&window, place).await.unwrap(), draft);
    let turn = bench.send(Some(chat.id), "A question of amber").await;
    assert_eq!(bench.ended(chat.id, turn.answer).await.text, answers[0]);
    let again = AnswerRegenerate { message: turn.answer, provider: None, model: None };
    let second = bench.engine.answer_regenerate(&window, again).await.unwrap();
    bench.ended(chat.id, second.answer).await;
    assert_eq!(bench.snapshot(chat.id).await.messages[1].siblings, [turn.answer, second.answer]);
    let message = MessageRef { message: second.answer };
    bench.engine.message_delete(&window, message.clone()).await.unwrap();
    assert_eq!(bench.engine.message_restore(&window, message).await.unwrap().messages.len(), 2);

    let list = bench.engine.conversations_list(&window, ConversationsList::default()).await.unwrap();
    assert_eq!((list.conversations.len(), list.conversations[0].temporary), (1, true));
    assert_eq!(list.conversations[0].title, "A question of amber");
    let search = Search { query: "amber".into(), ..Search::default() };
    assert_eq!(bench.engine.search(&window, search).await.unwrap().hits.len(), 0);
    let viewer = Caller { role: CallerRole::Viewer, ..Caller::window() };
    assert!(bench.engine.watch(&viewer, chat.id, 0).await.is_err());
    let list = bench.engine.conversations_list(&viewer, ConversationsList::default()).await.unwrap();
    assert_eq!(list.conversations, []);
    // Going on in a conversation of its own is how one is kept.
    let kept = bench.engine.conversation_create(&window, create).await.unwrap();
    let third = bench.send(Some(kept.id), "A question of jade").await;
    bench.ended(kept.id, third.answer).await;
    let fork = MessageRef { message: third.answer };
    assert!(!bench.engine.conversation_fork(&window, fork).await.unwrap().temporary);

    bench.engine.conversation_delete(&window, ConversationRef { conversation: chat.id }).await.unwrap();
    let gone = ConversationOpen { conversation: chat.id, limit: None };
    assert_eq!(bench.engine.conversation_open(&window, gone).await.unwrap_err().code, ErrorCode::NotFound);
    assert_eq!(bench.engine.bin_list(&window, BinList::default()).await.unwrap(), BinPage::default());
    bench.engine.quit().await;
    assert!(on_disk(bench.folder.path(), "jade"), "what was kept is there");
    for text in ["amber", "quicksilver", "Another one.", "obsidian"] {
        assert!(!on_disk(bench.folder.path(), text), "{text}");
    }
}
