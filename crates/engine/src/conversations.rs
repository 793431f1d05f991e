//! Conversations: listing, opening, changing, and who may see them.

use crate::Engine;
use rivulet_protocol::*;
use rivulet_store::{ConversationChange, Listed};

/// Messages of a page when the caller does not say.
const PAGE: u32 = 40;
const PAGE_MOST: u32 = 200;
const LIST: u32 = 100;
const LIST_MOST: u32 = 500;
const TITLE_MOST: usize = 200;

impl Engine {
    /// The conversation, if it exists and the caller may see it; the two refusals look alike.
    pub(crate) async fn seen_conversation(
        &self,
        caller: &Caller,
        id: ConversationId,
    ) -> Result<Conversation, ApiError> {
        let found = if self.may_see(caller, id) { self.core.store_of(id).conversation(id).await? } else { None };
        found.ok_or_else(|| ApiError::not_found("conversation"))
    }

    /// The message and its conversation, if the caller may see them.
    pub(crate) async fn seen_message(
        &self,
        caller: &Caller,
        id: MessageId,
    ) -> Result<(Conversation, Message), ApiError> {
        let Some((conversation, message)) = self.core.find_message(id).await? else {
            return Err(ApiError::not_found("message"));
        };
        match self.seen_conversation(caller, conversation).await {
            Ok(conversation) => Ok((conversation, message)),
            Err(_) => Err(ApiError::not_found("message")),
        }
    }

    pub(crate) async fn create_conversation(
        &self,
        caller: &Caller,
        request: ConversationCreate,
    ) -> Result<Conversation, ApiError> {
        let mut conversation = empty_conversation(request.provider, request.model);
        if let Some(assistant) = request.assistant {
            conversation.assistant = Some(self.assistant_to_choose(assistant).await?.card.id);
        }
        if caller.role == CallerRole::Window {
            conversation.temporary = request.temporary == Some(true);
            conversation.place.project = request.project.filter(|_| !conversation.temporary);
        }
        self.keep_conversation(caller, conversation.clone(), None).await?;
        Ok(conversation)
    }

    /// Puts a new conversation on disk and tells who may want to know.
    pub(crate) async fn keep_conversation(
        &self,
        caller: &Caller,
        conversation: Conversation,
        name: Option<String>,
    ) -> Result<(), ApiError> {
        let id = conversation.id;
        match conversation.temporary {
            true => self.core.temporary.create(&self.core.logs, conversation.clone()).await?,
            false => self.core.store.create_conversation(conversation.clone(), name.clone()).await?,
        }
        if let (Some(link), Some(mirror)) = (caller.link, self.core.mirror.get()) {
            mirror.link_started(link, id);
        }
        self.notify(LibraryEvent::Conversation { conversation: Box::new(conversation) });
        if let Some(name) = name {
            // Nobody waiting for it is fine.
            let _ = self.core.named.send(name.into());
        }
        Ok(())
    }

    pub(crate) async fn list(&self, caller: &Caller, request: ConversationsList) -> Result<ConversationPage, ApiError> {
        let limit = request.limit.unwrap_or(LIST).min(LIST_MOST);
        let only = self.only_seen(caller).await?;
        let offset = request.offset.unwrap_or(0);
        let query = request.query.unwrap_or_default();
        let searched = !query.trim().is_empty();
        // What a link was given stays in its list, wherever the person put it; of the places it knows nothing.
        let listed = match caller.role {
            CallerRole::Window => Listed {
                query: Some(query),
                only,
                project: match request.project {
                    None if request.outside_projects == Some(true) => Some(None),
                    project => project.map(Some),
                },
                archived: request.archived.or((!searched).then_some(false)),
                tag: request.tag.clone(),
            },
            CallerRole::Viewer | CallerRole::Participant => {
                let archived = only.is_none().then_some(false);
                Listed { query: Some(query), only, archived, ..Listed::default() }
            }
        };
        let mut page = self.core.store.conversations(offset, limit, listed).await?;
        let elsewhere = request.project.is_some() || request.tag.is_some() || request.archived == Some(true);
        if offset == 0 && !searched && !elsewhere && caller.role == CallerRole::Window {
            page.conversations.splice(0..0, self.core.temporary.list().await?);
        }
        page.conversations.iter_mut().for_each(|conversation| conversation.show_to(caller));
        Ok(page)
    }

    /// Finds messages in what the caller may see.
    pub(crate) async fn find_messages(&self, caller: &Caller, mut search: Search) -> Result<SearchPage, ApiError> {
        // Whether something is found would tell a link where the person put it.
        if caller.role != CallerRole::Window {
            (search.project, search.tag) = (None, None);
        }
        let only = self.only_seen(caller).await?;
        Ok(self.core.store.search(search, only).await?)
    }

