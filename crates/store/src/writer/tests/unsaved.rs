//! What a full disk does not take is in files, and in the database after the next start.

use super::*;
use std::path::PathBuf;

/// A running answer that a full disk did not take to its end.
struct Cut {
    full: Full,
    conversation: ConversationId,
    answer: Message,
}

impl Cut {
    async fn new() -> Self {
        let (full, mut running) = Full::new(1).await;
        let (conversation, mut answer) = running.pop().unwrap();
        say(&full.store, conversation, &mut answer, "Stored, ");
        let full = full.shut().await;
        say(&full.store, conversation, &mut answer, &much());
        let file = full.dir.path().join("unsaved").join(format!("{conversation}-{}.json", answer.id));
        let folder = file.parent().unwrap().display().to_string();
        let kept = move |state: &State| state.unsaved == Unsaved::Kept { folder: folder.clone() };
        full.seen.until("it is kept in a file", kept).await;
        assert!(file.exists());
        Self { full, conversation, answer }
    }

    fn folder(&self) -> PathBuf {
        self.full.dir.path().join("unsaved")
    }

    fn file(&self) -> PathBuf {
        self.folder().join(format!("{}-{}.json", self.conversation, self.answer.id))
    }

    /// Ends the app; what is in the file then.
    async fn quit(&self) -> String {
        self.full.store.close().await;
        std::fs::read_to_string(self.file()).unwrap()
    }
}

async fn stored(store: &Store, message: MessageId) -> Message {
    store.message(message).await.unwrap().expect("it is there").1
}

fn open(dir: &Path) -> Store {
    Store::open(dir, Arc::new(Seen::default())).unwrap()
}

#[tokio::test]
async fn what_a_quitting_app_could_not_store_is_taken_in_by_the_next_start() {
    let mut cut = Cut::new().await;
    say(&cut.full.store, cut.conversation, &mut cut.answer, "the end");
    let kept = cut.quit().await;
    assert!(kept.contains("the end") && !kept.contains("Stored"), "as it is, and only what is not stored: {kept}");
    #[cfg(unix)]
    for (path, mode) in [(cut.folder(), 0o700), (cut.file(), 0o600)] {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(path).unwrap().permissions().mode() & 0o777, mode);
    }
    let store = open(cut.full.dir.path());
    let answer = stored(&store, cut.answer.id).await;
    assert_eq!((answer.text.as_str(), answer.state), (cut.answer.text.as_str(), MessageState::Interrupted));
    assert!(!cut.folder().exists(), "it is stored");
    store.close().await;

    // A kill between the commit and this would leave the file: nothing is there twice.
    std::fs::write(make_folder(cut.full.dir.path()).join(cut.file().file_name().unwrap()), kept).unwrap();
    let store = open(cut.full.dir.path());
    assert_eq!(stored(&store, cut.answer.id).await.text, cut.answer.text);
    assert!(!cut.file().exists());
}

#[tokio::test]
async fn an_end_that_waited_is_kept_with_its_answer_and_what_it_cost() {
    let mut cut = Cut::new().await;
    let store = cut.full.store.clone();
    let asked = Asked {
        at: 1,
        conversation: Some(cut.conversation),
        provider: ProviderId("demo".into()),
        key: 1,
        model: "echo".into(),
        price: None,
        input_tokens: 1,
        text_from: 0,
        reasoning_from: 0,
        usage: None,
        api_use: None,
    };
    store.append(cut.conversation, cut.answer.id, Append::Asked(Box::new(asked)));
    say(&store, cut.conversation, &mut cut.answer, "the end");
    let mut answer = cut.answer.clone();
    (answer.state, answer.finish_reason, answer.ended_at) = (MessageState::Complete, Some(FinishReason::Stop), Some(7));
    let cost = Cost { input_tokens: 3, cached_tokens: 0, output_tokens: 4, micros: Some(5), estimated: false };
    let spent = Spending {
        at: now_ms(),
        conversation: Some(cut.conversation),
        provider: ProviderId("demo".into()),
        key: 1,
        model: "echo".into(),
        purpose: Purpose::Answer,
        cost,
    };
    let (conversation, ended) = (cut.conversation, answer.clone());
    let ending = tokio::spawn(async move {
        let event = EventBody::Finished { reason: FinishReason::Stop, at: 7 };
        store.end_counted(conversation, ended, event, Some(spent)).await
    });
    let file = cut.file();
    let written = tokio::task::spawn_blocking(move || {
        while !std::fs::read_to_string(&file).unwrap().contains("\"complete\"") {
            std::thread::sleep(Duration::from_millis(20));
        }
    });
    tokio::time::timeout(LIMIT, written).await.unwrap().unwrap();
    cut.quit().await;
    assert!(ending.await.unwrap().is_err(), "it was not stored");
    let store = open(cut.full.dir.path());
    assert_eq!(stored(&store, answer.id).await, answer);
    assert_eq!(store.spent_in(conversation).await.unwrap().micros, 5);
    assert!(store.asked_before().await.unwrap().is_empty());
    assert!(!cut.folder().exists());
}

