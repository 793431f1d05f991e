import type { AssistantCard, Prompt } from '../protocol/generated';

/** What is being called by its first sign: `/` for prompts and commands, `@` for assistants and models. */
export interface Call {
  sign: '/' | '@';
  query: string;
  /** Where the call stands in the text, from its sign to the caret. */
  from: number;
  to: number;
}

/** The call that ends at the caret. A `/` counts at the beginning of the text only: elsewhere it is part of a path. */
export function callAt(text: string, caret: number): Call | null {
  const before = text.slice(Math.max(0, caret - 80), caret);
  const start = caret - before.length;
  if (start === 0) {
    const command = /^\/([^\s/]*)$/.exec(before);
    if (command) return { sign: '/', query: command[1] ?? '', from: 0, to: caret };
  }
  const model = /(?:^|\s)@(\S*)$/.exec(before);
  if (!model) return null;
  const query = model[1] ?? '';
  return { sign: '@', query, from: caret - query.length - 1, to: caret };
}

/** A blank in a prompt, and what it has at first. */
export interface Variable {
  name: string;
  value: string;
}

const VARIABLE = /\{\{\s*([^{}=]+?)\s*(?:=\s*([^{}]*?)\s*)?\}\}/g;

/** The variables of a prompt in the order they first come; each once. */
export function variablesOf(text: string): Variable[] {
  const found = new Map<string, string>();
  for (const [, name = '', value] of text.matchAll(VARIABLE)) {
    if (!found.get(name)) found.set(name, value ?? '');
  }
  return [...found].map(([name, value]) => ({ name, value }));
}

/** The prompt with its variables filled in. What is filled in is not read as a variable again. */
export function filled(text: string, values: Readonly<Record<string, string | undefined>>): string {
  return text.replace(VARIABLE, (whole, name: string) => (Object.hasOwn(values, name) ? (values[name] ?? '') : whole));
}

/** The assistants with the query in their names; those whose name begins so first, and else in their order. */
export function findAssistants(assistants: readonly AssistantCard[], query: string): AssistantCard[] {
  const words = query.toLowerCase();
  const begins = ({ name }: AssistantCard) => Number(name.toLowerCase().startsWith(words));
  return assistants.filter(({ name }) => name.toLowerCase().includes(words)).sort((a, b) => begins(b) - begins(a));
}

/** The prompts with all words of the query in name, folder or text; those whose name begins so first. */
export function findPrompts(prompts: readonly Prompt[], query: string): Prompt[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const first = words[0] ?? '';
  const begins = (prompt: Prompt) => Number(prompt.name.toLowerCase().startsWith(first));
  return prompts
    .filter(({ name, folder, text }) => {
      const all = `${name}\n${folder}\n${text}`.toLowerCase();
      return words.every((word) => all.includes(word));
    })
    .sort((a, b) => begins(b) - begins(a) || a.name.localeCompare(b.name));
}
