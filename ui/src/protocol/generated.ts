// Written by `cargo xtask codegen` from crates/protocol. Do not edit.

/**
 * What a model can do; `None` where it is not known.
 */
export type Abilities = { 
/**
 * Looks at pictures.
 */
pictures: boolean | null, 
/**
 * Reads a PDF as it is.
 */
documents: boolean | null, 
/**
 * Reasons before it answers.
 */
reasoning: boolean | null, 
/**
 * Asks for tools.
 */
tools: boolean | null, };

/**
 * The colour of what acts or runs; each in a shade for either theme.
 */
export type Accent = "river" | "sky" | "iris" | "moss" | "clay" | "ink";

/**
 * What a screen reader is told of an answer that grows.
 */
export type Announce = "sentences" | "ends" | "off";

/**
 * Answers again.
 */
export type AnswerRegenerate = { 
/**
 * The answer (or the question) to answer again.
 */
message: MessageId, 
/**
 * Another provider.
 */
provider?: ProviderId | null, 
/**
 * Another model.
 */
model?: string | null, };

/**
 * What a token may use. A request that begins within it is answered to its end.
 */
export type ApiBudget = { 
/**
 * Requests; `None` is no limit.
 */
requests?: number | null, 
/**
 * Tokens of models, read and written; `None` is no limit.
 */
tokens?: number | null, 
/**
 * In any so many seconds; `None` is for all of its life.
 */
per_s?: number | null, };

/**
 * Why a command was refused or failed. The interface makes the sentence from `code`; `message` is English, for
 * logs and for programs that use the mirror.
 */
export type ApiError = { 
/**
 * The class; the interface branches on it.
 */
code: ErrorCode, 
/**
 * One English sentence.
 */
message: string, 
/**
 * The system's own words.
 */
detail: string | null, 
/**
 * Set when talking to a model or a vendor failed.
 */
failure: Failure | null, };

/**
 * What a program shows to be let in, without the secret itself.
 */
export type ApiToken = { 
/**
 * Its id.
 */
id: ApiTokenId, 
/**
 * What it was made for, in the person's words.
 */
name: string, 
/**
 * When it was made, in milliseconds since the epoch.
 */
created_at: number, 
/**
 * When it ends by itself.
 */
expires_at: number | null, 
/**
 * What it may use.
 */
budget: ApiBudget, 
/**
 * What was used of the budget.
 */
used: ApiUsage, 
/**
 * What was used since it was made.
 */
used_in_all: ApiUsage, 
/**
 * When it was last used.
 */
last_used: number | null, };

/**
 * A new token.
 */
export type ApiTokenCreate = { 
/**
 * What it is for.
 */
name: string, 
/**
 * What it may use.
 */
budget: ApiBudget, 
/**
 * How long it lives, in seconds; until it is revoked if left out.
 */
lives_s?: number | null, };

/**
 * Names a token of the local API (not its secret).
 */
export type ApiTokenId = string;

/**
 * Names a token.
 */
export type ApiTokenRef = { 
/**
 * Which.
 */
token: ApiTokenId, };

/**
 * What was used.
 */
export type ApiUsage = { 
/**
 * Requests.
 */
requests: number, 
/**
 * Tokens of models, read and written; estimated where the vendor did not say.
 */
tokens: number, };

/**
 * What this is.
 */
export type AppInfo = { 
/**
 * The version.
 */
version: string, 
/**
 * Who asks.
 */
role: CallerRole, 
/**
 * Where conversations and settings are kept; only told to the window.
 */
data_dir?: string | null, 
/**
 * `linux`, `macos` or `windows`.
 */
platform: string, 
/**
 * What the disk refuses just now; only told to the window.
 */
disk?: DiskProblem | null, 
/**
 * The provider and model this run was started with; they answer unless others are chosen. Not told to viewers.
 */
started_with?: ModelChoice | null, };

/**
 * A named preset. A conversation that is led by it takes from it what it has not set itself, as the assistant is at
 * that moment: a change of the assistant holds for what comes next in conversations already begun.
 */
export type Assistant = { 
/**
 * What the model is told before everything; may be empty.
 */
prompt: string, 
/**
 * How it answers.
 */
controls: Controls, 
/**
 * Its id.
 */
id: AssistantId, 
/**
 * Its name.
 */
name: string, 
/**
 * An emoji or a letter.
 */
mark: string, 
/**
 * First questions, shown in a conversation that is empty.
 */
starters: Array<string>, 
/**
 * The provider it answers by; whatever is chosen if `None`.
 */
provider: ProviderId | null, 
/**
 * The model it answers by; whatever is chosen if `None`.
 */
model: string | null, 
/**
 * It was deleted: nobody can choose it, and the conversations it leads keep it.
 */
deleted: boolean, };

/**
 * What is shown of an assistant to whoever may choose it: not what it tells the model.
 */
export type AssistantCard = { 
/**
 * Its id.
 */
id: AssistantId, 
/**
 * Its name.
 */
name: string, 
/**
 * An emoji or a letter.
 */
mark: string, 
/**
 * First questions, shown in a conversation that is empty.
 */
starters: Array<string>, 
/**
 * The provider it answers by; whatever is chosen if `None`.
 */
provider: ProviderId | null, 
/**
 * The model it answers by; whatever is chosen if `None`.
 */
model: string | null, 
/**
 * It was deleted: nobody can choose it, and the conversations it leads keep it.
 */
deleted: boolean, };

/**
 * Names an assistant.
 */
export type AssistantId = string;

/**
 * Names an assistant.
 */
export type AssistantRef = { 
/**
 * Which.
 */
assistant: AssistantId, };

/**
 * An assistant's fields to save.
 */
export type AssistantSave = { 
/**
 * Left out for a new one.
 */
id?: AssistantId | null, 
/**
 * Its name.
 */
name: string, 
/**
 * An emoji or a letter; the name's first letter if empty.
 */
mark: string, 
/**
 * What the model is told before everything.
 */
prompt: string, 
/**
 * The provider; whatever is chosen if left out.
 */
provider?: ProviderId | null, 
/**
 * The model; whatever is chosen if left out.
 */
model?: string | null, 
/**
 * How it answers.
 */
controls: Controls, 
/**
 * First questions.
 */
starters: Array<string>, };

/**
 * The order of the assistants.
 */
export type AssistantsOrder = { 
/**
 * The first ones, in their order; what is not named here stands behind them as before.
 */
assistants: Array<AssistantId>, };

/**
 * A file that goes with a message. The file itself lies beside the database, under its hash.
 */
export type Attachment = { 
/**
 * The file as it is kept: a picture made small, a PDF as it came, of an office file the text.
 */
hash: FileHash, 
/**
 * The name it came with.
 */
name: string, 
/**
 * `image/png` and its like.
 */
media_type: string, 
/**
 * What it is.
 */
kind: AttachmentKind, 
/**
 * Of the kept file; of an office file, as it came.
 */
bytes: number, 
/**
 * The text in a PDF, kept as a file too; `None` if there is none in it.
 */
text: FileHash | null, 
/**
 * Of a picture, in pixels.
 */
width: number | null, 
/**
 * Of a picture, in pixels.
 */
height: number | null, 
/**
 * Of a PDF or a document; the sheets of a spreadsheet, the slides of a presentation.
 */
pages: number | null, 
/**
 * About how many tokens a model reads it as: an estimate, vendors differ.
 */
tokens: number, };

/**
 * A file to go with a message.
 */
export type AttachmentAdd = { 
/**
 * Its name.
 */
name: string, 
/**
 * Its bytes, in base64. At most 32 MB of them.
 */
data: string, 
/**
 * It goes with a message of a temporary conversation, and never touches the disk.
 */
temporary?: boolean | null, };

/**
 * A file.
 */
export type AttachmentData = { 
/**
 * `image/png` and its like.
 */
media_type: string, 
/**
 * Its bytes, in base64.
 */
data: string, };

/**
 * What kind of file goes with a message.
 */
export type AttachmentKind = "picture" | "pdf" | "text" | "document" | "spreadsheet" | "presentation";

/**
 * Names a file of a message.
 */
export type AttachmentRef = { 
/**
 * The message it goes with.
 */
message: MessageId, 
/**
 * The file.
 */
hash: FileHash, };

/**
 * Who wrote a message.
 */
export type Author = "system" | "user" | "assistant";

/**
 * A backup. It got its name after it was read back and found whole.
 */
export type BackupFile = { 
/**
 * The file's name in the folder.
 */
name: string, 
/**
 * What it was made for.
 */
kind: BackupKind, 
/**
 * When, in milliseconds since the epoch.
 */
made_at: number, 
/**
 * Its size.
 */
bytes: number, };

/**
 * What a backup was made for.
 */
export type BackupKind = "daily" | "asked" | "migration" | "restore";

/**
 * A backup that could not be made.
 */
export type BackupProblem = { 
/**
 * When, in milliseconds since the epoch.
 */
at: number, 
/**
 * The system's own words.
 */
detail: string, };

/**
 * Names a backup.
 */
export type BackupRef = { 
/**
 * Its file's name.
 */
name: string, };

/**
 * How the backups stand.
 */
export type BackupStatus = { 
/**
 * Where they are.
 */
folder: string, 
/**
 * All of them, latest first.
 */
backups: Array<BackupFile>, 
/**
 * One is being made or restored.
 */
running: boolean, 
/**
 * Why the last try failed, until one succeeds.
 */
problem: BackupProblem | null, };

/**
 * Neighbouring events of one conversation, ready for a viewer.
 */
export type Batch = { 
/**
 * The conversation.
 */
conversation: ConversationId, 
/**
 * The number the viewer had; if it has another one, it lost something and watches again from where it is.
 */
after: number, 
/**
 * The number the viewer has now.
 */
head: number, 
/**
 * What came in between, in order, neighbouring text merged.
 */
events: Array<Event>, };

/**
 * Something in the bin.
 */
export type BinEntry = { 
/**
 * The conversation, or the one the message is in.
 */
conversation: ConversationId, 
/**
 * The message; the whole conversation is in the bin if there is none.
 */
message?: MessageId | null, 
/**
 * The conversation's title.
 */
title: string, 
/**
 * How the message begins.
 */
text: string, 
/**
 * When it was deleted, in milliseconds since the epoch. It leaves the bin for ever 30 days later.
 */
deleted_at: number, 
/**
 * How many messages come back with it, itself included.
 */
messages: number, };

/**
 * A page of the bin.
 */
export type BinList = { 
/**
 * Skip this many.
 */
offset?: number | null, 
/**
 * At most this many; 100 if left out, 500 at most.
 */
limit?: number | null, };

