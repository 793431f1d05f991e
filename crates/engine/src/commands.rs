//! The command table's handlers. Each one line: what it does is with its subject.

use crate::Engine;
use rivulet_protocol::*;
use rivulet_store::ConversationChange;

type Answer<T> = Result<T, ApiError>;

impl Commands for Engine {
    async fn app_info(&self, caller: &Caller, _: Nothing) -> Answer<AppInfo> {
        self.about(caller).await
    }

    async fn settings_get(&self, _: &Caller, _: Nothing) -> Answer<Settings> {
        Ok(self.core.store.settings().await?)
    }

    async fn settings_update(&self, _: &Caller, request: SettingsUpdate) -> Answer<Settings> {
        self.update_settings(request.patch).await
    }

    async fn providers_list(&self, _: &Caller, _: Nothing) -> Answer<Vec<Provider>> {
        self.providers().await
    }

    async fn models_list(&self, _: &Caller, _: Nothing) -> Answer<Vec<ModelChoice>> {
        self.model_choices().await
    }

    async fn provider_save(&self, _: &Caller, request: ProviderSave) -> Answer<Provider> {
        self.save_provider(request).await
    }

    async fn provider_delete(&self, _: &Caller, request: ProviderRef) -> Answer<Nothing> {
        self.delete_provider(&request.provider).await.map(done)
    }

    async fn provider_models(&self, _: &Caller, request: ProviderRef) -> Answer<Vec<Model>> {
        self.fetch_models(&request.provider).await
    }

    async fn provider_test(&self, _: &Caller, request: ProviderTest) -> Answer<ConnectionTest> {
        self.test_provider(request).await
    }

    async fn local_servers_find(&self, _: &Caller, _: Nothing) -> Answer<Vec<LocalServer>> {
        self.find_local_servers().await
    }

    async fn key_set(&self, _: &Caller, request: KeySet) -> Answer<KeyInfo> {
        self.set_key(request).await
    }

    async fn key_delete(&self, _: &Caller, request: KeyRef) -> Answer<Nothing> {
        self.delete_keys(&request.provider, request.number).await.map(done)
    }

    async fn proxy_login_set(&self, _: &Caller, request: ProxyLoginSet) -> Answer<KeyInfo> {
        self.set_proxy_login(request).await
    }

    async fn proxy_login_delete(&self, _: &Caller, request: ProxyRef) -> Answer<Nothing> {
        self.delete_proxy_login(&request.proxy).await.map(done)
    }

    async fn keyring_status(&self, _: &Caller, _: Nothing) -> Answer<KeyringStatus> {
        Ok(self.core.vault.status().await)
    }

    async fn costs_get(&self, _: &Caller, request: CostsGet) -> Answer<Costs> {
        self.costs(request).await
    }

    async fn conversation_cost(&self, caller: &Caller, request: ConversationRef) -> Answer<Spent> {
        self.conversation_cost(caller, request.conversation).await
    }

    async fn conversations_list(&self, caller: &Caller, request: ConversationsList) -> Answer<ConversationPage> {
        self.list(caller, request).await
    }

    async fn conversation_create(&self, caller: &Caller, request: ConversationCreate) -> Answer<Conversation> {
        self.create_conversation(caller, request).await
    }

    async fn conversation_open(&self, caller: &Caller, request: ConversationOpen) -> Answer<Snapshot> {
        self.open_at_end(caller, request).await
    }

    async fn messages_before(&self, caller: &Caller, request: MessagesBefore) -> Answer<MessagePage> {
        self.older(caller, request).await
    }

    async fn search(&self, caller: &Caller, request: Search) -> Answer<SearchPage> {
        self.find_messages(caller, request).await
    }

    async fn conversation_rename(&self, caller: &Caller, request: ConversationRename) -> Answer<Conversation> {
        self.rename(caller, request).await
    }

    async fn title_make(&self, caller: &Caller, request: ConversationRef) -> Answer<Conversation> {
        self.make_title(caller, request.conversation).await
    }

