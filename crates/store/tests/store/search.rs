//! Everything is found: words, phrases, code, and words of one sign.

use crate::scene::{Recorder, Scene, reopen};
use rivulet_protocol::*;
use rivulet_store::ConversationChange;
use rusqlite::Connection;
use std::sync::Arc;

async fn found(scene: &Scene, query: &str) -> Vec<String> {
    let search = Search { query: query.into(), ..Search::default() };
    let page = scene.store.search(search, None).await.unwrap();
    let mut texts = Vec::new();
    for hit in page.hits {
        texts.push(scene.stored(hit.message).await.text);
    }
    texts
}

/// A conversation with these messages of a person.
async fn said(scene: &Scene, texts: &[&str]) -> ConversationId {
    let id = scene.conversation("talk").await;
    for text in texts {
        let mut message = Message::new(None, Author::User, MessageState::Complete);
        message.text = (*text).into();
        let leaf = message.id;
        scene.store.begin(id, vec![message], leaf).await.unwrap();
    }
    id
}

#[tokio::test]
async fn words_phrases_code_and_single_signs_are_found() {
    let scene = Scene::new();
    let all = [
        "The Big River runs north.",
        "A river that is not big",
        "Write it in C++ or foo-bar",
        "A cat, a foo and a bar",
        "长江是一条大河",
        "江水很长",
        "Über die Brücke",
        "say \"hello, world\" 100%",
    ];
    said(&scene, &all).await;
    let expect = async |query: &str, wanted: &[usize]| {
        let mut found = found(&scene, query).await;
        let mut wanted: Vec<String> = wanted.iter().map(|at| all[*at].to_owned()).collect();
        found.sort();
        wanted.sort();
        assert_eq!(found, wanted, "{query}");
    };
    expect("river", &[0, 1]).await;
    expect("RIV", &[0, 1]).await;
    expect("riv north", &[]).await;
    expect("north riv", &[0]).await;
    expect("\"big river\"", &[0]).await;
    expect("c++", &[2]).await;
    expect("foo-bar", &[2]).await;
    expect("foo bar", &[2, 3]).await;
    expect("江", &[4, 5]).await;
    expect("长江", &[4]).await;
    expect("河", &[4]).await;
    expect("一条大河", &[4]).await;
    expect("uber", &[6]).await;
    expect("\"hello, world\"", &[7]).await;
    expect("100%", &[7]).await;
    expect("absent", &[]).await;
}

/// The index knows what is in a message, not where: what it finds is compared with the texts themselves.
#[tokio::test]
async fn a_phrase_is_found_where_its_words_are_neighbours_and_nowhere_else() {
    let scene = Scene::new();
    let mut seed = 11_u64;
    let mut pick = |from: &[&'static str], count: usize| {
        let mut next = || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            from[(seed >> 33) as usize % from.len()]
        };
        (0..count).map(|_| next()).collect::<Vec<_>>()
    };
    const WORDS: [&str; 5] = ["river", "north", "Fluß", "café", "runs"];
    const SIGNS: [&str; 4] = ["长", "江", "大", "河"];
    let texts: Vec<String> = (0..60).map(|_| pick(&WORDS, 6).join(" ")).collect();
    let signs: Vec<String> = (0..60).map(|_| pick(&SIGNS, 7).concat()).collect();
    let all: Vec<&str> = texts.iter().chain(&signs).map(String::as_str).collect();
    said(&scene, &all).await;
    let search = async |query: String| {
        let search = Search { query, limit: Some(200), ..Search::default() };
        scene.store.search(search, None).await.unwrap().hits.len()
    };
    for length in [2, 3, 4] {
        for _ in 0..20 {
            let words = pick(&WORDS, length);
            let wanted =
                texts.iter().filter(|text| text.split(' ').collect::<Vec<_>>().windows(length).any(|w| w == words));
            assert_eq!(search(format!("\"{}\"", words.join(" "))).await, wanted.count(), "{words:?}");
            let run = pick(&SIGNS, length).concat();
            assert_eq!(search(run.clone()).await, signs.iter().filter(|text| text.contains(&run)).count(), "{run}");
        }
    }
}

