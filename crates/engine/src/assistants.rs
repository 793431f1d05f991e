//! Assistants: keeping them, choosing one for a conversation, and what of them goes into a request.
//!
//! A conversation has its assistant by id and takes from it, at each answer, what it has not set itself. So there is no
//! copy that grows old: a change of the assistant holds for what comes next, and a conversation's own settings win.

use crate::Engine;
use crate::transfers::{Part, not_written, off_the_runtime};
use rivulet_exchange::writers::{archive, file_name};
use rivulet_protocol::*;
use rivulet_store::{ConversationChange, Led};

impl Engine {
    /// What this caller is shown of the assistants: those it may choose, and those of conversations that it sees.
    pub(crate) async fn assistants(&self, caller: &Caller) -> Result<Vec<AssistantCard>, ApiError> {
        let all = self.core.store.assistants().await?.into_iter().map(|assistant| assistant.card);
        if caller.role == CallerRole::Window {
            return Ok(all.collect());
        }
        let leading = self.core.store.leading_assistants(self.only_seen(caller).await?).await?;
        let may_choose = caller.role >= CallerRole::Participant;
        let shown = all.filter(|card| (may_choose && !card.deleted) || leading.contains(&card.id));
        Ok(shown.map(|card| if may_choose { card } else { named_only(card) }).collect())
    }

    pub(crate) async fn assistant(&self, id: AssistantId) -> Result<Assistant, ApiError> {
        self.core.store.assistant(id).await?.ok_or_else(|| ApiError::not_found("assistant"))
    }

    /// One that was not deleted.
    pub(crate) async fn assistant_to_choose(&self, id: AssistantId) -> Result<Assistant, ApiError> {
        let assistant = self.assistant(id).await?;
        if assistant.card.deleted { Err(ApiError::not_found("assistant")) } else { Ok(assistant) }
    }

    pub(crate) async fn save_assistant(&self, request: AssistantSave) -> Result<Assistant, ApiError> {
        let AssistantSave { id, name, mark, prompt, provider, model, controls, starters } = request;
        let id = match id {
            Some(id) => self.assistant_to_choose(id).await?.card.id,
            None if self.core.store.assistants().await?.len() >= ASSISTANTS => {
                return Err(ApiError::invalid("There are as many assistants as there can be."));
            }
            None => AssistantId::new(),
        };
        let card = AssistantCard { id, name, mark, starters, provider, model, deleted: false };
        let assistant = Assistant { card, prompt, controls }.sound()?;
        self.core.store.save_assistant(assistant.clone()).await?;
        self.notify(LibraryEvent::Assistants);
        Ok(assistant)
    }

    pub(crate) async fn mark_assistant(&self, id: AssistantId, deleted: bool) -> Result<(), ApiError> {
        self.core.store.mark_assistant(id, deleted).await?;
        self.notify(LibraryEvent::Assistants);
        Ok(())
    }

    pub(crate) async fn order_assistants(&self, first: Vec<AssistantId>) -> Result<(), ApiError> {
        self.core.store.order_assistants(first).await?;
        self.notify(LibraryEvent::Assistants);
        Ok(())
    }

    pub(crate) async fn choose_assistant(
        &self,
        caller: &Caller,
        request: ConversationAssistant,
    ) -> Result<Conversation, ApiError> {
        let conversation = self.seen_conversation(caller, request.conversation).await?;
        let led = match request.assistant {
            None => Led::ByNobody,
            // What a person wrote in the window is not let go by somebody who cannot even see it.
            Some(_) if conversation.own_prompt.0.is_some() && caller.role != CallerRole::Window => {
                let words = "This conversation has instructions of its own, which only the window changes.";
                return Err(ApiError::new(ErrorCode::Forbidden, words));
            }
            Some(id) => {
                let again = conversation.assistant == Some(id);
                // One that was deleted can be gone back to where it leads already.
                let chosen = if again { self.assistant(id).await? } else { self.assistant_to_choose(id).await? };
                Led::By { assistant: id, with_model: chosen.card.model.is_some() }
            }
        };
        let change = ConversationChange { led: Some(led), ..Default::default() };
        let changed = self.change(caller, conversation.id, change).await?;
        // A link is shown a deleted one only where it leads.
        self.notify(LibraryEvent::Assistants);
        Ok(changed)
    }