    async fn conversation_pin(&self, caller: &Caller, request: ConversationPin) -> Answer<Conversation> {
        let change = ConversationChange { pinned: Some(request.pinned), ..Default::default() };
        self.change(caller, request.conversation, change).await
    }

    async fn conversation_model(&self, caller: &Caller, request: ConversationModel) -> Answer<Conversation> {
        self.choose_model(caller, request).await
    }

    async fn conversation_controls(&self, caller: &Caller, request: ConversationControls) -> Answer<Conversation> {
        let change = ConversationChange { controls: Some(request.controls), ..Default::default() };
        self.change(caller, request.conversation, change).await
    }

    async fn conversation_assistant(&self, caller: &Caller, request: ConversationAssistant) -> Answer<Conversation> {
        self.choose_assistant(caller, request).await
    }

    async fn conversation_prompt(&self, caller: &Caller, request: ConversationPrompt) -> Answer<Conversation> {
        self.set_prompt(caller, request).await
    }

    async fn conversation_manner(&self, caller: &Caller, request: ConversationRef) -> Answer<Manner> {
        self.manner_of(caller, request.conversation).await
    }

    async fn conversations_arrange(&self, caller: &Caller, request: ConversationsArrange) -> Answer<Placements> {
        self.arrange(caller, request).await
    }

    async fn conversations_place(&self, _: &Caller, request: Placements) -> Answer<Nothing> {
        self.place(request).await.map(done)
    }

    async fn projects_list(&self, _: &Caller, _: Nothing) -> Answer<Vec<Project>> {
        Ok(self.core.store.projects().await?)
    }

    async fn project_save(&self, _: &Caller, request: ProjectSave) -> Answer<Project> {
        self.save_project(request).await
    }

    async fn project_delete(&self, _: &Caller, request: ProjectRef) -> Answer<Nothing> {
        self.delete_project(request.project).await.map(done)
    }

    async fn project_restore(&self, _: &Caller, request: ProjectRef) -> Answer<Project> {
        self.restore_project(request.project).await
    }

    async fn tags_list(&self, _: &Caller, _: Nothing) -> Answer<Vec<Tag>> {
        Ok(self.core.store.tags().await?)
    }

    async fn conversation_delete(&self, caller: &Caller, request: ConversationRef) -> Answer<Nothing> {
        self.delete(caller, request.conversation).await.map(done)
    }

    async fn conversation_restore(&self, _: &Caller, request: ConversationRef) -> Answer<Conversation> {
        self.restore(request.conversation).await
    }

    async fn bin_list(&self, _: &Caller, request: BinList) -> Answer<BinPage> {
        self.bin(request).await
    }

    async fn bin_purge(&self, _: &Caller, request: BinPurge) -> Answer<Nothing> {
        self.purge(request).await.map(done)
    }

    async fn message_delete(&self, caller: &Caller, request: MessageRef) -> Answer<Snapshot> {
        self.delete_message(caller, request.message).await
    }

    async fn message_restore(&self, caller: &Caller, request: MessageRef) -> Answer<Snapshot> {
        self.restore_message(caller, request.message).await
    }

    async fn message_edit(&self, caller: &Caller, request: MessageEdit) -> Answer<Snapshot> {
        self.edit_answer(caller, request).await
    }

    async fn mark_set(&self, caller: &Caller, request: MarkSet) -> Answer<Nothing> {
        self.set_mark(caller, request).await.map(done)
    }

    async fn summary_make(&self, caller: &Caller, request: ConversationRef) -> Answer<Nothing> {
        self.summarise_asked(caller, request.conversation).await.map(done)
    }

    async fn conversation_fork(&self, caller: &Caller, request: MessageRef) -> Answer<Conversation> {
        self.fork(caller, request.message).await
    }

    async fn branch_select(&self, caller: &Caller, request: MessageRef) -> Answer<Snapshot> {
        self.select_branch(caller, request.message).await
    }

    async fn assistants_list(&self, caller: &Caller, _: Nothing) -> Answer<Vec<AssistantCard>> {
        self.assistants(caller).await
    }

