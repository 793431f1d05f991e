import { beforeEach, expect, test } from 'vitest';
import { handOver } from './still';

const page = (written = '') =>
  `<div id="app"><textarea>${written}</textarea></div><div id="still"><p>drawn</p><textarea></textarea></div>`;
const [app, still] = [0, 1].map((at) => () => document.querySelectorAll('textarea')[at] as HTMLTextAreaElement);

beforeEach(() => {
  document.body.innerHTML = page();
});

test('the still goes when the page is there', () => {
  handOver();
  expect(document.body.innerHTML).toBe('<div id="app"><textarea></textarea></div>');
});

test('what was typed into the still is in the page, with the caret where it was, and the page knows', () => {
  const heard: string[] = [];
  app?.().addEventListener('input', (event) => heard.push((event.target as HTMLTextAreaElement).value));
  const before = still?.() as HTMLTextAreaElement;
  before.value = 'typed early';
  before.setSelectionRange(2, 5);
  handOver();
  const field = app?.() as HTMLTextAreaElement;
  expect([field.value, field.selectionStart, field.selectionEnd]).toEqual(['typed early', 2, 5]);
  expect(heard).toEqual(['typed early']);
});

test('a draft from the last time stays before it', () => {
  document.body.innerHTML = page('kept, ');
  (still?.() as HTMLTextAreaElement).value = 'and typed';
  handOver();
  expect(app?.().value).toBe('kept, and typed');
});

test('a page without a still, and one in which nobody may write, are left as they are', () => {
  document.body.innerHTML = '<div id="app"><p>read</p></div>';
  handOver();
  expect(document.body.innerHTML).toBe('<div id="app"><p>read</p></div>');
});