/**
 * What is in the bin, latest first.
 */
export type BinPage = { 
/**
 * Conversations and messages.
 */
entries: Array<BinEntry>, 
/**
 * There are more after these.
 */
has_more: boolean, };

/**
 * What to delete for ever: everything in the bin if both are left out.
 */
export type BinPurge = { 
/**
 * A conversation in the bin.
 */
conversation?: ConversationId | null, 
/**
 * A message in the bin, with what was below it.
 */
message?: MessageId | null, };

/**
 * What a caller may do. Ordered: each may do what the ones before it may.
 */
export type CallerRole = "viewer" | "participant" | "window";

/**
 * A server's certificate, as far as a person can judge by it.
 */
export type Certificate = { 
/**
 * Who issued it: organisation and name.
 */
issuer: string, 
/**
 * Whose it is.
 */
subject: string, 
/**
 * The names and addresses it is for.
 */
names: Array<string>, 
/**
 * From when it is valid, in milliseconds since the epoch.
 */
not_before: number, 
/**
 * Until when.
 */
not_after: number, };

/**
 * A folder a person chose.
 */
export type ChosenFolder = { 
/**
 * Where it is, from the root; `None` if they chose none.
 */
path: string | null, };

/**
 * What the page says to that. It says nothing where nothing is asked any more.
 */
export type ClosingAnswer = { 
/**
 * What.
 */
reply: ClosingReply, };

/**
 * The question to the window's page: it shall be closed, and answers are being written. Asked again and again until
 * there is a reply, for any one may be lost.
 */
export type ClosingAsked = { 
/**
 * Counts the closings of this run that were asked about, from 1.
 */
number: number, 
/**
 * How many answers are being written.
 */
answers: number, };

/**
 * A reply.
 */
export type ClosingReply = "heard" | "stay" | "let_finish" | "quit";

/**
 * One step of a connection test.
 */
export type ConnectionStep = { 
/**
 * Which.
 */
step: ConnectionStepName, 
/**
 * How long it took, in milliseconds.
 */
took_ms: number, 
/**
 * `None` when it went well.
 */
failure: Failure | null, 
/**
 * What was found: addresses, the version of TLS.
 */
detail: string | null, 
/**
 * The proxy, in its step.
 */
proxy: ProxyUsed | null, 
/**
 * The certificate that was shown, also when it was refused.
 */
certificate: Certificate | null, 
/**
 * How many models were listed; `None` in their step means that this server lists none.
 */
models: number | null, };

/**
 * The steps of a connection test.
 */
export type ConnectionStepName = "key" | "name" | "tcp" | "proxy" | "tls" | "auth" | "models" | "first_token";

/**
 * The report of a connection test: the steps in order, up to the first that failed.
 */
export type ConnectionTest = { 
/**
 * The steps that were taken.
 */
steps: Array<ConnectionStep>, };

/**
 * The controls by name: which of them a protocol has.
 */
export type Control = "temperature" | "top_p" | "max_tokens" | "stop" | "seed" | "frequency_penalty" | "presence_penalty" | "effort" | "reasoning_tokens" | "stream" | "response_format" | "background";

/**
 * How a model shall answer. What is left out is the vendor's to choose.
 */
export type Controls = { 
/**
 * How freely it chooses its words, from 0.
 */
temperature?: number | null, 
/**
 * From how much of the probability it chooses, 0 to 1.
 */
top_p?: number | null, 
/**
 * Tokens it may write, reasoning included.
 */
max_tokens?: number | null, 
/**
 * Texts it stops before.
 */
stop?: Array<string> | null, 
/**
 * The same seed gives, at some vendors, the same answer.
 */
seed?: number | null, 
/**
 * Against words it used often, -2 to 2.
 */
frequency_penalty?: number | null, 
/**
 * Against words it used at all, -2 to 2.
 */
presence_penalty?: number | null, 
/**
 * How much it shall reason, in words.
 */
effort?: Effort | null, 
/**
 * How much it may reason, in tokens.
 */
reasoning_tokens?: number | null, 
/**
 * Whether the answer comes as it grows (it does unless this says no) or at once when it is whole.
 */
stream?: boolean | null, 
/**
 * The form of the answer.
 */
response_format?: ResponseFormat | null, 
/**
 * The vendor goes on with the answer when the connection breaks, so that it can be taken up again. For that it keeps
 * it for a while, and the question with it. Such an answer always comes as it grows.
 */
background?: boolean | null, 
/**
 * What happens when the conversation no longer fits the model; as the settings say if left out. Ours: no vendor is
 * told.
 */
when_full?: WhenFull | null, };

/**
 * A conversation as a list shows it.
 */
export type Conversation = { 
/**
 * Its id.
 */
id: ConversationId, 
/**
 * Empty until the first message or a rename.
 */
title: string, 
/**
 * Kept at the top of the list.
 */
pinned: boolean, 
/**
 * Milliseconds since the epoch.
 */
created_at: number, 
/**
 * When its latest message began.
 */
updated_at: number, 
/**
 * The provider the next message goes to.
 */
provider: ProviderId | null, 
/**
 * The model the next message goes to.
 */
model: string | null, 
/**
 * How the next message is answered.
 */
controls: Controls, 
/**
 * The assistant it is led by.
 */
assistant: AssistantId | null, 
/**
 * Whether it has instructions of its own, which win over its assistant's.
 */
own_prompt: boolean, 
/**
 * The end of the path that is shown; `None` while it is empty.
 */
leaf: MessageId | null, 
/**
 * Number of the last event in its log; 0 when there is none.
 */
head: number, 
/**
 * An answer is running in it.
 */
running: boolean, 
/**
 * It is in memory only, and gone when the app ends.
 */
temporary: boolean, 
/**
 * Where a person put it.
 */
place: Place, };

/**
 * Chooses who leads a conversation.
 */
export type ConversationAssistant = { 
/**
 * Which conversation.
 */
conversation: ConversationId, 
/**
 * The assistant; what the conversation set itself is let go for it, so that choosing the same one again is the way
 * back to what that says. None if left out, and the conversation keeps what is its own.
 */
assistant?: AssistantId | null, };

/**
 * Sets the controls.
 */
export type ConversationControls = { 
/**
 * Which.
 */
conversation: ConversationId, 
/**
 * All of them; what is left out is the vendor's to choose.
 */
controls: Controls, };

/**
 * A new conversation.
 */
export type ConversationCreate = { 
/**
 * The provider; the default one if left out.
 */
provider?: ProviderId | null, 
/**
 * The model; the default one if left out.
 */
model?: string | null, 
/**
 * The assistant that leads it; its model answers unless one is named here.
 */
assistant?: AssistantId | null, 
/**
 * Never on disk, gone when the app ends. The window only; nobody else sees it.
 */
temporary?: boolean | null, 
/**
 * The project it is made in. The window only.
 */
project?: ProjectId | null, };

/**
 * Names a conversation.
 */
export type ConversationId = string;

/**
 * Chooses provider and model.
 */
export type ConversationModel = { 
/**
 * Which.
 */
conversation: ConversationId, 
/**
 * The provider.
 */
provider: ProviderId, 
/**
 * The model.
 */
model: string, };

/**
 * Opens a conversation.
 */
export type ConversationOpen = { 
/**
 * Which.
 */
conversation: ConversationId, 
/**
 * At most this many messages from the end; 40 if left out, 200 at most.
 */
limit?: number | null, };

/**
 * A page of the conversation list, latest first.
 */
export type ConversationPage = { 
/**
 * Pinned ones first, then by `updated_at`, latest first.
 */
conversations: Array<Conversation>, 
/**
 * There are more after these.
 */
has_more: boolean, };

/**
 * Pins or unpins.
 */
export type ConversationPin = { 
/**
 * Which.
 */
conversation: ConversationId, 
/**
 * Pinned or not.
 */
pinned: boolean, };

/**
 * Gives a conversation instructions of its own.
 */
export type ConversationPrompt = { 
/**
 * Which conversation.
 */
conversation: ConversationId, 
/**
 * What the model is told before everything, an empty text for nothing at all; the assistant's instructions if left
 * out.
 */
prompt?: string | null, };

/**
 * Names a conversation.
 */
export type ConversationRef = { 
/**
 * Which.
 */
conversation: ConversationId, };

/**
 * A new title.
 */
export type ConversationRename = { 
/**
 * Which.
 */
conversation: ConversationId, 
/**
 * At most 200 characters.
 */
title: string, };

/**
 * One change of where several conversations are. What is left out stays.
 */
export type ConversationsArrange = { 
/**
 * Which; 10,000 at most.
 */
conversations: Array<ConversationId>, 
/**
 * Kept at the top, or not.
 */
pinned?: boolean | null, 
/**
 * Into the archive, or out of it.
 */
archived?: boolean | null, 
/**
 * Into the bin; what runs in them is stopped.
 */
deleted?: boolean | null, 
/**
 * Into a project, or out of any.
 */
move_to?: Destination | null, 
/**
 * Tags they get.
 */
add_tags?: Array<string> | null, 
/**
 * Tags they lose.
 */
remove_tags?: Array<string> | null, };

/**
 * A page of the list.
 */
export type ConversationsList = { 
/**
 * Skip this many.
 */
offset?: number | null, 
/**
 * At most this many; 100 if left out, 500 at most.
 */
limit?: number | null, 
/**
 * Only those whose title has this in it. Those in the archive are looked through as well then.
 */
query?: string | null, 
/**
 * Only those in this project.
 */
project?: ProjectId | null, 
/**
 * Only those that are in no project.
 */
outside_projects?: boolean | null, 
/**
 * Only those in the archive, or (`false`) only those that are not.
 */
archived?: boolean | null, 
/**
 * Only those with this tag.
 */
tag?: string | null, };

/**
 * What an answer took, counted when it ended: a later change of a price changes nothing in it.
 */
export type Cost = { 
/**
 * Tokens read.
 */
input_tokens: number, 
/**
 * The part of the input that came from the vendor's cache.
 */
cached_tokens: number, 
/**
 * Tokens written, reasoning included.
 */
output_tokens: number, 
/**
 * Millionths of a US dollar; `None` where the price is not known.
 */
micros: number | null, 
/**
 * The tokens were estimated by the length of the text, for the vendor did not count them to the end.
 */
estimated: boolean, };

/**
 * What was spent.
 */
export type Costs = { 
/**
 * The present day.
 */
today: string, 
/**
 * Days with something spent, latest first.
 */
days: Array<DaySpent>, 
/**
 * When the prices that come with the app were looked up: `2026-09-01`.
 */
prices_of: string, };

/**
 * How far back to look.
 */
