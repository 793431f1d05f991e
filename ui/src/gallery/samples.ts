import type {
  Attachment,
  BackupStatus,
  BinEntry,
  Commands,
  ConnectionTest,
  Conversation,
  Costs,
  Failure,
  FailureCode,
  Link,
  LocalApi,
  ModelChoice,
  PathMessage,
  Provider,
  Settings,
  StorageStatus,
} from '../protocol/generated';
import type { Coming } from '../state/attaching.svelte';
import type { LiveMessage } from '../state/reduce';
import { DEFAULTS } from '../state/settings.svelte';

const NOW = Date.now();
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

export const settings: Settings = {
  ...DEFAULTS,
  welcomed: true,
  default_provider: 'openai',
  default_model: 'gpt-large',
  prompts: [
    { name: 'Translate', folder: 'Work', text: 'Put this into {{language=German}}: {{text}}' },
    { name: 'Thanks', folder: '', text: 'Thank you.' },
  ],
  shortcuts: { palette: 'Mod+E' },
};

const provider: Provider = {
  id: 'openai',
  name: 'OpenAI',
  base_url: 'https://api.openai.com/v1',
  origin: 'https://api.openai.com',
  needs_address: false,
  kind: 'cloud',
  protocol: 'openai_responses',
  protocols: ['openai_responses', 'openai_chat'],
  controls: ['temperature', 'max_tokens', 'effort'],
  headers: [],
  body_patch: null,
  proxy: { type: 'system' },
  proxy_login: null,
  needs_key: true,
  key: {
    origin: 'https://api.openai.com',
    last_four: 'q3Zx',
    kept_in: 'keyring',
    set_at: NOW - 30 * DAY,
    last_used: NOW - HOUR,
    number: 0,
    label: '',
    problem: null,
  },
  more_keys: [],
  key_for_other_origin: null,
  key_prefixes: ['sk-'],
  key_url: 'https://platform.openai.com/api-keys',
  billing_url: 'https://platform.openai.com/billing',
  models: [],
};

export const providers: Provider[] = [
  provider,
  { ...provider, id: 'anthropic', name: 'Anthropic', origin: 'https://api.anthropic.com', key: null },
  {
    ...provider,
    id: 'moved',
    name: 'An endpoint that moved',
    kind: 'custom',
    origin: 'https://new.example',
    key: null,
    key_for_other_origin: 'https://old.example',
    proxy: { type: 'through', address: 'http://proxy.example:3128' },
  },
  {
    ...provider,
    id: 'refused',
    name: 'A key that was refused',
    kind: 'custom',
    key: provider.key && { ...provider.key, kept_in: 'memory', problem: { code: 'unauthorized', at: NOW - HOUR } },
    more_keys: provider.key ? [{ ...provider.key, number: 1, label: 'Work', last_four: '77Aa' }] : [],
  },
  {
    ...provider,
    id: 'local',
    name: 'Ollama',
    origin: 'http://127.0.0.1:11434',
    kind: 'local',
    needs_key: false,
    key: null,
  },
];

const model = (id: string, name: string, pictures: boolean): ModelChoice => ({
  provider: 'openai',
  provider_name: 'OpenAI',
  favourite: pictures,
  model: {
    id,
    name,
    context: 128_000,
    max_output: 16_000,
    price: { input: 1_250_000, cached: 125_000, cache_write: null, output: 10_000_000, long: null },
    price_is_own: false,
    abilities: { pictures, documents: pictures, reasoning: true, tools: true },
  },
});
export const models = [model('gpt-large', 'GPT Large', true), model('gpt-small', 'GPT Small', false)];

const place = { archived: false, project: null, tags: [] };
export const conversation: Conversation = {
  id: 'c1',
  title: 'Why a delta branches',
  pinned: false,
  created_at: NOW - HOUR,
  updated_at: NOW - HOUR,
  provider: 'openai',
  model: 'gpt-large',
  controls: {},
  assistant: null,
  own_prompt: false,
  leaf: 'a1',
  head: 1,
  running: false,
  temporary: false,
  place,
};
export const conversations: Conversation[] = [
  { ...conversation, id: 'c0', title: 'Pinned above all others', pinned: true },
  conversation,
  { ...conversation, id: 'c2', title: 'One in which an answer runs', running: true },
  { ...conversation, id: 'c3', title: 'One with tags', place: { ...place, tags: ['delta', 'work'] } },
  {
    ...conversation,
    id: 'c4',
    title: '一个名字很长的对话，长到在侧边栏里放不下，只能用省略号结尾',
    updated_at: NOW - DAY,
  },
  { ...conversation, id: 'c5', title: '', updated_at: NOW - 40 * DAY },
];
export const projects = [
  { id: 'p1', name: 'Rivers', instructions: 'Speak of rivers.', created_at: NOW, conversations: 3 },
];
export const assistants = [
  {
    id: 'as1',
    name: 'River guide',
    mark: '🌊',
    starters: ['How wide is the Rhine?'],
    provider: null,
    model: null,
    deleted: false,
  },
];