#[tokio::test]
async fn the_file_goes_when_the_disk_takes_it_after_all() {
    let cut = Cut::new().await;
    cut.full.give_back();
    cut.full.seen.until("the disk is back", |state| state.disk == [true, false]).await;
    assert!(!cut.folder().exists());
    let (_, answer) = cut.full.store.message(cut.answer.id).await.unwrap().unwrap();
    assert_eq!(answer.text, cut.answer.text);
}

#[tokio::test]
async fn a_database_that_knows_nothing_of_it_has_it_in_a_conversation_of_its_own() {
    let cut = Cut::new().await;
    cut.quit().await;
    let dir = tempfile::tempdir().unwrap();
    std::fs::rename(cut.folder(), dir.path().join("unsaved")).unwrap();
    let store = open(dir.path());
    let conversation = store.conversation(cut.conversation).await.unwrap().expect("it was made");
    assert_eq!((conversation.leaf, conversation.head), (Some(cut.answer.id), 1));
    assert!(conversation.title.starts_with("much much"));
    let answer = stored(&store, cut.answer.id).await;
    assert_eq!((answer.text, answer.state), (much(), MessageState::Interrupted));
    let found = store.path_for_request(cut.conversation, cut.answer.id).await.unwrap();
    assert_eq!(found.len(), 1);
}

#[tokio::test]
async fn what_cannot_be_read_or_is_somebody_elses_stays_where_it_is() {
    let cut = Cut::new().await;
    let kept = cut.quit().await;
    std::fs::write(cut.file(), &kept[..kept.len() / 2]).unwrap();
    let store = open(cut.full.dir.path());
    assert_eq!(stored(&store, cut.answer.id).await.text, "Stored, ");
    store.close().await;
    assert!(cut.file().exists());
    #[cfg(unix)]
    {
        // A folder that others can put files in is not believed.
        std::fs::write(cut.file(), kept).unwrap();
        std::fs::set_permissions(cut.folder(), std::os::unix::fs::PermissionsExt::from_mode(0o777)).unwrap();
        let store = open(cut.full.dir.path());
        assert_eq!(stored(&store, cut.answer.id).await.text, "Stored, ");
        store.close().await;
        // It is again.
        std::fs::set_permissions(cut.folder(), std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
        let store = open(cut.full.dir.path());
        assert_eq!(stored(&store, cut.answer.id).await.text, cut.answer.text);
    }
}

#[tokio::test]
async fn what_was_written_and_not_sent_is_kept_too_and_only_the_last_of_it() {
    let (full, running) = Full::new(2).await;
    let full = full.shut().await;
    let (here, there) = (Some(running[0].0), Some(running[1].0));
    for (place, text) in [(here, "first "), (None, "new "), (there, "sent later "), (here, "last ")] {
        full.store.put_draft(place, text.repeat(4_000)).await.unwrap_err();
    }
    full.store.put_draft(there, String::new()).await.unwrap_err();
    full.seen.until("it is kept", |state| matches!(state.unsaved, Unsaved::Kept { .. })).await;
    full.store.close().await;
    let names: Vec<_> = files(full.dir.path()).iter().map(|file| file.file_name().unwrap().to_owned()).collect();
    assert_eq!(names, [format!("draft-{}.json", here.unwrap()).as_str(), "draft-new.json"]);
    let store = open(full.dir.path());
    for (place, text) in [(here, "last "), (None, "new "), (there, "")] {
        assert_eq!(store.draft(place).await.unwrap(), text.repeat(4_000));
    }
    assert!(files(full.dir.path()).is_empty());
}

#[tokio::test]
async fn a_draft_is_tried_until_the_disk_takes_it() {
    let (full, running) = Full::new(1).await;
    let full = full.shut().await;
    let place = Some(running[0].0);
    full.store.put_draft(place, much()).await.unwrap_err();
    full.seen.until("it is kept", |state| matches!(state.unsaved, Unsaved::Kept { .. })).await;
    full.give_back();
    full.seen.until("the disk is back", |state| state.disk == [true, false]).await;
    assert_eq!(full.store.draft(place).await.unwrap(), much(), "tried again");
    assert!(files(full.dir.path()).is_empty());
}

#[tokio::test]
async fn a_draft_whose_conversation_is_not_there_is_one_of_the_conversation_to_come() {
    let dir = tempfile::tempdir().unwrap();
    let put = |text: &str| {
        let draft = Draft { conversation: Some(ConversationId::new()), text: text.into() };
        let kept = serde_json::json!({ "note": "", "draft": draft });
        std::fs::write(make_folder(dir.path()).join("draft-x.json"), kept.to_string()).unwrap();
    };
    put("written");
    let store = open(dir.path());
    assert_eq!(store.draft(None).await.unwrap(), "written");
    assert!(files(dir.path()).is_empty());
    store.close().await;
    // There is one already: both are kept.
    put("another");
    assert_eq!(open(dir.path()).draft(None).await.unwrap(), "written");
    assert_eq!(files(dir.path()).len(), 1);
}

/// The folder of such files, as the app makes it.
fn make_folder(dir: &Path) -> PathBuf {
    let folder = dir.join("unsaved");
    schema::create_private_dir(&folder).unwrap();
    folder
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(dir.join("unsaved")).into_iter().flatten();
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}