export type CostsGet = { 
/**
 * So many days, the present one among them; 31 if left out, 3,660 at most.
 */
days?: number | null, };

/**
 * What was spent with one key on one day.
 */
export type DaySpent = { 
/**
 * The day of the person's own clock: `2026-03-29`.
 */
day: string, 
/**
 * The provider.
 */
provider: ProviderId, 
/**
 * The number of its key.
 */
key: number, 
/**
 * What it was spent for.
 */
purpose: Purpose, 
/**
 * How many answers.
 */
answers: number, 
/**
 * Tokens read.
 */
input_tokens: number, 
/**
 * The part of them that came from the vendor's cache.
 */
cached_tokens: number, 
/**
 * Tokens written.
 */
output_tokens: number, 
/**
 * Millionths of a US dollar, of the answers whose price was known.
 */
micros: number, 
/**
 * How many answers had a price that is not known.
 */
unpriced: number, 
/**
 * How many answers are counted by an estimate.
 */
estimated: number, };

/**
 * How much air there is.
 */
export type Density = "compact" | "usual" | "airy";

/**
 * Where conversations shall go.
 */
export type Destination = { 
/**
 * The project; out of any if left out.
 */
project?: ProjectId | null, };

/**
 * What is wrong with the disk or the database: one for each thing a person does about it.
 */
export type DiskFault = "damaged" | "newer" | "in_use" | "locked" | "read_only" | "full" | "other";

/**
 * What the disk refuses while the app runs.
 */
export type DiskProblem = { 
/**
 * What is wrong.
 */
fault: DiskFault, 
/**
 * The system's own words.
 */
detail: string, 
/**
 * What becomes of answers meanwhile.
 */
unsaved: Unsaved, };

/**
 * What was written and not sent.
 */
export type Draft = { 
/**
 * Where; the conversation that does not exist yet if left out.
 */
conversation?: ConversationId | null, 
/**
 * The text; none if empty. At most 4 MiB.
 */
text: string, };

/**
 * Names a place for a draft.
 */
export type DraftRef = { 
/**
 * Where; the conversation that does not exist yet if left out.
 */
conversation?: ConversationId | null, };

/**
 * How much a model shall reason.
 */
export type Effort = "none" | "minimal" | "low" | "medium" | "high";

/**
 * The class of a command's error: one for each thing the interface does about it.
 */
export type ErrorCode = "invalid" | "not_found" | "forbidden" | "busy" | "budget_spent" | "no_key" | "keyring_locked" | "keyring_dismissed" | "keyring_missing" | "keyring_no_bus" | "keyring_ambiguous" | "keyring_too_long" | "keyring_timeout" | "keyring_failed" | "storage" | "database_damaged" | "not_a_backup" | "proxy_address" | "ca_file" | "file_write" | "picture_address" | "picture_failed" | "file_too_large" | "file_unknown" | "file_damaged" | "file_locked" | "file_lost" | "storage_address" | "storage_denied" | "storage_full" | "storage_passphrase" | "storage_damaged" | "storage_no_secret" | "storage_failed" | "port_taken" | "unsupported" | "upstream" | "gone" | "internal";

/**
 * One event of a conversation's log, or several neighbours merged into one (`seq` is then the last of them).
 */
export type Event = { 
/**
 * Its number in the conversation's log, from 1. A viewer that has it resumes after it.
 */
seq: number, 
/**
 * The message it belongs to.
 */
message: MessageId, } & ({ "type": "started", 
/**
 * The message as it was at this number. `siblings` may have grown by it.
 */
snapshot: Message, } | { "type": "text", 
/**
 * What was added.
 */
text: string, 
/**
 * The length of the text before it.
 */
offset: number, } | { "type": "reasoning", 
/**
 * What was added.
 */
text: string, 
/**
 * The length of the reasoning before it.
 */
offset: number, } | { "type": "tool_call", 
/**
 * The vendor's id of the call.
 */
id: string, 
/**
 * The tool.
 */
name: string, 
/**
 * JSON text, as the model wrote it.
 */
arguments: string, } | { "type": "tool_result", 
/**
 * The id of the call it answers.
 */
id: string, 
/**
 * What the tool said.
 */
text: string, } | { "type": "usage", 
/**
 * The counts.
 */
usage: Usage, } | { "type": "cost", 
/**
 * The whole of it.
 */
cost: Cost, } | { "type": "notice", 
/**
 * What.
 */
notice: Notice, } | { "type": "finished", 
/**
 * Why.
 */
reason: FinishReason, 
/**
 * When, in milliseconds since the epoch.
 */
at: number, } | { "type": "stopped", 
/**
 * When, in milliseconds since the epoch.
 */
at: number, } | { "type": "interrupted", 
/**
 * When, in milliseconds since the epoch.
 */
at: number, } | { "type": "failed", 
/**
 * How.
 */
failure: Failure, 
/**
 * When, in milliseconds since the epoch.
 */
at: number, } | { "type": "reset", 
/**
 * The message as it was at this number.
 */
snapshot: Message, });

/**
 * A request and what came back.
 */
export type Exchange = { 
/**
 * When it was sent, in milliseconds since the epoch.
 */
at: number, 
/**
 * `POST`.
 */
method: string, 
/**
 * The address.
 */
url: string, 
/**
 * The request's headers; a secret's value is `•••`.
 */
headers: Array<HeaderLine>, 
/**
 * The request's body, cut at 256 KiB.
 */
body: string, 
/**
 * The status, once the head of the response came.
 */
status: number | null, 
/**
 * When that was, in milliseconds after the request.
 */
status_ms: number | null, 
/**
 * The response's headers.
 */
response_headers: Array<HeaderLine>, 
/**
 * The events as they came, before any decoder; the first 2 MiB of them.
 */
events: Array<WireEvent>, 
/**
 * Events that came after those, and were only counted.
 */
left_out: number, 
/**
 * How it failed, if it did.
 */
failure: Failure | null, };

/**
 * The form of an export.
 */
export type ExportForm = "markdown" | "html" | "json" | "archive";

/**
 * What an export wrote.
 */
export type ExportReport = { 
/**
 * The file; `None` when no file was chosen or a person stopped it, and nothing was written.
 */
file: string | null, 
/**
 * Conversations in it.
 */
conversations: number, 
/**
 * Messages in it.
 */
messages: number, 
/**
 * Its size.
 */
bytes: number, 
/**
 * Attachments that should be in it and are lost.
 */
attachments_missing: number, };

/**
 * Starts an export; where to is asked by a dialog.
 */
export type ExportStart = { 
/**
 * These; all that are not in the bin if left out.
 */
conversations?: Array<ConversationId> | null, 
/**
 * In which form.
 */
form: ExportForm, 
/**
 * The language of the few words that are ours.
 */
language: Language, };

/**
 * Why an answer failed. The interface makes the sentence from `code` and the fields; `detail` folds out below it.
 */
export type Failure = { 
/**
 * The class.
 */
code: FailureCode, 
/**
 * `host` or `host:port` that was asked.
 */
host: string | null, 
/**
 * The HTTP status, if there was one.
 */
status: number | null, 
/**
 * The vendor's or the system's own words, at most 2,000 characters, secrets taken out.
 */
detail: string | null, 
/**
 * How long the vendor asks to wait, in milliseconds.
 */
retry_after_ms: number | null, 
/**
 * The proxy that failed, when one did.
 */
proxy: ProxyUsed | null, 
/**
 * It failed while older messages were summarised: the question itself was not sent.
 */
summarising?: boolean, 
/**
 * The vendor goes on with the answer: continuing it takes it up where it was, and asks for nothing anew.
 */
goes_on?: boolean, };

/**
 * The class of a failure: one for each sentence and next step.
 */
export type FailureCode = "no_key" | "key_unavailable" | "unauthorized" | "forbidden" | "quota" | "rate_limited" | "model_not_found" | "not_found" | "too_long" | "bad_request" | "overloaded" | "server_error" | "connection_refused" | "name_not_found" | "connect_timeout" | "tls" | "certificate_expired" | "certificate_not_yet_valid" | "certificate_untrusted" | "certificate_name" | "ca_file" | "proxy" | "redirected" | "web_page" | "not_a_stream" | "empty_answer" | "cut" | "unfinished" | "no_response" | "silent" | "expired" | "no_content" | "too_large" | "encoding" | "protocol" | "vendor" | "network" | "spending_limit" | "no_provider" | "internal";

/**
 * A model that is shown first.
 */
export type Favourite = { 
/**
 * Its provider.
 */
provider: ProviderId, 
/**
 * Its name there.
 */
model: string, };

/**
 * Names a kept file: the SHA-256 of its bytes, as 64 hexadecimal digits.
 */
export type FileHash = string;

/**
 * Why the model ended an answer.
 */
export type FinishReason = "stop" | "length" | "content_filter" | "refusal" | "tool_calls" | "other";

/**
 * A header of a request. Never a secret: those have a place of their own.
 */
export type HeaderLine = { 
/**
 * Its name.
 */
name: string, 
/**
 * Its value.
 */
value: string, };

/**
 * Whose export a file is.
 */
export type ImportFormat = "chat_gpt" | "claude" | "open_web_ui" | "libre_chat" | "chatbox" | "next_chat" | "jan" | "llama_cpp" | "rivulet";

/**
 * Why a file was not imported, or not to its end.
 */
export type ImportProblem = "unreadable" | "unknown_format" | "cut_short" | "not_json" | "too_deep" | "too_large" | "bomb" | "bad_zip" | "too_new" | "empty" | "not_stored";

/**
 * What came of an import.
 */
export type ImportReport = { 
/**
 * What the file was.
 */
format: ImportFormat | null, 
/**
 * Conversations in the file.
 */
conversations: number, 
/**
 * Messages in the file.
 */
messages: number, 
/**
 * Answers and edits beside the first, in the file.
 */
branches: number, 
/**
 * Attachments that are named in the file and not in it.
 */
attachments_missing: number, 
/**
 * Conversations that were not here before.
 */
new_conversations: number, 
/**
 * Conversations that were here and have more messages now.
 */
grown_conversations: number, 
/**
 * Messages that were not here before.
 */
new_messages: number, 
/**
 * Conversations that lie in the bin here, and stay there.
 */
in_bin: number, 
/**
 * Assistants in the file.
 */
assistants: number, 
/**
 * Assistants that were not here before.
 */
new_assistants: number, 
/**
 * What was left out.
 */
skipped: Array<Skipped>, 
/**
 * Where keys and passwords stood in the file. They were not taken.
 */
secrets: Array<string>, 
/**
 * A person stopped it; what came in before is here.
 */
stopped: boolean, 
/**
 * Why it did not come to its end. Nothing was changed if nothing is new.
 */
problem: ImportProblem | null, };

