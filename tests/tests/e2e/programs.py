# What the official package of PyPI makes of the local API. The last line is what the test compares.
import json
import openai
from openai import OpenAI

client = OpenAI(base_url=URL, api_key=TOKEN, max_retries=0)
MODEL = 'custom/test-model'
hello = [{'role': 'user', 'content': 'Hi'}]
tools = [{'type': 'function', 'function': {'name': 'look', 'parameters': {'type': 'object', 'properties': {}}}}]
seen = {}


def failed(ask):
    try:
        ask()
    except openai.APIStatusError as error:
        return [type(error).__name__, error.status_code, error.code]
    except openai.APIError as error:
        return [type(error).__name__, error.code]
    return 'nothing'


names = [model.id for model in client.models.list()]
seen['models'] = [MODEL in names, 'demo/echo' in names, client.models.retrieve(MODEL).owned_by]

whole = client.chat.completions.create(model=MODEL, messages=hello, temperature=0.5)
seen['whole'] = [whole.choices[0].message.content, whole.choices[0].finish_reason, whole.usage.total_tokens]

stream = client.chat.completions.create(
    model='test-model', messages=hello, stream=True, stream_options={'include_usage': True}
)
chunks = list(stream)
said = ''.join(chunk.choices[0].delta.content or '' for chunk in chunks if chunk.choices)
seen['stream'] = [said, chunks[-2].choices[0].finish_reason, chunks[-1].usage.total_tokens]

asked = client.chat.completions.create(model=MODEL, messages=hello, tools=tools, tool_choice='auto')
message = asked.choices[0].message
call = message.tool_calls[0]
seen['tool'] = [asked.choices[0].finish_reason, call.id, call.function.name, json.loads(call.function.arguments)]
result = {'role': 'tool', 'tool_call_id': call.id, 'content': 'A river.'}
answered = client.chat.completions.create(model=MODEL, messages=[*hello, message, result], tools=tools)
seen['answered'] = answered.choices[0].message.content

with client.chat.completions.stream(model=MODEL, messages=hello, tools=tools) as events:
    final = events.get_final_completion().choices[0]
seen['streamed_tool'] = [final.finish_reason, final.message.tool_calls[0].function.arguments]

seen['bad'] = failed(lambda: client.chat.completions.create(model=MODEL, messages=hello))
seen['slow_down'] = failed(lambda: client.chat.completions.create(model=MODEL, messages=hello))
seen['broken'] = failed(lambda: list(client.chat.completions.create(model=MODEL, messages=hello, stream=True)))
seen['no_model'] = failed(lambda: client.chat.completions.create(model='nothing', messages=hello))
stranger = OpenAI(base_url=URL, api_key='rvk_wrong', max_retries=0)
seen['stranger'] = failed(lambda: stranger.models.list())
print(json.dumps(seen))
