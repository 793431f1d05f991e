//! Assistants: what of them reaches the vendor, who may do what, and whose word holds.

use super::*;
use serde_json::{Value, json};

fn window() -> Caller {
    Caller::window()
}

fn link(role: CallerRole, scope: Scope) -> Caller {
    Caller { role, scope, link: None }
}

fn body(bench: &Bench, at: usize) -> Value {
    serde_json::from_str(&bench.upstream.requests()[at].body).unwrap()
}

fn pirate() -> AssistantSave {
    AssistantSave {
        name: "Pirate".into(),
        mark: "🦜".into(),
        prompt: "You are a pirate.".into(),
        provider: Some("scripted".into()),
        model: Some("sea-model".into()),
        controls: Controls { temperature: Some(1.5), max_tokens: Some(99), ..Controls::default() },
        starters: vec!["Where is the gold?".into()],
        ..AssistantSave::default()
    }
}

impl Bench {
    async fn save(&self, assistant: AssistantSave) -> Assistant {
        self.engine.assistant_save(&window(), assistant).await.unwrap()
    }

    async fn led_by(&self, assistant: AssistantId) -> ConversationId {
        let create = ConversationCreate { assistant: Some(assistant), ..Default::default() };
        self.engine.conversation_create(&window(), create).await.unwrap().id
    }

    /// What the vendor was sent for one more question.
    async fn asked(&self, conversation: ConversationId) -> Value {
        let turn = self.send(Some(conversation), "Well?").await;
        self.ended(conversation, turn.answer).await;
        body(self, self.upstream.requests().len() - 1)
    }

    async fn choose(&self, caller: &Caller, chosen: ConversationAssistant) -> Result<Conversation, ApiError> {
        self.engine.conversation_assistant(caller, chosen).await
    }

    async fn cards(&self, caller: &Caller) -> Vec<AssistantCard> {
        self.engine.assistants_list(caller, Nothing {}).await.unwrap()
    }
}