/**
 * Starts an import; where from is asked by a dialog.
 */
export type ImportStart = { 
/**
 * From a folder rather than from a file.
 */
folder: boolean, };

export type JsonValue = number | string | boolean | Array<JsonValue> | { [key in string]: JsonValue } | null;

/**
 * What is known of a kept key. Never the key.
 */
export type KeyInfo = { 
/**
 * The origin it is bound to.
 */
origin: string, 
/**
 * Its last four characters; empty for short keys.
 */
last_four: string, 
/**
 * Where it is kept.
 */
kept_in: KeyPlace, 
/**
 * When it was entered, in milliseconds since the epoch.
 */
set_at: number, 
/**
 * When a request last used it.
 */
last_used: number | null, 
/**
 * Which of its provider's keys it is; the only one is 0.
 */
number: number, 
/**
 * What a person calls it; empty if they gave no name.
 */
label: string, 
/**
 * Why it was no good when it was last used; `None` if it was.
 */
problem: KeyProblem | null, };

/**
 * Where a key is kept.
 */
export type KeyPlace = "keyring" | "memory";

/**
 * Why a key was no good.
 */
export type KeyProblem = { 
/**
 * What the vendor said.
 */
code: FailureCode, 
/**
 * When, in milliseconds since the epoch.
 */
at: number, };

/**
 * Names a key.
 */
export type KeyRef = { 
/**
 * Its provider.
 */
provider: ProviderId, 
/**
 * Which of the provider's keys; all of them if left out.
 */
number?: number | null, };

/**
 * A key to store. Has no `Serialize`, so it cannot be echoed.
 */
export type KeySet = { 
/**
 * The provider it is for.
 */
provider: ProviderId, 
/**
 * The key.
 */
key: string, 
/**
 * Where to keep it. `memory` is chosen by a person when no keyring works.
 */
keep: KeyPlace, 
/**
 * Which of the provider's keys it takes the place of, or the next number for a further one; 0 if left out.
 */
number?: number | null, 
/**
 * What a person calls it.
 */
label?: string | null, };

/**
 * Whether the keyring works right now, by writing and reading back a test value.
 */
export type KeyringStatus = { 
/**
 * What the system's keyring is called here: `Secret Service`, `macOS Keychain`, `Windows Credential Manager`.
 */
name: string, 
/**
 * What is wrong with it; `None` when the test value came back.
 */
problem: ErrorCode | null, 
/**
 * The system's own words on the problem.
 */
detail: string | null, };

/**
 * The interface's languages.
 */
export type Language = "en" | "zh-CN" | "zh-TW" | "ja" | "ko" | "de" | "fr" | "es";

/**
 * What changed outside of any conversation's log.
 */
export type LibraryEvent = { "type": "conversation", 
/**
 * As it is now.
 */
conversation: Conversation, } | { "type": "deleted", 
/**
 * Which.
 */
conversation: ConversationId, } | { "type": "projects" } | { "type": "settings" } | { "type": "assistants" } | { "type": "backups" } | { "type": "mirror" } | { "type": "api" } | { "type": "disk", 
/**
 * What is wrong, while it does not.
 */
problem: DiskProblem | null, } | { "type": "missed" };

/**
 * A link, without its token.
 */
export type Link = { 
/**
 * Its id.
 */
id: LinkId, 
/**
 * What it was made for, in the person's words.
 */
label: string, 
/**
 * What it allows.
 */
role: LinkRole, 
/**
 * The conversations it shows; `None` is all.
 */
conversations: Array<ConversationId> | null, 
/**
 * When it was made, in milliseconds since the epoch.
 */
created_at: number, 
/**
 * When it ends by itself.
 */
expires_at: number | null, 
/**
 * Messages it may still send; `None` is no limit.
 */
messages_left: number | null, 
/**
 * Tokens its answers may still take; `None` is no limit.
 */
tokens_left: number | null, 
/**
 * Still good after the app has ended and started again.
 */
lasting: boolean, 
/**
 * Who is connected with it.
 */
viewers: Array<Viewer>, };

/**
 * A new link.
 */
export type LinkCreate = { 
/**
 * What it allows.
 */
role: LinkRole, 
/**
 * What it is for.
 */
label: string, 
/**
 * The conversations it shows; all if left out.
 */
conversations?: Array<ConversationId> | null, 
/**
 * Messages it may send; no limit if left out.
 */
messages?: number | null, 
/**
 * Tokens its answers may take, read and written; no limit if left out. The answer that goes beyond is the last.
 */
tokens?: number | null, 
/**
 * How long it lives, in seconds; until the mirror stops if left out.
 */
lives_s?: number | null, 
/**
 * Still good after the app has ended and started again.
 */
lasting?: boolean | null, };

/**
 * Names a mirror link (not its token).
 */
export type LinkId = string;

/**
 * An address to open.
 */
export type LinkOpen = { 
/**
 * http, https or mailto.
 */
url: string, };

/**
 * Names a link.
 */
export type LinkRef = { 
/**
 * Which.
 */
link: LinkId, };

/**
 * What a link allows.
 */
export type LinkRole = "viewer" | "participant";

/**
 * The API right now.
 */
export type LocalApi = { 
/**
 * `http://127.0.0.1:PORT/v1` while it listens.
 */
url: string | null, 
/**
 * Its tokens, oldest first.
 */
tokens: Array<ApiToken>, };

/**
 * A local server that was found.
 */
export type LocalServer = { 
/**
 * The catalog's id of that kind of server.
 */
provider: ProviderId, 
/**
 * Its name.
 */
name: string, 
/**
 * Where it answers.
 */
base_url: string, 
/**
 * What it offers.
 */
models: Array<Model>, };

/**
 * What a request with much input costs, in the same measure.
 */
export type LongPrice = { 
/**
 * Requests with more tokens of input than this.
 */
above: number, 
/**
 * As in [`Price`].
 */
input: number, 
/**
 * As in [`Price`].
 */
cached: number | null, 
/**
 * As in [`Price`].
 */
cache_write: number | null, 
/**
 * As in [`Price`].
 */
output: number, };

/**
 * What a conversation is answered by, beside what is said in it.
 */
export type Manner = { 
/**
 * Instructions of its own; the assistant's hold if there are none.
 */
prompt: string | null, 
/**
 * The assistant that leads it.
 */
assistant: Assistant | null, };

/**
 * Stands below an answer. Whoever is asked further down is not told what stands up to here; what system messages say
 * holds on. The last mark on the way to a question counts. Nothing is deleted: without the mark all is told again.
 */
export type Mark = { 
/**
 * When it was made, in milliseconds since the epoch: what vendors counted before says nothing of what comes.
 */
at: number, 
/**
 * What is told instead; nothing if the conversation begins anew.
 */
summary: Summary | null, };

/**
 * Puts a mark below an answer, or takes it away.
 */
export type MarkSet = { 
/**
 * The answer.
 */
message: MessageId, 
/**
 * The mark; none if left out.
 */
mark: Mark | null, };

/**
 * One message. Editing and regenerating add siblings (same `parent`); nothing is overwritten.
 */
export type Message = { 
/**
 * Its id.
 */
id: MessageId, 
/**
 * The message it answers or follows; `None` at the start of a conversation.
 */
parent: MessageId | null, 
/**
 * Who wrote it.
 */
author: Author, 
/**
 * Where it stands.
 */
state: MessageState, 
/**
 * The text so far.
 */
text: string, 
/**
 * The reasoning so far, apart from the text.
 */
reasoning: string, 
/**
 * The files that go with it.
 */
attachments: Array<Attachment>, 
/**
 * The tools it asked for, in order.
 */
tool_calls: Array<ToolCall>, 
/**
 * What its vendor wants back.
 */
replay: Array<Replay>, 
/**
 * A person changed what the model wrote; as the model wrote it, it is a sibling.
 */
edited: boolean, 
/**
 * What whoever is asked below is told of what stands up to here; all of it if there is no mark.
 */
mark: Mark | null, 
/**
 * How long the model reasoned before its first text, if it did and has begun to answer.
 */
reasoning_ms: number | null, 
/**
 * Milliseconds since the epoch.
 */
created_at: number, 
/**
 * When it ended.
 */
ended_at: number | null, 
/**
 * From the request to the first output.
 */
first_output_ms: number | null, 
/**
 * The provider that answers.
 */
provider: ProviderId | null, 
/**
 * The model that answers.
 */
model: string | null, 
/**
 * Why the model ended it.
 */
finish_reason: FinishReason | null, 
/**
 * The vendor's token counts.
 */
usage: Usage | null, 
/**
 * What it took, once it has ended.
 */
cost: Cost | null, 
/**
 * Set when `state` is `Failed`.
 */
failure: Failure | null, };

/**
 * An answer in other words.
 */
export type MessageEdit = { 
/**
 * The answer.
 */
message: MessageId, 
/**
 * What it shall say.
 */
text: string, };

/**
 * Names a message.
 */
export type MessageId = string;

/**
 * A page of messages, oldest first.
 */
export type MessagePage = { 
/**
 * The messages.
 */
messages: Array<PathMessage>, 
/**
 * There are older ones.
 */
has_older: boolean, };

/**
 * Names a message.
 */
export type MessageRef = { 
/**
 * Which.
 */
message: MessageId, };

/**
 * A message to send.
 */
export type MessageSend = { 
/**
 * The conversation; a new one is made if left out.
 */
conversation?: ConversationId | null, 
/**
 * Follows this message instead of the leaf (editing: the parent of the edited one).
 */
parent?: MessageId | null, 
/**
 * Starts a new branch at the root when true and `parent` is left out (editing the first message).
 */
at_root?: boolean | null, 
/**
 * What to say; may be empty if a file goes with it.
 */
text: string, 
/**
 * The files that go with it, as `attachment_add` answered them. Only from the app's own window.
 */
attachments?: Array<Attachment> | null, 
/**
 * For this and what comes next; the conversation's own if left out.
 */
provider?: ProviderId | null, 
/**
 * For this and what comes next; the conversation's own if left out.
 */
model?: string | null, };

/**
 * Where a message stands. Only `Complete` says that the model ended it itself.
 */
export type MessageState = "running" | "complete" | "stopped" | "interrupted" | "failed";

/**
 * Older messages.
 */
export type MessagesBefore = { 
/**
 * The conversation.
 */
conversation: ConversationId, 
/**
 * Those before this one.
 */
before: MessageId, 
/**
 * At most this many; 40 if left out, 200 at most.
 */
limit?: number | null, };

/**
 * The mirror right now.
 */
