import { describe, expect, it } from 'vitest';
import { callAt, filled, findPrompts, variablesOf } from './suggest';

describe('a call', () => {
  it('of prompts and commands is a slash at the beginning', () => {
    expect(callAt('/sum', 4)).toEqual({ sign: '/', query: 'sum', from: 0, to: 4 });
    expect(callAt('/', 1)).toEqual({ sign: '/', query: '', from: 0, to: 1 });
    for (const path of ['/home/me', 'a /sum', '/sum up']) expect(callAt(path, path.length)).toBeNull();
  });

  it('of models is an at sign after a space', () => {
    expect(callAt('Ask @gpt', 8)).toEqual({ sign: '@', query: 'gpt', from: 4, to: 8 });
    expect(callAt('me@example.org', 14)).toBeNull();
    expect(callAt('@ and more', 10)).toBeNull();
    expect(callAt('@cl and more', 3)).toEqual({ sign: '@', query: 'cl', from: 0, to: 3 });
  });
});

describe('a prompt', () => {
  const text = 'Translate into {{language=German}}:\n{{ text }}\n({{language}}, {not one})';

  it('has variables, each once and with its first value', () => {
    expect(variablesOf(text)).toEqual([
      { name: 'language', value: 'German' },
      { name: 'text', value: '' },
    ]);
    expect(variablesOf('none')).toEqual([]);
  });

  it('is filled in everywhere, and what is filled in stays as it is', () => {
    expect(filled(text, { language: 'Thai', text: '{{language}} $1' })).toBe(
      'Translate into Thai:\n{{language}} $1\n(Thai, {not one})',
    );
    expect(filled('{{a}}', {})).toBe('{{a}}');
  });

  it('is found by its words', () => {
    const prompts = [
      { name: 'Sum up', folder: 'Work', text: 'Sum this up.' },
      { name: 'Translate', folder: '', text: 'Into German, and sum it up.' },
    ];
    expect(findPrompts(prompts, 'sum').map(({ name }) => name)).toEqual(['Sum up', 'Translate']);
    expect(findPrompts(prompts, 'work sum').map(({ name }) => name)).toEqual(['Sum up']);
    expect(findPrompts(prompts, '')).toHaveLength(2);
  });
});
