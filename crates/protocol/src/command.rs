//! The command table: every command's name, request, response, and who may call it.
//!
//! [`with_commands!`](crate::with_commands) hands the table to a macro of the caller's. The trait that the engine
//! implements, the Tauri commands, the mirror's `/api/rpc/<name>` and the TypeScript map all come from it, so a
//! command without a handler does not compile. Adding one: a request type, a line here, a method in the engine.

use crate::*;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Who calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// What it may do.
    pub role: Role,
    /// What it may see.
    pub scope: Scope,
    /// The mirror link it came by.
    pub link: Option<LinkId>,
}

impl Caller {
    /// The app's own window.
    pub fn window() -> Self {
        Self { role: Role::Window, scope: Scope::All, link: None }
    }
}

/// What a caller may do. Ordered: each may do what the ones before it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
#[cfg_attr(feature = "codegen", ts(rename = "CallerRole"))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Reads what was shared with it.
    Viewer,
    /// Also sends, stops, regenerates.
    Participant,
    /// The app's own window.
    Window,
}

/// Which conversations a caller may see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// All of them.
    All,
    /// These, and those begun through the caller's own link.
    Some(Vec<ConversationId>),
}

/// Hands the command table to the macro `$callback`, with `$extra` tokens in front.
///
/// Each row: `"what it does" name(Request) -> Response, role;`. `role` is the least that may call it.
#[macro_export]
macro_rules! with_commands {
    ($callback:ident $(, $($extra:tt)*)?) => {
        $callback! {
            $($($extra)*)?
            "What this is and who asks." app_info(Nothing) -> AppInfo, Viewer;
            "The settings." settings_get(Nothing) -> Settings, Window;
            "Changes the settings named in the patch and answers with all of them." settings_update(SettingsUpdate) -> Settings, Window;

            "Providers, with what is known of their keys." providers_list(Nothing) -> Vec<Provider>, Window;
            "Models a conversation can use, by provider, without addresses or keys." models_list(Nothing) -> Vec<ModelChoice>, Participant;
            "Adds an endpoint of one's own, or changes a provider's name or address." provider_save(ProviderSave) -> Provider, Window;
            "Removes an endpoint of one's own and its key." provider_delete(ProviderRef) -> Nothing, Window;
            "Asks the provider for its models." provider_models(ProviderRef) -> Vec<Model>, Window;
            "Tests the connection, step by step." provider_test(ProviderTest) -> ConnectionTest, Window;
            "Looks for model servers on this computer." local_servers_find(Nothing) -> Vec<LocalServer>, Window;
            "Stores a key, bound to the provider's present origin." key_set(KeySet) -> KeyInfo, Window;
            "Forgets a key of a provider, or all of them." key_delete(KeyRef) -> Nothing, Window;
            "Stores a proxy's login, bound to the proxy's address." proxy_login_set(ProxyLoginSet) -> KeyInfo, Window;
            "Forgets a proxy's login." proxy_login_delete(ProxyRef) -> Nothing, Window;
            "Whether the keyring works right now." keyring_status(Nothing) -> KeyringStatus, Window;

            "What was spent, by day, provider and key." costs_get(CostsGet) -> Costs, Window;
            "What a conversation cost so far." conversation_cost(ConversationRef) -> Spent, Window;

            "A page of the conversation list." conversations_list(ConversationsList) -> ConversationPage, Viewer;
            "Makes an empty conversation." conversation_create(ConversationCreate) -> Conversation, Participant;
            "Opens a conversation at its end." conversation_open(ConversationOpen) -> Snapshot, Viewer;
            "Older messages of the shown path." messages_before(MessagesBefore) -> MessagePage, Viewer;
            "Finds messages by what is in them." search(Search) -> SearchPage, Viewer;
            "Renames a conversation." conversation_rename(ConversationRename) -> Conversation, Window;
            "Has a model make a conversation's title anew." title_make(ConversationRef) -> Conversation, Window;
            "Pins or unpins a conversation." conversation_pin(ConversationPin) -> Conversation, Window;
            "Chooses the provider and model of what comes next." conversation_model(ConversationModel) -> Conversation, Participant;
            "Sets how what comes next is answered." conversation_controls(ConversationControls) -> Conversation, Participant;
            "Chooses the assistant that leads a conversation." conversation_assistant(ConversationAssistant) -> Conversation, Participant;
            "Gives a conversation instructions of its own." conversation_prompt(ConversationPrompt) -> Conversation, Window;
            "What a conversation is answered by, beside what is said in it." conversation_manner(ConversationRef) -> Manner, Window;
            "Changes where several conversations are, as one act, and says where they were." conversations_arrange(ConversationsArrange) -> Placements, Window;
            "Puts conversations back to where they were." conversations_place(Placements) -> Nothing, Window;
            "The projects, oldest first." projects_list(Nothing) -> Vec<Project>, Window;
            "Makes a project, or changes one." project_save(ProjectSave) -> Project, Window;
            "Deletes a project; its conversations stay, outside of any." project_delete(ProjectRef) -> Nothing, Window;
            "Takes the deletion of a project back, with the conversations that were in it." project_restore(ProjectRef) -> Project, Window;
            "The tags that are in use." tags_list(Nothing) -> Vec<Tag>, Window;
            "Deletes a conversation; it can be restored." conversation_delete(ConversationRef) -> Nothing, Window;
            "Takes a deletion back." conversation_restore(ConversationRef) -> Conversation, Window;
            "What was deleted and can come back." bin_list(BinList) -> BinPage, Window;
            "Deletes something in the bin for ever." bin_purge(BinPurge) -> Nothing, Window;
            "Deletes a message and everything below it; it can be restored." message_delete(MessageRef) -> Snapshot, Window;
            "Takes the deletion of a message back, and shows it." message_restore(MessageRef) -> Snapshot, Window;
            "Puts an answer in a person's words beside it, as a sibling." message_edit(MessageEdit) -> Snapshot, Window;
            "Puts a mark below an answer, from where the model is told what was said, or takes it away." mark_set(MarkSet) -> Nothing, Window;
            "Has a model summarise the older messages of the shown path." summary_make(ConversationRef) -> Nothing, Window;
            "Copies the path up to a message into a new conversation." conversation_fork(MessageRef) -> Conversation, Window;
            "Shows another branch: the newest path through this message." branch_select(MessageRef) -> Snapshot, Participant;

            "The assistants, in order; deleted ones only where a conversation still has them." assistants_list(Nothing) -> Vec<AssistantCard>, Viewer;
            "An assistant with what it tells the model." assistant_read(AssistantRef) -> Assistant, Window;
            "Makes or changes an assistant." assistant_save(AssistantSave) -> Assistant, Window;
            "Deletes an assistant; it can be restored, and conversations keep it." assistant_delete(AssistantRef) -> Nothing, Window;
            "Takes the deletion of an assistant back." assistant_restore(AssistantRef) -> Assistant, Window;
            "Puts the assistants in an order." assistants_order(AssistantsOrder) -> Nothing, Window;
            "Asks where to, and writes an assistant to a file." assistant_export(AssistantRef) -> ExportReport, Window;

            "What was written in a conversation and not sent." draft_get(DraftRef) -> Draft, Window;
            "Keeps what was written and not sent; of a temporary conversation in memory." draft_put(Draft) -> Nothing, Window;
            "Sends a message and starts the answer." message_send(MessageSend) -> Turn, Participant;
            "Reads a file that shall go with a message, and keeps it." attachment_add(AttachmentAdd) -> Attachment, Window;
            "A file that goes with a message." attachment_read(AttachmentRef) -> AttachmentData, Viewer;
            "Stops an answer; what came is kept." answer_stop(MessageRef) -> Nothing, Participant;
            "Answers the same question again, as a sibling." answer_regenerate(AnswerRegenerate) -> Turn, Participant;
            "Goes on with an answer that was cut, stopped or interrupted." answer_continue(MessageRef) -> Turn, Participant;
            "What went over the wire for an answer of this run." answer_trace(MessageRef) -> Trace, Window;
            "Asks where to, and saves what went over the wire for an answer of this run." recording_save(RecordingSave) -> RecordingSaved, Window;
            "The recording that the demo replays." replay_status(Nothing) -> ReplayStatus, Window;
            "The demo answers with this recording from now on." replay_start(ReplayStart) -> ReplayStatus, Window;
            "The demo answers by itself again." replay_end(Nothing) -> ReplayStatus, Window;

            "Asks for another program's export, or an archive of ours, and takes in what is new in it." import_start(ImportStart) -> Option<ImportReport>, Window;
            "Asks where to, and writes conversations to a file." export_start(ExportStart) -> ExportReport, Window;
            "Whether an import or export runs, and how far it is." transfer_status(Nothing) -> TransferStatus, Window;
            "Stops the import or export that runs; what came in before stays." transfer_stop(Nothing) -> Nothing, Window;

            "The backups there are, and whether the last try failed." backups_list(Nothing) -> BackupStatus, Window;
            "Makes a backup now." backup_create(Nothing) -> BackupStatus, Window;
            "Puts a backup in the place of everything; what was there is backed up first." backup_restore(BackupRef) -> BackupStatus, Window;
            "Asks for a backup's file and puts it in the place of everything; nothing if none was chosen." backup_restore_file(Nothing) -> Option<BackupStatus>, Window;

            "The storage backups are sent to, and how the last try went." storage_status(Nothing) -> StorageStatus, Window;
            "Sets the storage up, after a look whether it can be used." storage_save(StorageSave) -> StorageStatus, Window;
            "Forgets the storage and its secrets; what is there stays." storage_forget(Nothing) -> StorageStatus, Window;
            "Asks for a folder of one's own; none if none was chosen." storage_folder_choose(Nothing) -> ChosenFolder, Window;
            "Sends a backup to the storage now." storage_upload(Nothing) -> StorageStatus, Window;
            "The backups in the storage." storage_list(Nothing) -> Vec<StoredBackup>, Window;
            "Puts a backup from the storage in the place of everything; what was there is backed up first." storage_restore(StorageRef) -> StorageStatus, Window;
            "Takes in what is new in a backup from the storage." storage_merge(StorageRef) -> ImportReport, Window;

            "The mirror, its links and viewers." mirror_status(Nothing) -> MirrorStatus, Window;
            "Starts the mirror." mirror_start(Nothing) -> MirrorStatus, Window;
            "Stops the mirror and forgets its links." mirror_stop(Nothing) -> MirrorStatus, Window;
            "Makes a link; the only time its token is seen." link_create(LinkCreate) -> NewLink, Window;
            "Ends a link and cuts off who is connected with it." link_revoke(LinkRef) -> MirrorStatus, Window;

            "Opens a link's page in the system's browser." link_visit(LinkRef) -> Nothing, Window;

            "The local API for programs, its tokens and their use." api_status(Nothing) -> LocalApi, Window;
            "Switches the local API on; it stays on over restarts." api_start(Nothing) -> LocalApi, Window;
            "Switches the local API off; its tokens stay." api_stop(Nothing) -> LocalApi, Window;
            "Makes a token of the local API; the only time it is seen." api_token_create(ApiTokenCreate) -> NewApiToken, Window;
            "Ends a token of the local API and what runs with it." api_token_revoke(ApiTokenRef) -> LocalApi, Window;

            "Opens a web address in the system's browser: http, https and mailto only." link_open(LinkOpen) -> Nothing, Window;
            "Fetches a picture an answer names: from the public internet only, without cookies, written anew." picture_fetch(PictureFetch) -> AttachmentData, Window;
            "Opens the folder with the logs." logs_open(Nothing) -> Nothing, Window;
            "What is to happen, where the window was to be closed while answers are being written." closing_answer(ClosingAnswer) -> Nothing, Window;
        }
    };
}