export type MirrorStatus = { 
/**
 * `http://127.0.0.1:PORT` while it listens.
 */
url: string | null, 
/**
 * The links, oldest first.
 */
links: Array<Link>, };

/**
 * A model.
 */
export type Model = { 
/**
 * The name the vendor wants in a request.
 */
id: string, 
/**
 * The name a person reads, if it is another.
 */
name: string | null, 
/**
 * Tokens it can read, where known.
 */
context: number | null, 
/**
 * The most tokens it writes, where known.
 */
max_output: number | null, 
/**
 * What it costs, where known.
 */
price: Price | null, 
/**
 * That price is the user's own word.
 */
price_is_own: boolean, 
/**
 * What it can do.
 */
abilities: Abilities, };

/**
 * A provider and a model one can choose.
 */
export type ModelChoice = { 
/**
 * The provider.
 */
provider: ProviderId, 
/**
 * Its name.
 */
provider_name: string, 
/**
 * The model.
 */
model: Model, 
/**
 * It is a favourite.
 */
favourite: boolean, };

/**
 * A model, and who has it.
 */
export type ModelName = { 
/**
 * Its provider.
 */
provider: ProviderId, 
/**
 * Its name there.
 */
model: string, };

/**
 * How much a model reads, as a person says.
 */
export type ModelWindow = { 
/**
 * Its provider.
 */
provider: ProviderId, 
/**
 * Its name there.
 */
model: string, 
/**
 * So many tokens.
 */
tokens: number, };

/**
 * A token that was just made. The only time it leaves the core.
 */
export type NewApiToken = { 
/**
 * What is known of it.
 */
token: ApiToken, 
/**
 * The token itself: what a program takes as its API key.
 */
secret: string, };

/**
 * A link that was just made. The only time its token leaves the core.
 */
export type NewLink = { 
/**
 * The link.
 */
link: Link, 
/**
 * The page's address with the token in its fragment.
 */
url: string, };

/**
 * No fields.
 */
export type Nothing = Record<symbol, never>;

/**
 * Something a person should know while an answer is waited for.
 */
export type Notice = { "kind": "summarising" } | { "kind": "connecting" } | { "kind": "waiting" } | { "kind": "retrying", 
/**
 * Which try comes next, from 2.
 */
attempt: number, 
/**
 * How many tries there are in all.
 */
of: number, 
/**
 * When it is sent, in milliseconds since the epoch.
 */
at: number, 
/**
 * Why.
 */
failure: Failure, } | { "kind": "taking_up", 
/**
 * When it is tried, in milliseconds since the epoch.
 */
at: number, 
/**
 * What broke.
 */
failure: Failure, } | { "kind": "stalled", 
/**
 * For how long, in milliseconds.
 */
silent_ms: number, };

/**
 * What a model costs by its user's own word, in millionths of a US dollar for a million tokens.
 */
export type OwnPrice = { 
/**
 * The provider.
 */
provider: ProviderId, 
/**
 * The model.
 */
model: string, 
/**
 * Tokens read.
 */
input: number, 
/**
 * Tokens read from the vendor's cache; as `input` if left out.
 */
cached: number | null, 
/**
 * Tokens written, reasoning included.
 */
output: number, };

/**
 * A message on the shown path, with the siblings one can switch to.
 */
export type PathMessage = { 
/**
 * All children of its parent, itself included, oldest first.
 */
siblings: Array<MessageId>, 
/**
 * Its id.
 */
id: MessageId, 
/**
 * The message it answers or follows; `None` at the start of a conversation.
 */
parent: MessageId | null, 
/**
 * Who wrote it.
 */
author: Author, 
/**
 * Where it stands.
 */
state: MessageState, 
/**
 * The text so far.
 */
text: string, 
/**
 * The reasoning so far, apart from the text.
 */
reasoning: string, 
/**
 * The files that go with it.
 */
attachments: Array<Attachment>, 
/**
 * The tools it asked for, in order.
 */
tool_calls: Array<ToolCall>, 
/**
 * What its vendor wants back.
 */
replay: Array<Replay>, 
/**
 * A person changed what the model wrote; as the model wrote it, it is a sibling.
 */
edited: boolean, 
/**
 * What whoever is asked below is told of what stands up to here; all of it if there is no mark.
 */
mark: Mark | null, 
/**
 * How long the model reasoned before its first text, if it did and has begun to answer.
 */
reasoning_ms: number | null, 
/**
 * Milliseconds since the epoch.
 */
created_at: number, 
/**
 * When it ended.
 */
ended_at: number | null, 
/**
 * From the request to the first output.
 */
first_output_ms: number | null, 
/**
 * The provider that answers.
 */
provider: ProviderId | null, 
/**
 * The model that answers.
 */
model: string | null, 
/**
 * Why the model ended it.
 */
finish_reason: FinishReason | null, 
/**
 * The vendor's token counts.
 */
usage: Usage | null, 
/**
 * What it took, once it has ended.
 */
cost: Cost | null, 
/**
 * Set when `state` is `Failed`.
 */
failure: Failure | null, };

/**
 * Asks for a picture.
 */
export type PictureFetch = { 
/**
 * http or https.
 */
url: string, };

/**
 * Where a person put a conversation. The window's alone: whoever comes by a link is told that it is nowhere.
 */
export type Place = { 
/**
 * Out of the list, and still found.
 */
archived: boolean, 
/**
 * The project it is in.
 */
project: ProjectId | null, 
/**
 * Free words, in the order of the alphabet.
 */
tags: Array<string>, };

/**
 * Where a conversation was.
 */
export type Placement = { 
/**
 * Which.
 */
conversation: ConversationId, 
/**
 * Kept at the top.
 */
pinned: boolean, 
/**
 * In the bin.
 */
deleted: boolean, 
/**
 * Archive, project and tags.
 */
place: Place, };

/**
 * Where conversations were: what takes a change back, as one act.
 */
export type Placements = { 
/**
 * Those that changed.
 */
placements: Array<Placement>, };

/**
 * What a model costs, in millionths of a US dollar for a million tokens.
 */
export type Price = { 
/**
 * Tokens read.
 */
input: number, 
/**
 * Tokens read from the vendor's cache; as `input` if left out.
 */
cached: number | null, 
/**
 * Tokens read and put into the vendor's cache; as `input` if left out.
 */
cache_write: number | null, 
/**
 * Tokens written, reasoning included.
 */
output: number, 
/**
 * What requests with much input cost instead.
 */
long: LongPrice | null, };

/**
 * A folder of conversations that share instructions.
 */
export type Project = { 
/**
 * Its id.
 */
id: ProjectId, 
/**
 * Its name.
 */
name: string, 
/**
 * What each model is told before everything else in each of its conversations; may be empty.
 */
instructions: string, 
/**
 * Milliseconds since the epoch.
 */
created_at: number, 
/**
 * How many conversations of the list are in it.
 */
conversations: number, };

/**
 * Names a project.
 */
export type ProjectId = string;

/**
 * Names a project.
 */
export type ProjectRef = { 
/**
 * Which.
 */
project: ProjectId, };

/**
 * Makes a project, or changes one.
 */
export type ProjectSave = { 
/**
 * Which; a new one if left out.
 */
project?: ProjectId | null, 
/**
 * At most 100 characters.
 */
name: string, 
/**
 * At most 64 KiB; those it has if left out.
 */
instructions?: string | null, };

/**
 * A prompt of the library.
 */
export type Prompt = { 
/**
 * What it is called by, after `/`.
 */
name: string, 
/**
 * The folder it stands in; empty for none.
 */
folder: string, 
/**
 * The text. `{{name}}` is a variable, `{{name=value}}` one with a value to begin with.
 */
text: string, };

/**
 * A provider as the interface shows it.
 */
export type Provider = { 
/**
 * Its id.
 */
id: ProviderId, 
/**
 * Its name.
 */
name: string, 
/**
 * Without a slash at the end.
 */
base_url: string, 
/**
 * Scheme, host and port of `base_url`: what its key is bound to.
 */
origin: string, 
/**
 * A part of the address is the person's own and is not filled in yet.
 */
needs_address: boolean, 
/**
 * What kind it is.
 */
kind: ProviderKind, 
/**
 * What it speaks.
 */
protocol: WireProtocol, 
/**
 * What it could speak instead, this one included.
 */
protocols: Array<WireProtocol>, 
/**
 * What can be set of its answers.
 */
controls: Array<Control>, 
/**
 * Headers of the user's own, sent with every request.
 */
headers: Array<HeaderLine>, 
/**
 * A change of every request's body: JSON Merge Patch if it is an object, JSON Patch if it is an array.
 */
body_patch: JsonValue | null, 
/**
 * The proxy it is asked through.
 */
proxy: ProxyChoice, 
/**
 * The login kept for that proxy, if there is one.
 */
proxy_login: KeyInfo | null, 
/**
 * A key must be kept before it answers.
 */
needs_key: boolean, 
/**
 * The key kept for `origin`, if there is one.
 */
key: KeyInfo | null, 
/**
 * Further keys kept for `origin`: asked in turn when one before is refused or used up.
 */
more_keys: Array<KeyInfo>, 
/**
 * A key is kept for another origin than the present one: it must be entered again.
 */
key_for_other_origin: string | null, 
/**
 * Keys of this vendor begin so; to recognise a pasted key. Longest match wins.
 */
key_prefixes: Array<string>, 
/**
 * Where a person gets a key.
 */
key_url: string | null, 
/**
 * Where a person adds credit.
 */
billing_url: string | null, 
/**
 * Models known so far.
 */
models: Array<Model>, };

/**
 * Names a provider: a catalog id (`openai`) or an id made for an endpoint of the user's own.
 */
export type ProviderId = string;

/**
 * What kind of provider it is.
 */
export type ProviderKind = "demo" | "cloud" | "local" | "custom";

/**
 * Names a provider.
 */
export type ProviderRef = { 
/**
 * Which.
 */
provider: ProviderId, };

/**
 * A provider's fields to save.
 */
export type ProviderSave = { 
/**
 * Left out for a new endpoint of one's own.
 */
id?: ProviderId | null, 
/**
 * The name shown.
 */
name: string, 
/**
 * An http or https address, up to and with `/v1` where the vendor has it.
 */
base_url: string, 
/**
 * Models typed in by hand, for servers that list none.
 */
models?: Array<string> | null, 
/**
 * What it shall speak, one of its `protocols`; stays as it is if left out.
 */
protocol?: WireProtocol | null, 
/**
 * Headers of one's own; stay as they are if left out.
 */
headers?: Array<HeaderLine> | null, 
/**
 * A change of every request's body; stays as it is if left out, `{}` removes it.
 */
body_patch?: JsonValue | null, 
/**
 * The proxy it is asked through; stays as it is if left out.
 */
proxy?: ProxyChoice | null, };

