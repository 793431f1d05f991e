//! Numbers, joining, folding, and reading on from any number.

use crate::scene::{Scene, Viewer, assert_every_reader_agrees};
use rivulet_protocol::*;
use rivulet_store::Append;

fn seqs(events: &[Event]) -> Vec<u64> {
    events.iter().map(|event| event.seq).collect()
}

fn names(events: &[Event]) -> Vec<&'static str> {
    events.iter().map(|event| event.body.name()).collect()
}

#[tokio::test]
async fn each_conversation_numbers_from_one_without_a_gap() {
    let scene = Scene::new();
    for title in ["first", "second"] {
        let conversation = scene.conversation(title).await;
        let (_, mut answer) = scene.ask(conversation, None).await;
        for _ in 0..5 {
            scene.say(conversation, &mut answer, "x");
            scene.settle(conversation).await;
        }
        scene.finish(conversation, &mut answer).await;
        let events = scene.recorder.events(conversation);
        assert_eq!(seqs(&events), (1..=8).collect::<Vec<_>>());
        assert_eq!(names(&events), ["started", "started", "text", "text", "text", "text", "text", "finished"]);
        assert_eq!(scene.store.conversation(conversation).await.unwrap().unwrap().head, 8);
    }
}

#[tokio::test]
async fn text_that_waits_is_joined_into_one_event_and_row() {
    let scene = Scene::new();
    let conversation = scene.conversation("").await;
    let (_, mut answer) = scene.ask(conversation, None).await;
    let shut = scene.recorder.gate.lock().unwrap();
    // The writer publishes this one and waits at the gate; what follows piles up.
    scene.say(conversation, &mut answer, "雨");
    while scene.recorder.events(conversation).len() < 3 {
        std::thread::yield_now();
    }
    for text in ["ab", "🙂", "c"] {
        scene.say(conversation, &mut answer, text);
    }
    scene.think(conversation, &mut answer, "hm");
    scene.think(conversation, &mut answer, "!");
    scene.say(conversation, &mut answer, "d");
    drop(shut);
    scene.settle(conversation).await;
    let id = answer.id;
    let event = |seq, body| Event { seq, message: id, body };
    let text = |text: &str, offset| EventBody::Text { text: text.into(), offset };
    let expected = [
        event(3, text("雨", 0)),
        event(4, text("ab🙂c", 1)),
        event(5, EventBody::Reasoning { text: "hm!".into(), offset: 0 }),
        event(6, text("d", 6)),
    ];
    assert_eq!(scene.recorder.events(conversation)[2..], expected);
    let (read, head) = scene.store.events_after(conversation, 2).await.unwrap();
    let joined = [event(4, text("雨ab🙂c", 0)), expected[2].clone(), expected[3].clone()];
    assert_eq!((read.as_slice(), head), (joined.as_slice(), 6));
}

#[tokio::test]
async fn nothing_passes_a_write() {
    let scene = Scene::new();
    let conversation = scene.conversation("").await;
    let (question, mut answer) = scene.ask(conversation, None).await;
    let shut = scene.recorder.gate.lock().unwrap();
    scene.say(conversation, &mut answer, "0");
    while scene.recorder.events(conversation).len() < 3 {
        std::thread::yield_now();
    }
    scene.say(conversation, &mut answer, "before");
    let (sibling, ()) = tokio::join!(biased; scene.answer(conversation, question.id), async {
        scene.say(conversation, &mut answer, "after");
        drop(shut);
    });
    scene.settle(conversation).await;
    let events = scene.recorder.events(conversation);
    let text = |text: &str, offset| EventBody::Text { text: text.into(), offset };
    assert_eq!(events[3].body, text("before", 1));
    assert_eq!((events[4].message, events[4].body.name()), (sibling.id, "started"));
    assert_eq!(events[5].body, text("after", 7));
    assert_every_reader_agrees(&scene, conversation, &[&answer, &sibling]).await;
}

