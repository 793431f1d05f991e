import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import type { Exchange } from '../protocol/generated';
import { asCurl } from './curl';

const exchange = (body: string): Exchange => ({
  at: 0,
  method: 'POST',
  url: "https://api.example/v1/chat?a='b",
  headers: [
    { name: 'authorization', value: '•••' },
    { name: 'x-api-key', value: '•••' },
    { name: 'content-type', value: 'application/json' },
    { name: 'content-length', value: '9' },
  ],
  body,
  status: 200,
  status_ms: 1,
  response_headers: [],
  events: [],
  left_out: 0,
  failure: null,
});

/** What a shell makes of the command: its arguments. */
function argumentsOf(command: string): string[] {
  const script = `curl() { for a in "$@"; do printf '%s\\0' "$a"; done; }; RIVULET_KEY=k; ${command}`;
  return execFileSync('sh', ['-c', script]).toString().split('\0').slice(0, -1);
}

test('a shell reads it as it was sent, with the key left to the person', () => {
  const body = `{"text":"it's $HOME \`id\` \\\\ \\n 水"}`;
  const args = argumentsOf(asCurl(exchange(body)));
  expect(args).toEqual([
    '-N',
    '-X',
    'POST',
    "https://api.example/v1/chat?a='b",
    '-H',
    'authorization: Bearer k',
    '-H',
    'x-api-key: k',
    '-H',
    'content-type: application/json',
    '--data-raw',
    body,
  ]);
});