const message: PathMessage = {
  siblings: ['m'],
  id: 'm',
  parent: null,
  author: 'assistant',
  state: 'complete',
  text: 'A river that meets slack water drops what it carries, and **builds its own obstacle**.',
  reasoning: '',
  attachments: [],
  tool_calls: [],
  replay: [],
  edited: false,
  mark: null,
  reasoning_ms: null,
  created_at: NOW - 8_000,
  ended_at: NOW - 2_000,
  first_output_ms: 600,
  provider: 'openai',
  model: 'gpt-large',
  finish_reason: 'stop',
  usage: {
    input_tokens: 1200,
    output_tokens: 340,
    reasoning_tokens: 80,
    cached_tokens: 0,
    cache_write_tokens: 0,
    micros: null,
  },
  cost: { input_tokens: 1200, cached_tokens: 0, output_tokens: 340, micros: 4900, estimated: false },
  failure: null,
};

export const RICH = `## What branches

1. The current slows; coarse grains go down first.
2. A bar grows, and the water **splits around it**.

- [x] sand
- [ ] silt, see \`grain_size < 63e-6\`

| Grain | Settles in |
|:--|--:|
| sand | seconds |
| clay | days |

> Two channels are steeper than one is long.

\`\`\`rust
fn settles(grain: f64, depth: f64) -> f64 {
    depth / (1e6 * grain * grain)
}
\`\`\`

The speed is $v = \\sqrt{g h}$, and a link says [where it leads](https://example.com/delta).
`;

const answer = (id: string, over: Partial<PathMessage>): PathMessage => ({ ...message, id, siblings: [id], ...over });
export const answers: PathMessage[] = [
  answer('a1', {
    text: RICH,
    reasoning: 'The person wants the mechanism first.',
    reasoning_ms: 3200,
    siblings: ['a0', 'a1', 'a2'],
  }),
  answer('a2', { edited: true, cost: { ...(message.cost as object), estimated: true } as PathMessage['cost'] }),
  answer('a3', { state: 'stopped' }),
  answer('a4', { state: 'stopped', text: '' }),
  answer('a5', { state: 'interrupted' }),
  answer('a6', { finish_reason: 'length' }),
  answer('a7', { finish_reason: 'content_filter', text: '' }),
  answer('a8', { finish_reason: 'refusal' }),
];

const live = (id: string, over: Partial<LiveMessage>): LiveMessage => ({
  ...answer(id, { state: 'running', ended_at: null, usage: null, cost: null, finish_reason: null }),
  notice: null,
  tokens: 0,
  tokens_since: null,
  ...over,
});
const failure = (code: FailureCode): Failure => ({
  code,
  host: 'api.openai.com',
  status: code === 'unauthorized' ? 401 : null,
  detail: code === 'unauthorized' ? 'Incorrect API key provided: sk-…q3Zx.' : null,
  retry_after_ms: null,
  proxy: null,
});
export const running: LiveMessage[] = [
  live('r1', { text: '', notice: { kind: 'connecting' } }),
  live('r2', { text: '', notice: { kind: 'waiting' } }),
  live('r3', { text: '', reasoning: 'Where does the grain go?' }),
  live('r4', { tokens: 900, tokens_since: NOW - 9000 }),
  live('r5', { notice: { kind: 'stalled', silent_ms: 21_000 } }),
  live('r6', {
    text: '',
    notice: { kind: 'retrying', attempt: 2, of: 4, at: NOW + DAY, failure: failure('rate_limited') },
  }),
  live('r7', { text: '', notice: { kind: 'summarising' } }),
];
export const failed = (codes: readonly string[]): PathMessage[] =>
  codes.map((code) => answer(`f-${code}`, { state: 'failed', text: '', failure: failure(code as FailureCode) }));