#[tokio::test]
async fn an_end_folds_the_log_into_the_message() {
    let scene = Scene::new();
    let conversation = scene.conversation("").await;
    let (question, mut answer) = scene.ask(conversation, None).await;
    scene.think(conversation, &mut answer, "Well. ");
    scene.settle(conversation).await;
    scene.store.append(conversation, answer.id, Append::Event(EventBody::Notice { notice: Notice::Waiting }));
    for word in ["It ", "rains ", "in ", "Hangzhou", " 杭州🌧."] {
        scene.say(conversation, &mut answer, word);
        scene.settle(conversation).await;
    }
    let usage = Usage { output_tokens: Some(7), ..Usage::default() };
    answer.usage = Some(usage);
    scene.store.append(conversation, answer.id, Append::Event(EventBody::Usage { usage }));
    let cost = Cost { output_tokens: 7, micros: Some(70), ..Cost::default() };
    answer.cost = Some(cost);
    scene.store.append(conversation, answer.id, Append::Event(EventBody::Cost { cost }));
    scene.settle(conversation).await;
    assert_every_reader_agrees(&scene, conversation, &[&question, &answer]).await;
    scene.finish(conversation, &mut answer).await;
    assert_every_reader_agrees(&scene, conversation, &[&question, &answer]).await;

    let rows = rusqlite::Connection::open(scene.dir.path().join("rivulet.db")).unwrap();
    let count: u64 = rows.query_row("SELECT count(*) FROM log", [], |row| row.get(0)).unwrap();
    assert_eq!(count, 0, "folded away");
    let (all, head) = scene.store.events_after(conversation, 0).await.unwrap();
    assert_eq!(names(&all), ["started", "started", "reasoning", "text", "usage", "cost", "finished"]);
    assert_eq!(all.last().unwrap().seq, head);
    let (rest, _) = scene.store.events_after(conversation, head - 1).await.unwrap();
    assert_eq!(names(&rest), ["reset"]);
    assert_eq!(scene.store.events_after(conversation, head).await.unwrap(), (Vec::new(), head));
}

#[tokio::test]
async fn every_ending_is_told_again_as_it_was() {
    let scene = Scene::new();
    let conversation = scene.conversation("").await;
    let (question, _) = scene.ask(conversation, None).await;
    let failure = Failure::new(FailureCode::RateLimited).detail("slow down").host("api.example");
    for ending in [
        EventBody::Finished { reason: FinishReason::Length, at: 11 },
        EventBody::Stopped { at: 12 },
        EventBody::Interrupted { at: 13 },
        EventBody::Failed { failure, at: 14 },
    ] {
        let mut answer = scene.answer(conversation, question.id).await;
        scene.say(conversation, &mut answer, "so far");
        scene.end(conversation, &mut answer, ending.clone()).await;
        let (all, _) = scene.store.events_after(conversation, 0).await.unwrap();
        let last = all.into_iter().rfind(|event| event.message == answer.id).unwrap();
        assert_eq!(last.body, ending);
        assert_every_reader_agrees(&scene, conversation, &[&answer]).await;
    }
}

#[tokio::test]
async fn an_answer_can_be_continued_again_and_again() {
    let scene = Scene::new();
    let conversation = scene.conversation("").await;
    let (question, mut answer) = scene.ask(conversation, None).await;
    scene.say(conversation, &mut answer, "One");
    let failure = Failure::new(FailureCode::RateLimited);
    scene.end(conversation, &mut answer, EventBody::Failed { failure, at: 1 }).await;
    for word in [", two", ", three"] {
        answer = scene.store.resume(conversation, answer.id).await.unwrap();
        assert_eq!((answer.state, &answer.failure, answer.finish_reason), (MessageState::Running, &None, None));
        assert_every_reader_agrees(&scene, conversation, &[&question, &answer]).await;
        scene.say(conversation, &mut answer, word);
        scene.settle(conversation).await;
        assert_every_reader_agrees(&scene, conversation, &[&question, &answer]).await;
        scene.end(conversation, &mut answer, EventBody::Stopped { at: 2 }).await;
        assert_every_reader_agrees(&scene, conversation, &[&question, &answer]).await;
    }
    assert_eq!(scene.stored(answer.id).await.text, "One, two, three");
    let shown = scene.store.snapshot(conversation, 10).await.unwrap().unwrap();
    assert_eq!(shown.conversation.leaf, Some(answer.id));
}

#[tokio::test]
async fn only_an_ended_answer_of_this_conversation_runs_again() {
    let scene = Scene::new();
    let (here, there) = (scene.conversation("here").await, scene.conversation("there").await);
    let (_, mut answer) = scene.ask(here, None).await;
    assert!(scene.store.resume(here, answer.id).await.is_err(), "it runs");
    scene.finish(here, &mut answer).await;
    assert!(scene.store.resume(there, answer.id).await.is_err(), "it is elsewhere");
    assert!(scene.store.resume(here, MessageId::new()).await.is_err(), "there is none");
    assert_eq!(scene.stored(answer.id).await, answer);
    assert_eq!(scene.recorder.events(there), []);
}