/**
 * Tests a provider's connection.
 */
export type ProviderTest = { 
/**
 * Which.
 */
provider: ProviderId, 
/**
 * Also asks for the first piece of an answer, which costs a few tokens.
 */
first_token: boolean, };

/**
 * Which proxy a provider is asked through.
 */
export type ProxyChoice = { "type": "system" } | { "type": "direct" } | { "type": "through", 
/**
 * `http://`, `https://`, `socks5://` or `socks5h://`, host and port. Never with a login in it.
 */
address: string, };

/**
 * A proxy's login to store. Has no `Serialize`, so it cannot be echoed.
 */
export type ProxyLoginSet = { 
/**
 * The proxy's address, which the login is bound to.
 */
proxy: string, 
/**
 * The user; without a colon.
 */
user: string, 
/**
 * The password.
 */
password: string, 
/**
 * Where to keep it. `memory` is chosen by a person when no keyring works.
 */
keep: KeyPlace, };

/**
 * Names a proxy.
 */
export type ProxyRef = { 
/**
 * Its address.
 */
proxy: string, };

/**
 * Who named a proxy.
 */
export type ProxySource = "provider" | "system";

/**
 * A proxy that was used.
 */
export type ProxyUsed = { 
/**
 * Its address, without a login.
 */
address: string, 
/**
 * Who named it.
 */
from: ProxySource, };

/**
 * What a model was asked for.
 */
export type Purpose = "answer" | "title" | "summary";

/**
 * Which answer's stream to save.
 */
export type RecordingSave = { 
/**
 * The answer.
 */
message: MessageId, 
/**
 * With the bodies of the requests: the conversation up to the question.
 */
with_requests: boolean, };

/**
 * What came of saving a recording.
 */
export type RecordingSaved = { 
/**
 * It was; not if no place was chosen.
 */
saved: boolean, 
/**
 * More came than a recording holds: it ends before the answer does.
 */
cut: boolean, };

/**
 * A part of an answer that only its vendor can read and wants back unchanged with the next request: a signed or
 * encrypted piece of reasoning, the id of an item.
 */
export type Replay = { 
/**
 * The protocol it came by: another one has no use for it.
 */
protocol: WireProtocol, 
/**
 * As that protocol's encoder wants it back.
 */
item: JsonValue, };

/**
 * Why a file is not replayed.
 */
export type ReplayProblem = { "type": "not_a_recording" } | { "type": "too_large" } | { "type": "newer" } | { "type": "damaged", 
/**
 * The line's number, from 1.
 */
line: number, };

/**
 * A recording to replay.
 */
export type ReplayStart = { 
/**
 * The file's text.
 */
text: string, };

/**
 * What the demo replays.
 */
export type ReplayStatus = { 
/**
 * The recording; `None` while the demo answers by itself.
 */
replay: Replayed | null, 
/**
 * Why the file that was just given is not replayed. What was replayed before still is.
 */
problem: ReplayProblem | null, };

/**
 * The recording that is replayed.
 */
export type Replayed = { 
/**
 * What it speaks.
 */
protocol: WireProtocol, 
/**
 * The model that was asked.
 */
model: string, 
/**
 * When, in milliseconds since the epoch.
 */
recorded_at: number, 
/**
 * How many requests are in it.
 */
requests: number, 
/**
 * How long the answers took together, in milliseconds.
 */
took_ms: number, };

/**
 * A way out of a damaged database. The damaged file is kept in each.
 */
export type Rescue = { "way": "backup", 
/**
 * The backup's name.
 */
name: string, } | { "way": "salvage" } | { "way": "empty" };

/**
 * A backup, and what is in it.
 */
export type RescueBackup = { 
/**
 * Its file.
 */
file: BackupFile, 
/**
 * Conversations in it.
 */
conversations: number, };

/**
 * What came of a rescue.
 */
export type Rescued = { 
/**
 * Where the damaged file is now.
 */
kept: string, 
/**
 * Conversations that are there now.
 */
conversations: number, 
/**
 * Messages that are there now.
 */
messages: number, 
/**
 * Conversations and messages that are known to have been there and could not be read: at least so many are missing.
 */
lost: number, };

/**
 * The form of an answer.
 */
export type ResponseFormat = { "type": "text" } | { "type": "json" } | { "type": "json_schema", 
/**
 * A JSON Schema.
 */
schema: JsonValue, };

/**
 * What to look for in messages.
 */
export type Search = { 
/**
 * Words, `"phrases"`, the beginning of a word: all of them must be there. Anything may be typed. Without any,
 * the other fields alone say what is found.
 */
query: string, 
/**
 * Skip this many.
 */
offset?: number | null, 
/**
 * At most this many; 30 if left out, 200 at most.
 */
limit?: number | null, 
/**
 * Only in this conversation.
 */
conversation?: ConversationId | null, 
/**
 * Only what they wrote.
 */
author?: Author | null, 
/**
 * Only what this model wrote.
 */
model?: string | null, 
/**
 * Only what was written from this time on, in milliseconds since the epoch.
 */
since?: number | null, 
/**
 * Only what was written before this time.
 */
until?: number | null, 
/**
 * Only in conversations of this project. The window only.
 */
project?: ProjectId | null, 
/**
 * Only in conversations with this tag. The window only.
 */
tag?: string | null, };

/**
 * A message that was found, with the place where.
 */
export type SearchHit = { 
/**
 * The conversation it is in.
 */
conversation: ConversationId, 
/**
 * That one's title.
 */
title: string, 
/**
 * The message.
 */
message: MessageId, 
/**
 * Who wrote it.
 */
author: Author, 
/**
 * When it began, in milliseconds since the epoch.
 */
created_at: number, 
/**
 * What stands before what was found, on one line.
 */
before: string, 
/**
 * What was found, as it stands there.
 */
found: string, 
/**
 * What stands after it.
 */
after: string, };

/**
 * What was found, newest first.
 */
export type SearchPage = { 
/**
 * The messages.
 */
hits: Array<SearchHit>, 
/**
 * There are more after these.
 */
has_more: boolean, };

/**
 * Which key sends a message; the other one makes a new line.
 */
export type SendKey = "enter" | "mod_enter";

/**
 * What a person can set. Stored as one JSON document; a field that is missing there has its default.
 */
export type Settings = { 
/**
 * `None` follows the system.
 */
language: Language | null, 
/**
 * Light, dark or the system's.
 */
theme: Theme, 
/**
 * Which key sends a message.
 */
send_key: SendKey, 
/**
 * Pasted text of more characters than this goes along as a file; `None` never does.
 */
paste_limit: number | null, 
/**
 * The demo model's speed in tokens a second; `None` is as fast as it goes.
 */
demo_rate: number | null, 
/**
 * How often as fast as it was recorded the demo replays; `None` is as fast as it goes.
 */
replay_speed: number | null, 
/**
 * Provider of new conversations.
 */
default_provider: ProviderId | null, 
/**
 * Model of new conversations.
 */
default_model: string | null, 
/**
 * The mirror's port; `None` takes a free one.
 */
mirror_port: number | null, 
/**
 * How many event streams the mirror serves at once; `None` is 128. Holds from its next start.
 */
mirror_viewers: number | null, 
/**
 * The local API for programs is on.
 */
api: boolean, 
/**
 * The local API's port, so that programs find it again; `None` until its first start has taken a free one.
 */
api_port: number | null, 
/**
 * PEM files of certificate authorities that are trusted besides the system's.
 */
ca_files: Array<string>, 
/**
 * The one colour of what acts or runs.
 */
accent: Accent, 
/**
 * A font family of the computer for all that is read; `None` is the system's own.
 */
font: string | null, 
/**
 * Size of all text, in percent of the usual.
 */
text_size: number, 
/**
 * How much air there is.
 */
density: Density, 
/**
 * A style sheet of one's own, after all others.
 */
stylesheet: string, 
/**
 * What a screen reader is told of an answer that grows.
 */
announce: Announce, 
/**
 * At least so many seconds between two announcements.
 */
announce_seconds: number, 
/**
 * Keys of actions, where they are not the usual ones: `"new"` to `"Mod+Shift+O"`; none if empty.
 */
shortcuts: { [key in string]: string }, 
/**
 * The library of prompts.
 */
prompts: Array<Prompt>, 
/**
 * Models that are shown first.
 */
favourites: Array<Favourite>, 
/**
 * How much may be spent in a day.
 */
limits: Array<SpendingLimit>, 
/**
 * What models cost by the user's own word. It wins over every other.
 */
prices: Array<OwnPrice>, 
/**
 * The model that names conversations; without one they are named after what was said first.
 */
title_model: ModelName | null, 
/**
 * The model that writes summaries of older messages; without one it is the conversation's own.
 */
summary_model: ModelName | null, 
/**
 * What happens when a conversation no longer fits its model, where it says nothing itself.
 */
when_full: WhenFull, 
/**
 * How much models read, where a person knows better than their vendors' lists.
 */
windows: Array<ModelWindow>, 
/**
 * What closing the window does to answers that are being written.
 */
when_closed: WhenClosed, 
/**
 * The first start is over.
 */
welcomed: boolean, };

/**
 * A change of settings: the fields of [`Settings`] to change.
 */
export type SettingsUpdate = { 
/**
 * An object with some of the fields of [`Settings`].
 */
patch: JsonValue, };

/**
 * Why something in a file did not become a message.
 */
export type SkipReason = "hidden" | "empty" | "stray_tool_output" | "unknown_author" | "circle" | "doubled" | "broken" | "pictures" | "other_file" | "conflict";

/**
 * How many things were left out for one reason.
 */
export type Skipped = { 
/**
 * Why.
 */
reason: SkipReason, 
/**
 * How many.
 */
count: number, };

/**
 * A conversation opened: the end of the shown path, exact at log number `head`.
 */
export type Snapshot = { 
/**
 * The conversation; `conversation.head` is the log number this snapshot is exact at.
 */
conversation: Conversation, 
/**
 * Messages on the path from the root to the leaf, oldest first, cut to the page asked for.
 */
messages: Array<PathMessage>, 
/**
 * There are older ones before `messages[0]`.
 */
has_older: boolean, 
/**
 * What the running answer waits for, if it waits: its events may lie before this snapshot.
 */
notice: Notice | null, };

/**
 * How much may be spent in a day with a key.
 */
export type SpendingLimit = { 
/**
 * The provider.
 */
provider: ProviderId, 
/**
 * The number of its key.
 */
key: number, 
/**
 * Millionths of a US dollar.
 */
micros: number, };