macro_rules! define {
    ($($doc:literal $name:ident($request:ty) -> $response:ty, $role:ident;)*) => {
        /// The names of all commands.
        pub const COMMAND_NAMES: &[&str] = &[$(stringify!($name)),*];

        /// The least role that may call a command; `None` if there is no such command.
        pub fn required_role(name: &str) -> Option<Role> {
            match name {
                $(stringify!($name) => Some(Role::$role),)*
                _ => None,
            }
        }

        /// The handlers, one for each row of the table.
        pub trait Commands: Send + Sync {
            $(
                #[doc = $doc]
                fn $name(&self, caller: &Caller, request: $request)
                    -> impl Future<Output = Result<$response, ApiError>> + Send;
            )*
        }

        /// Calls the command `name` with a JSON request, if the caller's role allows it.
        pub async fn dispatch<C: Commands>(
            commands: &C, caller: &Caller, name: &str, request: Value,
        ) -> Result<Value, ApiError> {
            let Some(role) = required_role(name) else {
                return Err(ApiError::not_found("command"));
            };
            if caller.role < role {
                return Err(ApiError::new(ErrorCode::Forbidden, "This link does not allow that."));
            }
            match name {
                $(stringify!($name) => {
                    let request: $request = parse(request)?;
                    to_json(&commands.$name(caller, request).await?)
                })*
                _ => Err(ApiError::not_found("command")),
            }
        }

        /// `(name, request, response)` of each command, as Rust type names, for the TypeScript map.
        #[cfg(feature = "codegen")]
        pub fn for_typescript(visit: &mut impl crate::typescript::VisitCommand) {
            $(visit.command::<$request, $response>(stringify!($name), $doc);)*
        }
    };
}