    async fn assistant_read(&self, _: &Caller, request: AssistantRef) -> Answer<Assistant> {
        self.assistant(request.assistant).await
    }

    async fn assistant_save(&self, _: &Caller, request: AssistantSave) -> Answer<Assistant> {
        self.save_assistant(request).await
    }

    async fn assistant_delete(&self, _: &Caller, request: AssistantRef) -> Answer<Nothing> {
        self.mark_assistant(request.assistant, true).await.map(done)
    }

    async fn assistant_restore(&self, _: &Caller, request: AssistantRef) -> Answer<Assistant> {
        self.mark_assistant(request.assistant, false).await?;
        self.assistant(request.assistant).await
    }

    async fn assistants_order(&self, _: &Caller, request: AssistantsOrder) -> Answer<Nothing> {
        self.order_assistants(request.assistants).await.map(done)
    }

    async fn assistant_export(&self, _: &Caller, request: AssistantRef) -> Answer<ExportReport> {
        self.export_assistant(request.assistant).await
    }

    async fn draft_get(&self, _: &Caller, request: DraftRef) -> Answer<Draft> {
        self.read_draft(request.conversation).await
    }

    async fn draft_put(&self, _: &Caller, request: Draft) -> Answer<Nothing> {
        self.put_draft(request).await.map(done)
    }

    async fn message_send(&self, caller: &Caller, request: MessageSend) -> Answer<Turn> {
        self.send(caller, request, None).await
    }

    async fn attachment_add(&self, _: &Caller, request: AttachmentAdd) -> Answer<Attachment> {
        self.add_attachment(request).await
    }

    async fn attachment_read(&self, caller: &Caller, request: AttachmentRef) -> Answer<AttachmentData> {
        self.read_attachment(caller, request).await
    }

    async fn answer_stop(&self, caller: &Caller, request: MessageRef) -> Answer<Nothing> {
        self.stop(caller, request.message).await.map(done)
    }

    async fn answer_regenerate(&self, caller: &Caller, request: AnswerRegenerate) -> Answer<Turn> {
        self.regenerate(caller, request).await
    }

    async fn answer_continue(&self, caller: &Caller, request: MessageRef) -> Answer<Turn> {
        self.go_on(caller, request.message).await
    }

    async fn answer_trace(&self, caller: &Caller, request: MessageRef) -> Answer<Trace> {
        self.seen_message(caller, request.message).await?;
        self.core.traces.trace(request.message).ok_or_else(|| ApiError::not_found("trace"))
    }

    async fn recording_save(&self, caller: &Caller, request: RecordingSave) -> Answer<RecordingSaved> {
        self.save_recording(caller, request).await
    }

    async fn replay_status(&self, _: &Caller, _: Nothing) -> Answer<ReplayStatus> {
        Ok(self.replay_status())
    }

    async fn replay_start(&self, _: &Caller, request: ReplayStart) -> Answer<ReplayStatus> {
        Ok(self.start_replay(&request.text))
    }

    async fn replay_end(&self, _: &Caller, _: Nothing) -> Answer<ReplayStatus> {
        Ok(self.end_replay())
    }

    async fn import_start(&self, _: &Caller, request: ImportStart) -> Answer<Option<ImportReport>> {
        self.import(request).await
    }

    async fn export_start(&self, _: &Caller, request: ExportStart) -> Answer<ExportReport> {
        self.export(request).await
    }

    async fn transfer_status(&self, _: &Caller, _: Nothing) -> Answer<TransferStatus> {
        Ok(self.transfer_status())
    }

    async fn transfer_stop(&self, _: &Caller, _: Nothing) -> Answer<Nothing> {
        self.stop_transfer();
        Ok(Nothing {})
    }

    async fn backups_list(&self, _: &Caller, _: Nothing) -> Answer<BackupStatus> {
        self.backup_status().await
    }

    async fn backup_create(&self, _: &Caller, _: Nothing) -> Answer<BackupStatus> {
        self.back_up(BackupKind::Asked).await
    }