/**
 * What several answers took.
 */
export type Spent = { 
/**
 * How many answers.
 */
answers: number, 
/**
 * Tokens read.
 */
input_tokens: number, 
/**
 * The part of them that came from the vendor's cache.
 */
cached_tokens: number, 
/**
 * Tokens written.
 */
output_tokens: number, 
/**
 * Millionths of a US dollar, of the answers whose price was known.
 */
micros: number, 
/**
 * How many answers had a price that is not known.
 */
unpriced: number, 
/**
 * How many answers are counted by an estimate.
 */
estimated: number, };

/**
 * Where the storage is. Nothing secret is in it.
 */
export type StoragePlace = { "type": "folder", 
/**
 * From the root.
 */
path: string, } | { "type": "webdav", 
/**
 * `https://…` up to the folder.
 */
address: string, 
/**
 * Whose it is; empty if none is asked for.
 */
user: string, } | { "type": "s3", 
/**
 * `https://…` without the bucket.
 */
endpoint: string, 
/**
 * The bucket.
 */
bucket: string, 
/**
 * The folder in it; may be empty.
 */
folder: string, 
/**
 * The region; `us-east-1` where the server has none.
 */
region: string, 
/**
 * The access key's id, which is no secret.
 */
key_id: string, };

/**
 * A backup that did not get to the storage.
 */
export type StorageProblem = { 
/**
 * When, in milliseconds since the epoch.
 */
at: number, 
/**
 * Why.
 */
error: ApiError, };

/**
 * One of the backups in the storage.
 */
export type StorageRef = { 
/**
 * Its name.
 */
name: string, 
/**
 * What it was encrypted with.
 */
passphrase: string, };

/**
 * Sets up the storage.
 */
export type StorageSave = { 
/**
 * Where.
 */
place: StoragePlace, 
/**
 * WebDAV's password or S3's secret key; `None` leaves the one that is kept for this place.
 */
password?: string | null, 
/**
 * What everything there is encrypted with; `None` leaves the one that is kept for this place.
 */
passphrase?: string | null, 
/**
 * Where both are kept.
 */
keep: KeyPlace, };

/**
 * How the storage stands.
 */
export type StorageStatus = { 
/**
 * Where it is; `None` if none is set up.
 */
place: StoragePlace | null, 
/**
 * Something is on its way there or back.
 */
running: boolean, 
/**
 * The last one that was sent there, read back and found whole.
 */
last: StoredBackup | null, 
/**
 * Why the last try failed, until one succeeds.
 */
problem: StorageProblem | null, };

/**
 * A backup in the storage: whole, as far as the storage says.
 */
export type StoredBackup = { 
/**
 * Its name, which tells its time and nothing else.
 */
name: string, 
/**
 * When it was made, in milliseconds since the epoch.
 */
made_at: number, 
/**
 * How much it takes there.
 */
bytes: number, };

/**
 * What a model is told in the place of older messages.
 */
export type Summary = { 
/**
 * The text.
 */
text: string, 
/**
 * How many messages it stands for.
 */
messages: number, 
/**
 * Who wrote it.
 */
provider: ProviderId | null, 
/**
 * With which model.
 */
model: string | null, 
/**
 * A person changed what the model wrote.
 */
edited: boolean, };

/**
 * A tag that is in use.
 */
export type Tag = { 
/**
 * The words.
 */
name: string, 
/**
 * On how many conversations it is.
 */
conversations: number, };

/**
 * Light or dark.
 */
export type Theme = "system" | "light" | "dark";

/**
 * A tool a model asked for. Running it is a person's decision; what was asked is kept as it was asked.
 */
export type ToolCall = { 
/**
 * The vendor's id of the call.
 */
id: string, 
/**
 * The tool.
 */
name: string, 
/**
 * JSON text, as the model wrote it.
 */
arguments: string, 
/**
 * What the tool said, once it has.
 */
result: string | null, };

/**
 * The requests that were sent for an answer, first one first. Kept in memory, for this run.
 */
export type Trace = { 
/**
 * More than one when it was sent again.
 */
exchanges: Array<Exchange>, };

/**
 * How far an import or export is.
 */
export type TransferProgress = { 
/**
 * What it does.
 */
step: TransferStep, 
/**
 * Of `total`: bytes of the file for an import, conversations for an export.
 */
done: number, 
/**
 * All there is to do in this step.
 */
total: number, };

/**
 * Whether an import or export runs.
 */
export type TransferStatus = { 
/**
 * How far it is, if one runs.
 */
running: TransferProgress | null, };

/**
 * What an import or export does.
 */
export type TransferStep = "checking" | "importing" | "exporting";

/**
 * Why the data folder cannot be opened, and what there is to go back to.
 */
export type Trouble = { 
/**
 * What is wrong.
 */
fault: DiskFault, 
/**
 * The system's own words.
 */
detail: string, 
/**
 * The data folder.
 */
folder: string, 
/**
 * Backups that can be read, latest first. Empty where restoring one would not help.
 */
backups: Array<RescueBackup>, 
/**
 * The language that was chosen, as far as it can still be read.
 */
language: Language | null, 
/**
 * The theme that was chosen, likewise.
 */
theme: Theme, };

/**
 * What was started.
 */
export type Turn = { 
/**
 * Where.
 */
conversation: ConversationId, 
/**
 * The question.
 */
question: MessageId, 
/**
 * The answer that is running.
 */
answer: MessageId, };

/**
 * Where the text of answers is that the disk refuses.
 */
export type Unsaved = { "place": "nothing" } | { "place": "kept", 
/**
 * Their folder.
 */
folder: string, } | { "place": "in_memory" };

/**
 * Token counts as the vendor reported them. A `None` was not reported.
 */
export type Usage = { 
/**
 * Tokens read.
 */
input_tokens: number | null, 
/**
 * Tokens written, reasoning included.
 */
output_tokens: number | null, 
/**
 * The part of the output that was reasoning.
 */
reasoning_tokens: number | null, 
/**
 * The part of the input that came from the vendor's cache.
 */
cached_tokens: number | null, 
/**
 * The part of the input that was put into the vendor's cache.
 */
cache_write_tokens: number | null, 
/**
 * What the vendor itself says it costs, in millionths of a US dollar.
 */
micros: number | null, };

/**
 * A connection of a link.
 */
export type Viewer = { 
/**
 * Since when, in milliseconds since the epoch.
 */
since: number, 
/**
 * What it watches. A browser's pages share one connection.
 */
conversations: Array<ConversationId>, 
/**
 * The browser, shortened to a name.
 */
agent: string, };

/**
 * What closing the window does to answers that are being written.
 */
export type WhenClosed = "ask" | "let_finish" | "quit";

/**
 * What happens when the next request would nearly fill what its model reads.
 */
export type WhenFull = "off" | "ask" | "automatic";

/**
 * One event of a stream.
 */
export type WireEvent = { 
/**
 * When it came, in microseconds after the request.
 */
after_us: number, 
/**
 * Its name; `message` where the protocol names none.
 */
name: string, 
/**
 * Its data, cut at 16 KiB.
 */
data: string, };

/**
 * The protocols that can be spoken with a model's server.
 */
export type WireProtocol = "openai_chat" | "openai_responses" | "anthropic" | "gemini" | "ollama";

