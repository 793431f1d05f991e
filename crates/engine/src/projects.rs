//! Order among conversations: projects, and changes of where many conversations are.

use crate::Engine;
use rivulet_protocol::*;
use rivulet_providers::ChatMessage;

/// Conversations one act may change.
const MOST: usize = 10_000;
/// Beyond this many, whoever listens asks for the list again instead of hearing of each.
const TOLD_ONE_BY_ONE: usize = 50;
const NAME_MOST: usize = 100;
const INSTRUCTIONS_BYTES: usize = 64 << 10;

impl Engine {
    /// Changes where conversations are, as one act. What is only in memory has no place: it can be deleted alone.
    pub(crate) async fn arrange(
        &self,
        caller: &Caller,
        mut change: ConversationsArrange,
    ) -> Result<Placements, ApiError> {
        if change.conversations.len() > MOST {
            return Err(ApiError::invalid("These are too many conversations at once."));
        }
        let (temporary, kept): (Vec<_>, Vec<_>) =
            change.conversations.into_iter().partition(|id| self.core.temporary.has(*id));
        if change.deleted == Some(true) {
            for id in temporary {
                self.delete(caller, id).await?;
            }
            for (conversation, _) in self.running() {
                if kept.contains(&conversation) {
                    self.stop_conversation(caller, conversation).await?;
                }
            }
        }
        change.conversations = kept;
        let placements = self.core.store.arrange(change).await?;
        self.tell_places(&placements).await;
        Ok(Placements { placements })
    }

    pub(crate) async fn place(&self, request: Placements) -> Result<(), ApiError> {
        if request.placements.len() > MOST {
            return Err(ApiError::invalid("These are too many conversations at once."));
        }
        self.core.store.place(request.placements.clone()).await?;
        self.tell_places(&request.placements).await;
        Ok(())
    }

    /// Tells the lists where these are now.
    async fn tell_places(&self, changed: &[Placement]) {
        if changed.len() > TOLD_ONE_BY_ONE {
            self.notify(LibraryEvent::Missed);
            return;
        }
        for placement in changed {
            let id = placement.conversation;
            match self.core.store.conversation(id).await {
                Ok(Some(conversation)) => {
                    self.notify(LibraryEvent::Conversation { conversation: Box::new(conversation) });
                }
                Ok(None) => self.notify(LibraryEvent::Deleted { conversation: id }),
                Err(error) => tracing::error!(%error, "a conversation could not be read"),
            }
        }
        if !changed.is_empty() {
            self.notify(LibraryEvent::Projects);
        }
    }

    pub(crate) async fn save_project(&self, request: ProjectSave) -> Result<Project, ApiError> {
        let name: String = request.name.trim().chars().take(NAME_MOST).collect();
        if name.is_empty() {
            return Err(ApiError::invalid("A project needs a name."));
        }
        if request.instructions.as_ref().is_some_and(|text| text.len() > INSTRUCTIONS_BYTES) {
            return Err(ApiError::invalid("The instructions are longer than 64 KiB."));
        }
        let saved = match request.project {
            Some(id) => self.core.store.change_project(id, name, request.instructions).await?,
            None => {
                let instructions = request.instructions.unwrap_or_default();
                let new = Project { id: ProjectId::new(), name, instructions, created_at: now_ms(), conversations: 0 };
                self.core.store.add_project(new.clone()).await?;
                Some(new)
            }
        };
        self.notify(LibraryEvent::Projects);
        saved.ok_or_else(|| ApiError::not_found("project"))
    }

    pub(crate) async fn delete_project(&self, id: ProjectId) -> Result<(), ApiError> {
        self.core.store.delete_project(id).await?;
        self.notify(LibraryEvent::Missed);
        Ok(())
    }

    pub(crate) async fn restore_project(&self, id: ProjectId) -> Result<Project, ApiError> {
        let restored = self.core.store.restore_project(id).await?;
        self.notify(LibraryEvent::Missed);
        restored.ok_or_else(|| ApiError::not_found("project"))
    }

    /// What the conversation's project tells each model before everything else.
    pub(crate) async fn project_instructions(
        &self,
        conversation: ConversationId,
    ) -> Result<Option<ChatMessage>, ApiError> {
        let instructions = self.core.store_of(conversation).instructions_of(conversation).await?;
        let said = !instructions.trim().is_empty();
        Ok(said.then(|| ChatMessage::text(Author::System, instructions)))
    }
}