/// While a word is typed, one conversation is read and all of them are asked through the index: that must be the same.
#[tokio::test]
async fn one_conversation_is_searched_by_the_rules_of_the_index() {
    let scene = Scene::new();
    let all = [
        "The Big River runs north.",
        "riverside, and BIG rivers: naïve Über-café",
        "Zürich, São Paulo, Ångström, Łódź, straße, Ελλάδα, Йод, ёлка",
        "Write it in C++ or foo-bar, foo_bar, foo bar",
        "长江是一条大河 river",
        "がか カガ 각가 가",
        "e\u{301}te\u{301} is two signs each",
        "100% of 42",
    ];
    let id = said(&scene, &all).await;
    let queries = [
        "r",
        "riv",
        "river",
        "rivers",
        "big riv",
        "\"big river\" n",
        "cafe",
        "café",
        "caf",
        "uber",
        "über",
        "zur",
        "sao p",
        "angs",
        "lod",
        "łó",
        "stras",
        "straß",
        "ελλαδ",
        "ελλάδ",
        "йо",
        "иод",
        "ело",
        "елк",
        "ёлк",
        "c+",
        "c++",
        "foo-b",
        "foo_b",
        "foo b",
        "江",
        "长江",
        "河 riv",
        "が",
        "か",
        "カ",
        "가",
        "각",
        "ete",
        "e\u{301}t",
        "100%",
        "4",
        "absent",
        "\"",
    ];
    for query in queries {
        let find = async |conversation, offset, limit| {
            let search = Search { query: query.into(), conversation, offset, limit, ..Search::default() };
            let page = scene.store.search(search, None).await.unwrap();
            (page.hits.iter().map(|hit| hit.message).collect::<Vec<_>>(), page.has_more)
        };
        let (everywhere, within) = (find(None, None, None).await, find(Some(id), None, None).await);
        assert_eq!(everywhere, within, "{query}");
        let pages = (find(None, Some(1), Some(1)).await, find(Some(id), Some(1), Some(1)).await);
        assert_eq!(pages.0, pages.1, "the second page of {query}");
    }
}

#[tokio::test]
async fn a_hit_shows_where_and_filters_hold() {
    let scene = Scene::new();
    let id = said(&scene, &["Long before it\nthere was a River, and after it a sea.", "river"]).await;
    let other = said(&scene, &["another river"]).await;
    let search = |change: fn(&mut Search)| {
        let mut search = Search { query: "river".into(), ..Search::default() };
        change(&mut search);
        scene.store.search(search, None)
    };
    let page = search(|_| {}).await.unwrap();
    assert_eq!(page.hits.len(), 3);
    let hit = page.hits.last().unwrap();
    let shown = (hit.before.as_str(), hit.found.as_str(), hit.after.as_str());
    assert_eq!(shown, ("Long before it there was a ", "River", ", and after it a sea."));
    assert_eq!((hit.conversation, hit.title.as_str(), hit.author), (id, "talk", Author::User));
    let page = search(|search| search.limit = Some(2)).await.unwrap();
    assert!(page.has_more && page.hits.len() == 2);
    assert_eq!(search(|search| search.author = Some(Author::Assistant)).await.unwrap().hits.len(), 0);
    assert_eq!(search(|search| search.since = Some(u64::MAX >> 2)).await.unwrap().hits.len(), 0);
    let query = || Search { query: "river".into(), ..Search::default() };
    let one = Search { conversation: Some(other), ..query() };
    assert_eq!(scene.store.search(one, None).await.unwrap().hits.len(), 1);
    assert_eq!(scene.store.search(query(), Some(vec![other])).await.unwrap().hits.len(), 1, "only what was shared");
    let gone = ConversationChange { deleted: Some(true), ..Default::default() };
    scene.store.update_conversation(other, gone).await.unwrap();
    assert_eq!(scene.store.search(query(), None).await.unwrap().hits.len(), 2, "what is in the bin is not found");
}