    async fn backup_restore(&self, _: &Caller, request: BackupRef) -> Answer<BackupStatus> {
        self.restore_backup(&request.name).await
    }

    async fn backup_restore_file(&self, _: &Caller, _: Nothing) -> Answer<Option<BackupStatus>> {
        self.restore_chosen_backup().await
    }

    async fn storage_status(&self, _: &Caller, _: Nothing) -> Answer<StorageStatus> {
        self.storage_status().await
    }

    async fn storage_save(&self, _: &Caller, request: StorageSave) -> Answer<StorageStatus> {
        self.save_storage(request).await
    }

    async fn storage_forget(&self, _: &Caller, _: Nothing) -> Answer<StorageStatus> {
        self.forget_storage().await
    }

    async fn storage_folder_choose(&self, _: &Caller, _: Nothing) -> Answer<ChosenFolder> {
        self.choose_storage_folder().await
    }

    async fn storage_upload(&self, _: &Caller, _: Nothing) -> Answer<StorageStatus> {
        self.send_backup(BackupKind::Asked, now_ms()).await
    }

    async fn storage_list(&self, _: &Caller, _: Nothing) -> Answer<Vec<StoredBackup>> {
        self.stored_backups().await
    }

    async fn storage_restore(&self, _: &Caller, request: StorageRef) -> Answer<StorageStatus> {
        self.restore_stored(request).await
    }

    async fn storage_merge(&self, _: &Caller, request: StorageRef) -> Answer<ImportReport> {
        self.merge_stored(request).await
    }

    async fn mirror_status(&self, _: &Caller, _: Nothing) -> Answer<MirrorStatus> {
        Ok(self.core.mirror.get().map(|mirror| mirror.status()).unwrap_or_default())
    }

    async fn mirror_start(&self, _: &Caller, _: Nothing) -> Answer<MirrorStatus> {
        self.mirror()?.start().await
    }

    async fn mirror_stop(&self, _: &Caller, _: Nothing) -> Answer<MirrorStatus> {
        Ok(self.mirror()?.stop().await)
    }

    async fn link_create(&self, _: &Caller, request: LinkCreate) -> Answer<NewLink> {
        self.mirror()?.create_link(request)
    }

    async fn link_revoke(&self, _: &Caller, request: LinkRef) -> Answer<MirrorStatus> {
        self.mirror()?.revoke_link(request.link)
    }

    async fn link_visit(&self, _: &Caller, request: LinkRef) -> Answer<Nothing> {
        let url = self.mirror()?.visit_url(request.link)?;
        self.desktop()?.open_link(&url).map(done)
    }

    async fn api_status(&self, _: &Caller, _: Nothing) -> Answer<LocalApi> {
        self.api_status().await
    }

    async fn api_start(&self, _: &Caller, _: Nothing) -> Answer<LocalApi> {
        self.start_api().await
    }

    async fn api_stop(&self, _: &Caller, _: Nothing) -> Answer<LocalApi> {
        self.stop_api().await
    }

    async fn api_token_create(&self, _: &Caller, request: ApiTokenCreate) -> Answer<NewApiToken> {
        self.create_api_token(request).await
    }

    async fn api_token_revoke(&self, _: &Caller, request: ApiTokenRef) -> Answer<LocalApi> {
        self.revoke_api_token(request.token).await
    }

    async fn link_open(&self, _: &Caller, request: LinkOpen) -> Answer<Nothing> {
        self.open_link(&request.url).map(done)
    }

    async fn picture_fetch(&self, _: &Caller, request: PictureFetch) -> Answer<AttachmentData> {
        self.fetch_picture(&request.url).await
    }

    async fn logs_open(&self, _: &Caller, _: Nothing) -> Answer<Nothing> {
        self.desktop()?.open_logs().map(done)
    }

    async fn closing_answer(&self, _: &Caller, request: ClosingAnswer) -> Answer<Nothing> {
        self.desktop()?.answer_closing(request.reply);
        Ok(Nothing {})
    }
}

fn done((): ()) -> Nothing {
    Nothing {}
}
