import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import english from '../../messages/en.json';
import chinese from '../../messages/zh-CN.json';
import { errors, failures } from './sentences';

const generated = readFileSync('src/protocol/generated.ts', 'utf8');

function codes(type: string): string[] {
  const union = new RegExp(`export type ${type} = ([^;]+);`).exec(generated)?.[1] ?? '';
  return [...union.matchAll(/"(\w+)"/g)].map((found) => found[1] as string);
}

it('each failure has a sentence and a next step in both languages', () => {
  const wanted = codes('FailureCode');
  expect(wanted.length).toBeGreaterThan(10);
  for (const code of wanted) {
    for (const catalogue of [english, chinese]) expect(catalogue).toHaveProperty(`f_${code}`);
    const words = failures[code as keyof typeof failures];
    expect(words.sentence({ host: 'h' }).length, code).toBeGreaterThan(4);
    expect(words.next().length, code).toBeGreaterThan(2);
  }
});

it('each error has a sentence in both languages', () => {
  const wanted = codes('ErrorCode');
  expect(wanted.length).toBeGreaterThan(10);
  for (const code of wanted) {
    for (const catalogue of [english, chinese]) expect(catalogue).toHaveProperty(`e_${code}`);
    expect(errors[code as keyof typeof errors]().length, code).toBeGreaterThan(4);
  }
});