/** Every command: its request and its response. */
export interface Commands {
  /** What this is and who asks. */
  app_info: { request: Nothing; response: AppInfo };
  /** The settings. */
  settings_get: { request: Nothing; response: Settings };
  /** Changes the settings named in the patch and answers with all of them. */
  settings_update: { request: SettingsUpdate; response: Settings };
  /** Providers, with what is known of their keys. */
  providers_list: { request: Nothing; response: Array<Provider> };
  /** Models a conversation can use, by provider, without addresses or keys. */
  models_list: { request: Nothing; response: Array<ModelChoice> };
  /** Adds an endpoint of one's own, or changes a provider's name or address. */
  provider_save: { request: ProviderSave; response: Provider };
  /** Removes an endpoint of one's own and its key. */
  provider_delete: { request: ProviderRef; response: Nothing };
  /** Asks the provider for its models. */
  provider_models: { request: ProviderRef; response: Array<Model> };
  /** Tests the connection, step by step. */
  provider_test: { request: ProviderTest; response: ConnectionTest };
  /** Looks for model servers on this computer. */
  local_servers_find: { request: Nothing; response: Array<LocalServer> };
  /** Stores a key, bound to the provider's present origin. */
  key_set: { request: KeySet; response: KeyInfo };
  /** Forgets a key of a provider, or all of them. */
  key_delete: { request: KeyRef; response: Nothing };
  /** Stores a proxy's login, bound to the proxy's address. */
  proxy_login_set: { request: ProxyLoginSet; response: KeyInfo };
  /** Forgets a proxy's login. */
  proxy_login_delete: { request: ProxyRef; response: Nothing };
  /** Whether the keyring works right now. */
  keyring_status: { request: Nothing; response: KeyringStatus };
  /** What was spent, by day, provider and key. */
  costs_get: { request: CostsGet; response: Costs };
  /** What a conversation cost so far. */
  conversation_cost: { request: ConversationRef; response: Spent };
  /** A page of the conversation list. */
  conversations_list: { request: ConversationsList; response: ConversationPage };
  /** Makes an empty conversation. */
  conversation_create: { request: ConversationCreate; response: Conversation };
  /** Opens a conversation at its end. */
  conversation_open: { request: ConversationOpen; response: Snapshot };
  /** Older messages of the shown path. */
  messages_before: { request: MessagesBefore; response: MessagePage };
  /** Finds messages by what is in them. */
  search: { request: Search; response: SearchPage };
  /** Renames a conversation. */
  conversation_rename: { request: ConversationRename; response: Conversation };
  /** Has a model make a conversation's title anew. */
  title_make: { request: ConversationRef; response: Conversation };
  /** Pins or unpins a conversation. */
  conversation_pin: { request: ConversationPin; response: Conversation };
  /** Chooses the provider and model of what comes next. */
  conversation_model: { request: ConversationModel; response: Conversation };
  /** Sets how what comes next is answered. */
  conversation_controls: { request: ConversationControls; response: Conversation };
  /** Chooses the assistant that leads a conversation. */
  conversation_assistant: { request: ConversationAssistant; response: Conversation };
  /** Gives a conversation instructions of its own. */
  conversation_prompt: { request: ConversationPrompt; response: Conversation };
  /** What a conversation is answered by, beside what is said in it. */
  conversation_manner: { request: ConversationRef; response: Manner };
  /** Changes where several conversations are, as one act, and says where they were. */
  conversations_arrange: { request: ConversationsArrange; response: Placements };
  /** Puts conversations back to where they were. */
  conversations_place: { request: Placements; response: Nothing };
  /** The projects, oldest first. */
  projects_list: { request: Nothing; response: Array<Project> };
  /** Makes a project, or changes one. */
  project_save: { request: ProjectSave; response: Project };
  /** Deletes a project; its conversations stay, outside of any. */
  project_delete: { request: ProjectRef; response: Nothing };
  /** Takes the deletion of a project back, with the conversations that were in it. */
  project_restore: { request: ProjectRef; response: Project };
  /** The tags that are in use. */
  tags_list: { request: Nothing; response: Array<Tag> };
  /** Deletes a conversation; it can be restored. */
  conversation_delete: { request: ConversationRef; response: Nothing };
  /** Takes a deletion back. */
  conversation_restore: { request: ConversationRef; response: Conversation };
  /** What was deleted and can come back. */
  bin_list: { request: BinList; response: BinPage };
  /** Deletes something in the bin for ever. */
  bin_purge: { request: BinPurge; response: Nothing };
  /** Deletes a message and everything below it; it can be restored. */
  message_delete: { request: MessageRef; response: Snapshot };
  /** Takes the deletion of a message back, and shows it. */
  message_restore: { request: MessageRef; response: Snapshot };
  /** Puts an answer in a person's words beside it, as a sibling. */
  message_edit: { request: MessageEdit; response: Snapshot };
  /** Puts a mark below an answer, from where the model is told what was said, or takes it away. */
  mark_set: { request: MarkSet; response: Nothing };
  /** Has a model summarise the older messages of the shown path. */
  summary_make: { request: ConversationRef; response: Nothing };
  /** Copies the path up to a message into a new conversation. */
  conversation_fork: { request: MessageRef; response: Conversation };
  /** Shows another branch: the newest path through this message. */
  branch_select: { request: MessageRef; response: Snapshot };
  /** The assistants, in order; deleted ones only where a conversation still has them. */
  assistants_list: { request: Nothing; response: Array<AssistantCard> };
  /** An assistant with what it tells the model. */
  assistant_read: { request: AssistantRef; response: Assistant };
  /** Makes or changes an assistant. */
  assistant_save: { request: AssistantSave; response: Assistant };
  /** Deletes an assistant; it can be restored, and conversations keep it. */
  assistant_delete: { request: AssistantRef; response: Nothing };
  /** Takes the deletion of an assistant back. */
  assistant_restore: { request: AssistantRef; response: Assistant };
  /** Puts the assistants in an order. */
  assistants_order: { request: AssistantsOrder; response: Nothing };
  /** Asks where to, and writes an assistant to a file. */
  assistant_export: { request: AssistantRef; response: ExportReport };
  /** What was written in a conversation and not sent. */
  draft_get: { request: DraftRef; response: Draft };
  /** Keeps what was written and not sent; of a temporary conversation in memory. */
  draft_put: { request: Draft; response: Nothing };
  /** Sends a message and starts the answer. */
  message_send: { request: MessageSend; response: Turn };
  /** Reads a file that shall go with a message, and keeps it. */
  attachment_add: { request: AttachmentAdd; response: Attachment };
  /** A file that goes with a message. */
  attachment_read: { request: AttachmentRef; response: AttachmentData };
  /** Stops an answer; what came is kept. */
  answer_stop: { request: MessageRef; response: Nothing };
  /** Answers the same question again, as a sibling. */
  answer_regenerate: { request: AnswerRegenerate; response: Turn };
  /** Goes on with an answer that was cut, stopped or interrupted. */
  answer_continue: { request: MessageRef; response: Turn };
  /** What went over the wire for an answer of this run. */
  answer_trace: { request: MessageRef; response: Trace };
  /** Asks where to, and saves what went over the wire for an answer of this run. */
  recording_save: { request: RecordingSave; response: RecordingSaved };
  /** The recording that the demo replays. */
  replay_status: { request: Nothing; response: ReplayStatus };
  /** The demo answers with this recording from now on. */
  replay_start: { request: ReplayStart; response: ReplayStatus };
  /** The demo answers by itself again. */
  replay_end: { request: Nothing; response: ReplayStatus };
  /** Asks for another program's export, or an archive of ours, and takes in what is new in it. */
  import_start: { request: ImportStart; response: ImportReport | null };
  /** Asks where to, and writes conversations to a file. */
  export_start: { request: ExportStart; response: ExportReport };
  /** Whether an import or export runs, and how far it is. */
  transfer_status: { request: Nothing; response: TransferStatus };
  /** Stops the import or export that runs; what came in before stays. */
  transfer_stop: { request: Nothing; response: Nothing };
  /** The backups there are, and whether the last try failed. */
  backups_list: { request: Nothing; response: BackupStatus };
  /** Makes a backup now. */
  backup_create: { request: Nothing; response: BackupStatus };
  /** Puts a backup in the place of everything; what was there is backed up first. */
  backup_restore: { request: BackupRef; response: BackupStatus };
  /** Asks for a backup's file and puts it in the place of everything; nothing if none was chosen. */
  backup_restore_file: { request: Nothing; response: BackupStatus | null };
  /** The storage backups are sent to, and how the last try went. */
  storage_status: { request: Nothing; response: StorageStatus };
  /** Sets the storage up, after a look whether it can be used. */
  storage_save: { request: StorageSave; response: StorageStatus };
  /** Forgets the storage and its secrets; what is there stays. */
  storage_forget: { request: Nothing; response: StorageStatus };
  /** Asks for a folder of one's own; none if none was chosen. */
  storage_folder_choose: { request: Nothing; response: ChosenFolder };
  /** Sends a backup to the storage now. */
  storage_upload: { request: Nothing; response: StorageStatus };
  /** The backups in the storage. */
  storage_list: { request: Nothing; response: Array<StoredBackup> };
  /** Puts a backup from the storage in the place of everything; what was there is backed up first. */
  storage_restore: { request: StorageRef; response: StorageStatus };
  /** Takes in what is new in a backup from the storage. */
  storage_merge: { request: StorageRef; response: ImportReport };
  /** The mirror, its links and viewers. */
  mirror_status: { request: Nothing; response: MirrorStatus };
  /** Starts the mirror. */
  mirror_start: { request: Nothing; response: MirrorStatus };
  /** Stops the mirror and forgets its links. */
  mirror_stop: { request: Nothing; response: MirrorStatus };
  /** Makes a link; the only time its token is seen. */
  link_create: { request: LinkCreate; response: NewLink };
  /** Ends a link and cuts off who is connected with it. */
  link_revoke: { request: LinkRef; response: MirrorStatus };
  /** Opens a link's page in the system's browser. */
  link_visit: { request: LinkRef; response: Nothing };
  /** The local API for programs, its tokens and their use. */
  api_status: { request: Nothing; response: LocalApi };
  /** Switches the local API on; it stays on over restarts. */
  api_start: { request: Nothing; response: LocalApi };
  /** Switches the local API off; its tokens stay. */
  api_stop: { request: Nothing; response: LocalApi };
  /** Makes a token of the local API; the only time it is seen. */
  api_token_create: { request: ApiTokenCreate; response: NewApiToken };
  /** Ends a token of the local API and what runs with it. */
  api_token_revoke: { request: ApiTokenRef; response: LocalApi };
  /** Opens a web address in the system's browser: http, https and mailto only. */
  link_open: { request: LinkOpen; response: Nothing };
  /** Fetches a picture an answer names: from the public internet only, without cookies, written anew. */
  picture_fetch: { request: PictureFetch; response: AttachmentData };
  /** Opens the folder with the logs. */
  logs_open: { request: Nothing; response: Nothing };
  /** What is to happen, where the window was to be closed while answers are being written. */
  closing_answer: { request: ClosingAnswer; response: Nothing };
}

/** The least role that may call a command. */
export const commandRoles: Record<keyof Commands, CallerRole> = {
  app_info: "viewer",
  settings_get: "window",
  settings_update: "window",
  providers_list: "window",
  models_list: "participant",
  provider_save: "window",
  provider_delete: "window",
  provider_models: "window",
  provider_test: "window",
  local_servers_find: "window",
  key_set: "window",
  key_delete: "window",
  proxy_login_set: "window",
  proxy_login_delete: "window",
  keyring_status: "window",
  costs_get: "window",
  conversation_cost: "window",
  conversations_list: "viewer",
  conversation_create: "participant",
  conversation_open: "viewer",
  messages_before: "viewer",
  search: "viewer",
  conversation_rename: "window",
  title_make: "window",
  conversation_pin: "window",
  conversation_model: "participant",
  conversation_controls: "participant",
  conversation_assistant: "participant",
  conversation_prompt: "window",
  conversation_manner: "window",
  conversations_arrange: "window",
  conversations_place: "window",
  projects_list: "window",
  project_save: "window",
  project_delete: "window",
  project_restore: "window",
  tags_list: "window",
  conversation_delete: "window",
  conversation_restore: "window",
  bin_list: "window",
  bin_purge: "window",
  message_delete: "window",
  message_restore: "window",
  message_edit: "window",
  mark_set: "window",
  summary_make: "window",
  conversation_fork: "window",
  branch_select: "participant",
  assistants_list: "viewer",
  assistant_read: "window",
  assistant_save: "window",
  assistant_delete: "window",
  assistant_restore: "window",
  assistants_order: "window",
  assistant_export: "window",
  draft_get: "window",
  draft_put: "window",
  message_send: "participant",
  attachment_add: "window",
  attachment_read: "viewer",
  answer_stop: "participant",
  answer_regenerate: "participant",
  answer_continue: "participant",
  answer_trace: "window",
  recording_save: "window",
  replay_status: "window",
  replay_start: "window",
  replay_end: "window",
  import_start: "window",
  export_start: "window",
  transfer_status: "window",
  transfer_stop: "window",
  backups_list: "window",
  backup_create: "window",
  backup_restore: "window",
  backup_restore_file: "window",
  storage_status: "window",
  storage_save: "window",
  storage_forget: "window",
  storage_folder_choose: "window",
  storage_upload: "window",
  storage_list: "window",
  storage_restore: "window",
  storage_merge: "window",
  mirror_status: "window",
  mirror_start: "window",
  mirror_stop: "window",
  link_create: "window",
  link_revoke: "window",
  link_visit: "window",
  api_status: "window",
  api_start: "window",
  api_stop: "window",
  api_token_create: "window",
  api_token_revoke: "window",
  link_open: "window",
  picture_fetch: "window",
  logs_open: "window",
  closing_answer: "window",
};