#[tokio::test]
async fn an_answer_is_found_when_it_has_ended_and_by_its_last_words_alone() {
    let scene = Scene::new();
    let id = scene.conversation("talk").await;
    let (_, mut answer) = scene.ask(id, None).await;
    scene.say(id, &mut answer, "a heron ");
    scene.say(id, &mut answer, "waits");
    scene.finish(id, &mut answer).await;
    assert_eq!(found(&scene, "heron waits").await.len(), 1);
    // It goes on: what it says then takes the place of what it said.
    let mut answer = scene.store.resume(id, answer.id).await.unwrap();
    scene.say(id, &mut answer, " still");
    scene.finish(id, &mut answer).await;
    assert_eq!(found(&scene, "heron still").await.len(), 1);
}

/// Takes back what came with the index and after it.
const BEFORE_THE_INDEX: &str = "DROP INDEX message_bin; DROP INDEX conversation_bin; \
    ALTER TABLE message DROP COLUMN deleted_at; ALTER TABLE message DROP COLUMN deleted_with; \
    ALTER TABLE conversation DROP COLUMN named; DROP TABLE message_words; DROP TABLE spending; DROP TABLE api_token; DROP TABLE api_use; \
    DROP TABLE assistant; ALTER TABLE conversation DROP COLUMN assistant; \
    ALTER TABLE conversation DROP COLUMN prompt; \
    DROP TRIGGER tag_follows; DROP TABLE tag; DROP TABLE project; DROP TABLE draft; DROP INDEX conversation_project; DROP INDEX conversation_archive; \
    DROP INDEX conversation_was_in; ALTER TABLE conversation DROP COLUMN archived; \
    ALTER TABLE conversation DROP COLUMN project; ALTER TABLE conversation DROP COLUMN was_in; DROP TABLE asked; PRAGMA user_version = 2";

#[tokio::test]
async fn what_was_there_before_the_index_is_indexed_in_slices() {
    let scene = Scene::new();
    let texts: Vec<String> = (0..250).map(|number| format!("message number{number}")).collect();
    said(&scene, &texts.iter().map(String::as_str).collect::<Vec<_>>()).await;
    scene.store.close().await;
    // As it was before there was an index.
    let old = Connection::open(scene.dir.path().join("rivulet.db")).unwrap();
    old.execute_batch(BEFORE_THE_INDEX).unwrap();
    old.close().unwrap();
    let store = reopen(scene.dir.path(), Arc::new(Recorder::default()));
    let count = async |query: &str| {
        // A whole word: for one that is still being typed the newest messages are read.
        let search = Search { query: format!("{query} "), limit: Some(200), ..Search::default() };
        store.search(search, None).await.unwrap().hits.len()
    };
    assert_eq!(count("number249").await, 0);
    assert!(store.index_some().await.unwrap());
    assert_eq!((count("number249").await, count("number0").await), (1, 0), "the newest first");
    while store.index_some().await.unwrap() {}
    assert_eq!((count("number0").await, count("message").await), (1, 200));
}

#[tokio::test]
async fn whatever_is_typed_is_a_search() {
    let scene = Scene::new();
    said(&scene, &["a text with \u{0} and ' and \" and % in it"]).await;
    let signs = "\"'*():^-+%_\\ aA江\u{0}\u{301}\u{ffff}é{}[]NEAR OR AND NOT ;--";
    let signs: Vec<char> = signs.chars().collect();
    let mut seed = 7_u64;
    for _ in 0..500 {
        let mut query = String::new();
        for _ in 0..(seed % 12) {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            query.push(signs[(seed >> 33) as usize % signs.len()]);
        }
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(99);
        let search = Search { query: query.clone(), ..Search::default() };
        assert!(scene.store.search(search, None).await.is_ok(), "{query:?}");
    }
}