const question = (id: string, over: Partial<PathMessage>) =>
  answer(id, { author: 'user', text: 'Why does it branch?', ...over });
export const questions: PathMessage[] = [
  question('q1', {}),
  question('q2', { text: '为什么河流到了海边反而会分成许多岔道？'.repeat(8), siblings: ['q0', 'q2'] }),
  question('q3', { text: 'A long one. '.repeat(300) }),
];

const attachment: Attachment = {
  hash: '0'.repeat(64),
  name: 'map of the delta.pdf',
  media_type: 'application/pdf',
  kind: 'pdf',
  bytes: 1_234_567,
  text: null,
  width: null,
  height: null,
  pages: 12,
  tokens: 9300,
};
export const files: Coming[] = [
  { name: 'delta.png', attachment: null, problem: null },
  { name: attachment.name, attachment, problem: null },
  {
    name: 'a name that is so long that it cannot be shown.txt',
    attachment: { ...attachment, kind: 'text', pages: null },
    problem: null,
  },
  { name: 'locked.pdf', attachment: null, problem: 'The file is locked with a password.' },
];

export const links: Link[] = [
  {
    id: 'l1',
    label: 'Phone',
    role: 'viewer',
    conversations: null,
    created_at: NOW,
    expires_at: NOW + DAY,
    messages_left: null,
    tokens_left: null,
    lasting: true,
    viewers: [{ since: NOW - HOUR, conversations: [], agent: 'Firefox on Android' }],
  },
  {
    id: 'l2',
    label: '',
    role: 'participant',
    conversations: ['c1'],
    created_at: NOW,
    expires_at: null,
    messages_left: 20,
    tokens_left: 40_000,
    lasting: false,
    viewers: [],
  },
];
const used = { requests: 3, tokens: 1200 };
export const api: LocalApi = {
  url: 'http://127.0.0.1:4343/v1',
  tokens: [
    {
      id: 't1',
      name: 'Editor',
      created_at: NOW,
      expires_at: null,
      budget: { requests: 100, tokens: null, per_s: 86_400 },
      used,
      used_in_all: used,
      last_used: NOW - HOUR,
    },
  ],
};
export const bin: BinEntry[] = [
  { conversation: 'c9', title: 'A deleted one', text: 'What it began with.', deleted_at: NOW - HOUR, messages: 4 },
];
export const backups: BackupStatus = {
  folder: '/home/ada/.local/share/rivulet/backups',
  running: false,
  problem: { at: NOW - HOUR, detail: 'No space left on device (os error 28)' },
  backups: [{ name: 'b1', kind: 'daily', made_at: NOW - DAY, bytes: 48_000_000 }],
};
export const storage: StorageStatus = {
  place: { type: 'webdav', address: 'https://cloud.example/dav/rivulet', user: 'ada' },
  running: false,
  last: { name: 's1', made_at: NOW - 2 * DAY, bytes: 51_000_000 },
  problem: {
    at: NOW - HOUR,
    error: { code: 'storage_denied', message: 'The storage refused the login.', detail: '401', failure: null },
  },
};
export const costs: Costs = {
  today: new Date(NOW).toISOString().slice(0, 10),
  prices_of: '2026-06-01',
  days: [
    {
      day: new Date(NOW).toISOString().slice(0, 10),
      provider: 'openai',
      key: 0,
      purpose: 'answer',
      answers: 12,
      input_tokens: 40_000,
      cached_tokens: 0,
      output_tokens: 9000,
      micros: 140_000,
      unpriced: 1,
      estimated: 2,
    },
  ],
};
const step = { took_ms: 14, failure: null, detail: null, proxy: null, certificate: null, models: null };
export const tested: ConnectionTest & Commands['provider_test']['response'] = {
  steps: [
    { ...step, step: 'key' },
    { ...step, step: 'name', detail: '104.18.6.192' },
    { ...step, step: 'tcp' },
    {
      ...step,
      step: 'tls',
      certificate: {
        issuer: 'GTS CA',
        subject: 'api.openai.com',
        names: ['api.openai.com'],
        not_before: NOW - 30 * DAY,
        not_after: NOW + 60 * DAY,
      },
    },
    { ...step, step: 'auth', failure: failure('unauthorized') },
  ],
};