    pub(crate) async fn set_prompt(
        &self,
        caller: &Caller,
        request: ConversationPrompt,
    ) -> Result<Conversation, ApiError> {
        if request.prompt.as_ref().is_some_and(|prompt| prompt.len() > ASSISTANT_PROMPT) {
            return Err(ApiError::invalid(PROMPT_TOO_LONG));
        }
        let change = ConversationChange { prompt: Some(request.prompt), ..Default::default() };
        self.change(caller, request.conversation, change).await
    }

    pub(crate) async fn manner_of(&self, caller: &Caller, id: ConversationId) -> Result<Manner, ApiError> {
        let conversation = self.seen_conversation(caller, id).await?;
        let assistant = self.leading(conversation.assistant).await?;
        Ok(Manner { prompt: conversation.own_prompt.0, assistant })
    }

    /// What the model is told before everything, and how it shall answer: the conversation's own, then its assistant's.
    pub(crate) async fn manner(&self, conversation: ConversationId) -> (Option<String>, Controls) {
        let conversation = match self.core.store_of(conversation).conversation(conversation).await {
            Ok(Some(conversation)) => conversation,
            _ => return (None, Controls::default()),
        };
        let assistant = self.leading(conversation.assistant).await.unwrap_or_else(|error| {
            tracing::error!(%error, "an assistant could not be read");
            None
        });
        let (prompt, controls) = match assistant {
            Some(Assistant { prompt, controls, .. }) => (Some(prompt), controls),
            None => (None, Controls::default()),
        };
        let prompt = conversation.own_prompt.0.or(prompt).filter(|prompt| !prompt.trim().is_empty());
        (prompt, conversation.controls.or(controls))
    }

    /// The model of an assistant, where there is such a provider here: an assistant may come from another computer.
    pub(crate) async fn assistants_model(
        &self,
        assistant: Option<AssistantId>,
    ) -> Result<Option<(ProviderId, String)>, ApiError> {
        let card = self.leading(assistant).await?.map(|assistant| assistant.card);
        let Some((provider, model)) = card.and_then(|card| card.provider.zip(card.model)) else { return Ok(None) };
        Ok(self.resolved(&provider).await.is_ok().then_some((provider, model)))
    }

    async fn leading(&self, assistant: Option<AssistantId>) -> Result<Option<Assistant>, ApiError> {
        match assistant {
            Some(id) => Ok(self.core.store.assistant(id).await?),
            None => Ok(None),
        }
    }

    /// With all conversations, all assistants there are; with some, those that lead them.
    pub(crate) async fn assistants_to_export(
        &self,
        conversations: Option<&[ConversationId]>,
    ) -> Result<Vec<Assistant>, ApiError> {
        let leading = self.core.store.leading_assistants(conversations.map(<[_]>::to_vec)).await?;
        let mut assistants = self.core.store.assistants().await?;
        assistants
            .retain(|Assistant { card, .. }| leading.contains(&card.id) || (conversations.is_none() && !card.deleted));
        Ok(assistants)
    }

    /// Asks where to and writes one assistant.
    pub(crate) async fn export_assistant(&self, id: AssistantId) -> Result<ExportReport, ApiError> {
        let name = file_name(&self.assistant(id).await?.card.name, ExportForm::Json, false);
        match self.desktop()?.choose_export(name, "json").await {
            Some(path) => self.export_assistant_to(path, id).await,
            None => Ok(ExportReport::default()),
        }
    }

    /// Writes one assistant to a file, to be shared: whoever has the file has all of it.
    pub async fn export_assistant_to(
        &self,
        path: std::path::PathBuf,
        id: AssistantId,
    ) -> Result<ExportReport, ApiError> {
        let mut assistant = self.assistant(id).await?;
        assistant.card.deleted = false;
        off_the_runtime(move || {
            let part = Part::beside(path)?;
            archive::write_assistant(&assistant, &part.file).map_err(not_written)?;
            let (file, bytes) = part.keep()?;
            Ok(ExportReport { file: Some(file), bytes, ..ExportReport::default() })
        })
        .await?
    }
}

/// For whoever only reads: who it is.
fn named_only(card: AssistantCard) -> AssistantCard {
    AssistantCard { starters: Vec::new(), provider: None, model: None, ..card }
}
