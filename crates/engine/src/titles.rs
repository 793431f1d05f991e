//! Titles by a model: after the first answer, if a person chose a model for that, or when a person asks.

use crate::asides::Aside;
use crate::tongue::tongue;
use crate::{Engine, wording};
use rivulet_protocol::*;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// The most a title may take.
const TOKENS: u32 = 200;
const TIME: Duration = Duration::from_secs(30);
/// Characters of each message the model is shown.
const SHOWN: usize = 1_500;

impl Engine {
    /// Names a conversation whose first answer has just ended. A failure leaves the title as it is.
    pub(crate) async fn title_after(&self, conversation: ConversationId, answer: MessageId) -> Option<Cost> {
        let store = self.core.store_of(conversation);
        let due = async {
            let model = self.core.store.settings().await?.title_model;
            let Some(model) = model.filter(|_| !self.core.quitting.is_cancelled()) else { return Ok(None) };
            if store.is_named(conversation).await? {
                return Ok(None);
            }
            let path = store.path_for_request(conversation, answer).await?;
            let said = |message: &&Message| message.author == Author::Assistant && !message.text.is_empty();
            let first = path.iter().filter(said).count() == 1 && path.last().as_ref().is_some_and(said);
            Ok::<_, ApiError>(first.then_some((model, path)))
        };
        let (model, path) = match due.await {
            Ok(due) => due?,
            Err(error) => {
                tracing::warn!(%error, "whether a title is due could not be read");
                return None;
            }
        };
        let mut cost = None;
        if let Err(failure) = self.title_of(conversation, model, &path, &mut cost).await {
            tracing::warn!(code = ?failure.code, message = %failure.message, "no title was made; the old one stays");
        }
        cost
    }

    /// Makes a title anew because a person wants one; without a model for titles the conversation's own makes it.
    pub(crate) async fn make_title(&self, caller: &Caller, id: ConversationId) -> Result<Conversation, ApiError> {
        let conversation = self.seen_conversation(caller, id).await?;
        let Some(leaf) = conversation.leaf else {
            return Err(ApiError::invalid("There is nothing in it that a title could be made of."));
        };
        let model = match self.core.store.settings().await?.title_model {
            Some(model) => model,
            None => {
                let (provider, model) = self.model_choice(&conversation, None, None).await?;
                ModelName { provider, model }
            }
        };
        let path = self.core.store_of(id).path_for_request(id, leaf).await?;
        self.title_of(id, model, &path, &mut None).await?;
        self.seen_conversation(caller, id).await
    }

    async fn title_of(
        &self,
        id: ConversationId,
        model: ModelName,
        path: &[Message],
        cost: &mut Option<Cost>,
    ) -> Result<(), ApiError> {
        let _begun = self.core.beside.begin(Some(id));
        let store = self.core.store_of(id);
        let Some(conversation) = store.conversation(id).await? else { return Ok(()) };
        let text = asked(path);
        let aside = Aside { purpose: Purpose::Title, conversation: id, model, text, max_tokens: TOKENS, time: TIME };
        let reply = self.ask_aside(aside, CancellationToken::new()).await;
        *cost = reply.cost;
        let title = wording::clean_title(&reply.text.map_err(ApiError::upstream)?);
        if title.is_empty() {
            return Err(FailureCode::EmptyAnswer.into());
        }
        // What a person called it meanwhile stays.
        if let Some(named) = store.retitle(id, conversation.title, title).await? {
            self.notify(LibraryEvent::Conversation { conversation: Box::new(named) });
        }
        Ok(())
    }
}

/// What the model is asked: how the conversation begins, and its last question if that is another one.
fn asked(path: &[Message]) -> String {
    let said: Vec<&Message> =
        path.iter().filter(|message| message.author != Author::System && !message.text.is_empty()).collect();
    let last = said.iter().skip(2).rev().find(|message| message.author == Author::User);
    let shown = said.iter().take(2).chain(last);
    let shown: Vec<String> = shown.map(|message| message.text.chars().take(SHOWN).collect()).collect();
    let prompt = wording::title_prompt(tongue(&shown.concat()));
    format!("{prompt}\n\n<conversation>\n{}\n</conversation>", shown.join("\n\n"))
}
