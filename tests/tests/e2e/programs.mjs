// What the official package of npm makes of the local API. The last line is what the test compares.
const client = new OpenAI({ baseURL: URL, apiKey: TOKEN, maxRetries: 0 });
const model = 'custom/test-model';
const messages = [{ role: 'user', content: 'Hi' }];
const tools = [{ type: 'function', function: { name: 'look', parameters: { type: 'object', properties: {} } } }];
const seen = {};

async function failed(ask) {
  try {
    await ask();
  } catch (error) {
    if (!(error instanceof OpenAI.APIError)) throw error;
    return error.status ? [error.constructor.name, error.status, error.code] : [error.constructor.name, error.code];
  }
  return 'nothing';
}

async function all(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

const names = (await all(await client.models.list())).map(({ id }) => id);
seen.models = [names.includes(model), names.includes('demo/echo'), (await client.models.retrieve(model)).owned_by];

const whole = await client.chat.completions.create({ model, messages, temperature: 0.5 });
seen.whole = [whole.choices[0].message.content, whole.choices[0].finish_reason, whole.usage.total_tokens];

const asking = { model: 'test-model', messages, stream: true, stream_options: { include_usage: true } };
const chunks = await all(await client.chat.completions.create(asking));
const said = chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('');
seen.stream = [said, chunks.at(-2).choices[0].finish_reason, chunks.at(-1).usage.total_tokens];

const asked = await client.chat.completions.create({ model, messages, tools, tool_choice: 'auto' });
const { message, finish_reason } = asked.choices[0];
const [call] = message.tool_calls;
seen.tool = [finish_reason, call.id, call.function.name, JSON.parse(call.function.arguments)];
const result = { role: 'tool', tool_call_id: call.id, content: 'A river.' };
const answered = await client.chat.completions.create({ model, messages: [...messages, message, result], tools });
seen.answered = answered.choices[0].message.content;

const final = (await client.chat.completions.stream({ model, messages, tools }).finalChatCompletion()).choices[0];
seen.streamed_tool = [final.finish_reason, final.message.tool_calls[0].function.arguments];

seen.bad = await failed(() => client.chat.completions.create({ model, messages }));
seen.slow_down = await failed(() => client.chat.completions.create({ model, messages }));
seen.broken = await failed(async () => all(await client.chat.completions.create({ model, messages, stream: true })));
seen.no_model = await failed(() => client.chat.completions.create({ model: 'nothing', messages }));
const stranger = new OpenAI({ baseURL: URL, apiKey: 'rvk_wrong', maxRetries: 0 });
seen.stranger = await failed(() => stranger.models.list());
console.log(JSON.stringify(seen));