fn answers(count: usize) -> Vec<Script> {
    (0..count).map(|_| Script::stream().text("Arr.").done()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_vendor_is_sent_the_assistants_prompt_model_and_controls() {
    let bench = Bench::start(answers(3)).await;
    let assistant = bench.save(pirate()).await;
    let conversation = bench.led_by(assistant.card.id).await;
    let asked = bench.asked(conversation).await;
    assert_eq!(asked["messages"][0], json!({ "role": "system", "content": "You are a pirate." }));
    assert_eq!(asked["messages"][1]["role"], "user");
    assert_eq!((&asked["model"], &asked["temperature"]), (&json!("sea-model"), &json!(1.5)));
    // A later change holds for what comes next.
    let change = AssistantSave { id: Some(assistant.card.id), prompt: "You are a monk.".into(), ..pirate() };
    bench.save(change).await;
    let asked = bench.asked(conversation).await;
    assert_eq!(asked["messages"][0]["content"], "You are a monk.");
    assert_eq!(asked["messages"].as_array().unwrap().len(), 4, "told once, and not as a part of what was said");
    // And a deleted one still leads what it led.
    let by_id = AssistantRef { assistant: assistant.card.id };
    bench.engine.assistant_delete(&window(), by_id).await.unwrap();
    assert_eq!(bench.asked(conversation).await["messages"][0]["content"], "You are a monk.");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_conversation_says_itself_wins_and_the_assistants_can_be_gone_back_to() {
    let bench = Bench::start(answers(4)).await;
    let assistant = bench.save(pirate()).await.card.id;
    let conversation = bench.led_by(assistant).await;
    let prompt = Some("Speak plainly.".to_owned());
    let own = ConversationPrompt { conversation, prompt: prompt.clone() };
    bench.engine.conversation_prompt(&window(), own).await.unwrap();
    let controls = Controls { temperature: Some(0.0), ..Controls::default() };
    bench.engine.conversation_controls(&window(), ConversationControls { conversation, controls }).await.unwrap();
    let (provider, model) = ("scripted".into(), "land-model".into());
    bench.engine.conversation_model(&window(), ConversationModel { conversation, provider, model }).await.unwrap();
    let asked = bench.asked(conversation).await;
    assert_eq!(asked["messages"][0]["content"], "Speak plainly.");
    assert_eq!((&asked["model"], &asked["temperature"]), (&json!("land-model"), &json!(0.0)));
    assert!(asked.to_string().contains("99"), "what it does not say is the assistant's: {asked}");
    let manner = bench.engine.conversation_manner(&window(), ConversationRef { conversation }).await.unwrap();
    assert_eq!((manner.prompt, manner.assistant.map(|one| one.card.id)), (prompt, Some(assistant)));
    // An empty text is a word too: nothing is said.
    let silent = ConversationPrompt { conversation, prompt: Some(String::new()) };
    bench.engine.conversation_prompt(&window(), silent).await.unwrap();
    assert_eq!(bench.asked(conversation).await["messages"][0]["role"], "user");
    // A fork has it all too.
    let leaf = bench.snapshot(conversation).await.conversation.leaf.unwrap();
    let fork = bench.engine.conversation_fork(&window(), MessageRef { message: leaf }).await.unwrap();
    assert_eq!(fork.assistant, Some(assistant));
    assert_eq!(bench.asked(fork.id).await["messages"][0]["role"], "user");
    let back = ConversationAssistant { conversation, assistant: Some(assistant) };
    bench.choose(&window(), back).await.unwrap();
    let asked = bench.asked(conversation).await;
    assert_eq!(asked["messages"][0]["content"], "You are a pirate.");
    assert_eq!((&asked["model"], &asked["temperature"]), (&json!("sea-model"), &json!(1.5)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_temporary_conversation_is_led_too_and_a_provider_that_is_not_here_is_passed_over() {
    let bench = Bench::start(answers(1)).await;
    let elsewhere = AssistantSave { provider: Some("own-elsewhere".into()), ..pirate() };
    let assistant = bench.save(elsewhere).await.card.id;
    let create = ConversationCreate { assistant: Some(assistant), temporary: Some(true), ..Default::default() };
    let conversation = bench.engine.conversation_create(&window(), create).await.unwrap();
    assert_eq!((conversation.assistant, conversation.temporary), (Some(assistant), true));
    let asked = bench.asked(conversation.id).await;
    assert_eq!((&asked["model"], &asked["messages"][0]["role"]), (&json!("test-model"), &json!("system")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_sees_names_and_starters_and_never_what_the_model_is_told() {
    let bench = Bench::start([]).await;
    let [led, other] =
        [bench.save(pirate()).await, bench.save(AssistantSave { name: "Monk".into(), ..pirate() }).await];
    let conversation = bench.led_by(led.card.id).await;
    let participant = link(CallerRole::Participant, Scope::All);
    let viewer = link(CallerRole::Viewer, Scope::Some(vec![conversation]));
    let stranger = link(CallerRole::Viewer, Scope::Some(Vec::new()));
    assert_eq!(bench.cards(&participant).await, [led.card.clone(), other.card.clone()]);
    let named = bench.cards(&viewer).await;
    assert_eq!((named.len(), named[0].name.as_str(), named[0].starters.len()), (1, "Pirate", 0));
    assert!(bench.cards(&stranger).await.is_empty());
    // It may choose one, not write one, and not let go of what the window wrote.
    let chosen = ConversationAssistant { conversation, assistant: Some(other.card.id) };
    assert_eq!(bench.choose(&participant, chosen.clone()).await.unwrap().assistant, Some(other.card.id));
    let save = serde_json::to_value(pirate()).unwrap();
    let refused = dispatch(&bench.engine, &participant, "assistant_save", save).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::Forbidden);
    let own = ConversationPrompt { conversation, prompt: Some("CANARY".into()) };
    bench.engine.conversation_prompt(&window(), own).await.unwrap();
    assert_eq!(bench.choose(&participant, chosen).await.unwrap_err().code, ErrorCode::Forbidden);
    for caller in [&participant, &viewer] {
        let open = json!({ "conversation": conversation });
        let shown = dispatch(&bench.engine, caller, "conversation_open", open).await.unwrap().to_string();
        assert!(shown.contains("\"own_prompt\":true") && !shown.contains("CANARY") && !shown.contains("pirate"));
        let list = dispatch(&bench.engine, caller, "assistants_list", json!({})).await.unwrap().to_string();
        assert!(!list.contains("You are a pirate."), "{list}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_can_be_taken_back_and_everybody_is_told_to_look_again() {
    let bench = Bench::start([]).await;
    let mut library = bench.engine.library();
    let one = bench.save(pirate()).await.card;
    let two = bench.save(AssistantSave { name: "Monk".into(), ..pirate() }).await.card;
    assert_eq!(library.recv().await.unwrap(), LibraryEvent::Assistants);
    let order = AssistantsOrder { assistants: vec![two.id] };
    bench.engine.assistants_order(&window(), order).await.unwrap();
    let by_id = || AssistantRef { assistant: two.id };
    bench.engine.assistant_delete(&window(), by_id()).await.unwrap();
    let participant = link(CallerRole::Participant, Scope::All);
    assert_eq!(bench.cards(&participant).await, std::slice::from_ref(&one));
    let create = ConversationCreate { assistant: Some(two.id), ..Default::default() };
    assert_eq!(bench.engine.conversation_create(&window(), create).await.unwrap_err().code, ErrorCode::NotFound);
    bench.engine.assistant_restore(&window(), by_id()).await.unwrap();
    assert_eq!(bench.cards(&participant).await, [two, one]);
    let nameless = AssistantSave { name: " ".into(), ..pirate() };
    assert_eq!(bench.engine.assistant_save(&window(), nameless).await.unwrap_err().code, ErrorCode::Invalid);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_assistant_goes_through_a_file_of_its_own_and_through_an_archive() {
    let bench = Bench::start([]).await;
    let assistant = bench.save(pirate()).await;
    let conversation = bench.led_by(assistant.card.id).await;
    let own = ConversationPrompt { conversation, prompt: Some("Speak plainly.".into()) };
    let before = bench.engine.conversation_prompt(&window(), own).await.unwrap();
    let (alone, all) = (bench.folder.path().join("pirate.json"), bench.folder.path().join("all.zip"));
    bench.engine.export_assistant_to(alone.clone(), assistant.card.id).await.unwrap();
    let everything = ExportStart { conversations: None, form: ExportForm::Archive, language: Language::English };
    bench.engine.export_to(all.clone(), everything).await.unwrap();

    let shared = Bench::start([]).await;
    let report = shared.engine.import_from(alone.clone()).await.unwrap();
    assert_eq!((report.problem, report.assistants, report.new_assistants), (None, 1, 1));
    let by_id = AssistantRef { assistant: assistant.card.id };
    assert_eq!(shared.engine.assistant_read(&window(), by_id).await.unwrap(), assistant);
    let report = shared.engine.import_from(alone).await.unwrap();
    assert_eq!((report.assistants, report.new_assistants), (1, 0), "once is enough");
    // Everything: the conversation still knows who leads it, and its own words.
    let report = shared.engine.import_from(all).await.unwrap();
    assert_eq!((report.problem, report.new_conversations, report.new_assistants), (None, 1, 0));
    let after = shared.snapshot(conversation).await.conversation;
    assert_eq!(after.assistant, before.assistant);
    let manner = shared.engine.conversation_manner(&window(), ConversationRef { conversation }).await.unwrap();
    assert_eq!((manner.prompt.as_deref(), manner.assistant), (Some("Speak plainly."), Some(assistant)));
}