#[tokio::test]
async fn answers_that_run_side_by_side_keep_apart() {
    let scene = Scene::new();
    let conversation = scene.conversation("").await;
    let (question, mut a) = scene.ask(conversation, None).await;
    let mut b = scene.answer(conversation, question.id).await;
    for word in ["x", "y", "z"] {
        scene.say(conversation, &mut a, word);
        scene.settle(conversation).await;
        scene.say(conversation, &mut b, word);
        scene.settle(conversation).await;
    }
    // What is told of `a` after its end has the number before its end, which is a number of `b`'s.
    scene.finish(conversation, &mut a).await;
    assert_every_reader_agrees(&scene, conversation, &[&question, &a, &b]).await;
    scene.say(conversation, &mut b, "!");
    scene.finish(conversation, &mut b).await;
    assert_every_reader_agrees(&scene, conversation, &[&question, &a, &b]).await;
}

#[tokio::test]
async fn an_ending_comes_after_everything_that_was_said() {
    let scene = Scene::new();
    let conversation = scene.conversation("").await;
    let (_, mut answer) = scene.ask(conversation, None).await;
    for number in 0..2_000 {
        scene.say(conversation, &mut answer, &format!("{number} "));
    }
    scene.finish(conversation, &mut answer).await;
    let events = scene.recorder.events(conversation);
    assert_eq!(Viewer::of(&events).messages[&answer.id], answer, "published before the end answers");
    assert_eq!(events.last().unwrap().body.name(), "finished");
}

#[tokio::test]
async fn a_write_that_is_refused_takes_nothing_along() {
    let scene = Scene::new();
    let conversation = scene.conversation("").await;
    let (question, mut answer) = scene.ask(conversation, None).await;
    let shut = scene.recorder.gate.lock().unwrap();
    scene.say(conversation, &mut answer, "a");
    while scene.recorder.events(conversation).len() < 3 {
        std::thread::yield_now();
    }
    // Both wait, and are committed together.
    scene.say(conversation, &mut answer, "b");
    let good = Message::new(Some(question.id), Author::Assistant, MessageState::Complete);
    let orphan = Message::new(Some(MessageId::new()), Author::User, MessageState::Complete);
    let bad = scene.store.begin(conversation, vec![good.clone(), orphan.clone()], orphan.id);
    let (refused, ()) = tokio::join!(bad, async {
        scene.say(conversation, &mut answer, "c");
        drop(shut);
    });
    assert!(refused.is_err());
    scene.settle(conversation).await;
    assert_eq!(scene.store.message(good.id).await.unwrap(), None, "half of a refused write");
    let events = scene.recorder.events(conversation);
    assert_eq!(seqs(&events), (1..=events.len() as u64).collect::<Vec<_>>());
    assert_every_reader_agrees(&scene, conversation, &[&question, &answer]).await;
    assert_eq!(answer.text, "abc");
}

#[tokio::test]
async fn a_row_the_database_refuses_does_not_hold_up_the_others() {
    let scene = Scene::new();
    let conversation = scene.conversation("").await;
    let (_, mut answer) = scene.ask(conversation, None).await;
    let other = rusqlite::Connection::open(scene.dir.path().join("rivulet.db")).unwrap();
    other
        .execute_batch(
            "CREATE TRIGGER t BEFORE INSERT ON log WHEN new.body = 'poison' BEGIN SELECT RAISE(ABORT, 'no'); END",
        )
        .unwrap();
    scene.store.append(conversation, answer.id, Append::Text { text: "poison".into(), offset: 0 });
    scene.settle(conversation).await;
    scene.say(conversation, &mut answer, "fine");
    scene.settle(conversation).await;
    let events = scene.recorder.events(conversation);
    assert_eq!(seqs(&events), [1, 2, 3]);
    assert_eq!(Viewer::of(&events).messages[&answer.id].text, "fine");
}

#[tokio::test]
async fn a_log_that_does_not_exist_is_an_error_and_appending_to_it_is_nothing() {
    let scene = Scene::new();
    let nowhere = ConversationId::new();
    assert!(scene.store.events_after(nowhere, 0).await.is_err());
    scene.store.append(nowhere, MessageId::new(), Append::Text { text: "lost".into(), offset: 0 });
    let conversation = scene.conversation("").await;
    let (question, _) = scene.ask(conversation, None).await;
    assert_eq!(scene.stored(question.id).await, question);
}