with_commands!(define);

fn parse<T: serde::de::DeserializeOwned>(request: Value) -> Result<T, ApiError> {
    // `null` stands for a request without fields.
    let request = if request.is_null() { Value::Object(Default::default()) } else { request };
    // The error text of serde may quote the value, which may be a key: only the position of the field is said.
    serde_json::from_value(request).map_err(|error| {
        let what = if error.is_data() { "A field is missing or has the wrong type." } else { "It is not valid JSON." };
        ApiError::invalid(what)
    })
}

fn to_json<T: Serialize>(response: &T) -> Result<Value, ApiError> {
    serde_json::to_value(response)
        .map_err(|error| ApiError::new(ErrorCode::Internal, "The answer could not be written.").detail(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_a_role_and_keys_stay_with_the_window() {
        for name in COMMAND_NAMES {
            let role = required_role(name);
            assert!(role.is_some(), "{name}");
            let touches_secrets = name.starts_with("key") || name.starts_with("pro") || name.starts_with("settings");
            let touches_secrets = touches_secrets || name.starts_with("storage");
            if touches_secrets || name.starts_with("api") || name.starts_with("mirror") || name.starts_with("link") {
                assert_eq!(role, Some(Role::Window), "{name}");
            }
        }
        assert_eq!(required_role("key_get"), None);
    }
}