    /// The conversations the caller is limited to; `None` if to none.
    pub(crate) async fn only_seen(&self, caller: &Caller) -> Result<Option<Vec<ConversationId>>, ApiError> {
        let Scope::Some(shared) = &caller.scope else { return Ok(None) };
        let mut seen = shared.clone();
        seen.extend(self.started_by(caller).await?);
        Ok(Some(seen))
    }

    /// Conversations begun through the caller's link.
    async fn started_by(&self, caller: &Caller) -> Result<Vec<ConversationId>, ApiError> {
        let (Some(link), Some(mirror)) = (caller.link, self.core.mirror.get()) else { return Ok(Vec::new()) };
        Ok(mirror.link_conversations(link))
    }

    pub(crate) async fn open_at_end(&self, caller: &Caller, request: ConversationOpen) -> Result<Snapshot, ApiError> {
        self.seen_conversation(caller, request.conversation).await?;
        let limit = request.limit.unwrap_or(PAGE).clamp(1, PAGE_MOST);
        let snapshot = self.core.store_of(request.conversation).snapshot(request.conversation, limit).await?;
        let mut snapshot = snapshot.ok_or_else(|| ApiError::not_found("conversation"))?;
        snapshot.conversation.show_to(caller);
        let running = self.core.turns_in(request.conversation);
        let shown = |id: MessageId| snapshot.messages.iter().any(|path| path.message.id == id);
        snapshot.notice = running.iter().find(|(id, _)| shown(*id)).and_then(|(_, turn)| turn.waits_for().clone());
        Ok(snapshot)
    }

    pub(crate) async fn older(&self, caller: &Caller, request: MessagesBefore) -> Result<MessagePage, ApiError> {
        let conversation = self.seen_conversation(caller, request.conversation).await?;
        let Some(leaf) = conversation.leaf else { return Ok(MessagePage::default()) };
        let limit = request.limit.unwrap_or(PAGE).clamp(1, PAGE_MOST);
        let page =
            self.core.store_of(conversation.id).path_page(conversation.id, leaf, Some(request.before), limit).await?;
        Ok(MessagePage { messages: page.0, has_older: page.1 })
    }

    pub(crate) async fn rename(&self, caller: &Caller, request: ConversationRename) -> Result<Conversation, ApiError> {
        let title: String = request.title.trim().chars().take(TITLE_MOST).collect();
        if title.is_empty() {
            return Err(ApiError::invalid("A title needs at least one character."));
        }
        self.change(
            caller,
            request.conversation,
            ConversationChange { title: Some(title), named: Some(true), ..Default::default() },
        )
        .await
    }

    pub(crate) async fn delete(&self, caller: &Caller, id: ConversationId) -> Result<(), ApiError> {
        self.stop_conversation(caller, id).await?;
        let change = ConversationChange { deleted: Some(true), ..Default::default() };
        self.core.store_of(id).update_conversation(id, change).await?;
        self.core.temporary.forget(id).await?;
        self.notify(LibraryEvent::Deleted { conversation: id });
        Ok(())
    }

    pub(crate) async fn restore(&self, id: ConversationId) -> Result<Conversation, ApiError> {
        let change = ConversationChange { deleted: Some(false), ..Default::default() };
        self.changed(self.core.store.update_conversation(id, change).await?)
    }

    pub(crate) async fn change(
        &self,
        caller: &Caller,
        id: ConversationId,
        change: ConversationChange,
    ) -> Result<Conversation, ApiError> {
        self.seen_conversation(caller, id).await?;
        let mut changed = self.changed(self.core.store_of(id).update_conversation(id, change).await?)?;
        changed.show_to(caller);
        Ok(changed)
    }

    pub(crate) fn changed(&self, changed: Option<Conversation>) -> Result<Conversation, ApiError> {
        let conversation = changed.ok_or_else(|| ApiError::not_found("conversation"))?;
        self.notify(LibraryEvent::Conversation { conversation: Box::new(conversation.clone()) });
        Ok(conversation)
    }

    /// Tells the lists how a conversation is now.
    pub(crate) async fn notify_conversation(&self, id: ConversationId) {
        match self.core.store_of(id).conversation(id).await {
            Ok(Some(conversation)) => self.notify(LibraryEvent::Conversation { conversation: Box::new(conversation) }),
            Ok(None) => {}
            Err(error) => tracing::error!(%error, "a conversation could not be read"),
        }
    }
}

/// A conversation as it is before anything was said in it.
pub(crate) fn empty_conversation(provider: Option<ProviderId>, model: Option<String>) -> Conversation {
    Conversation { provider, model, ..Conversation::new(ConversationId::new(), now_ms()) }
}
