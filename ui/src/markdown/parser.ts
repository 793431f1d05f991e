import type { MarkdownIt as Parser, StateCore, Token } from 'markdown-it';
import MarkdownIt from 'markdown-it';
import { footnotesSyntax } from './footnotes-syntax';
import { mathsSyntax } from './maths-syntax';
import { completeInline } from './tail';

/** What a parse knows besides the text; markdown-it passes it through as `env`. */
export interface ParseEnv {
  /** Link definitions by normalised label, footnotes by `^label`. */
  references: Record<string, { href: string; title: string }>;
  /** The text is still growing: half-written syntax at its end is completed or left out. */
  growing?: boolean;
  /** Take `[^1]` for a footnote before its definition was seen. */
  assumeNotes?: boolean;
}

/** Deeper structures than this are shown as plain text. */
export const MAX_NESTING = 60;
/** A longer paragraph (or heading, or cell) is shown as plain text: nobody writes one, and inline parsing is not linear. */
export const MAX_INLINE = 64 * 1024;
/** A paragraph of more tokens than this is shown as plain text: engines lay out thousands of inline boxes in minutes. */
const MAX_PARTS = 10_000;

/** Counts what was parsed, for the test that the cost grows with the answer and no faster. */
export const parsed = { characters: 0 };

/** What may follow `www.` in a bare link; a full stop or bracket at its end belongs to the sentence. */
const WWW = /^[a-z0-9-]+(\.[a-z0-9-]+)+([/?#][^\s<>"']*[^\s<>"'.,;:!?)\]}*_~])?/i;

const md = create();

/** The tokens of a whole piece of Markdown. */
export function parse(source: string, env: ParseEnv): Token[] {
  parsed.characters += source.length;
  return md.parse(source, { ...env });
}

/** The block structure alone; inline text is not looked at. */
export function parseBlocks(source: string): Token[] {
  parsed.characters += source.length;
  const tokens: Token[] = [];
  md.block.parse(source, md, { references: Object.create(null) }, tokens);
  return tokens;
}

/** The parser as it is set up, for the conformance test. */
export function create(): Parser {
  // `html: false`: what a model writes as HTML is text. Every link becomes a token; `safeLink` decides later what it may
  // do, so a refused one is drawn as inert text instead of as Markdown source.
  const it = new MarkdownIt({ html: false, linkify: true, breaks: false, typographer: false, maxNesting: MAX_NESTING });
  it.validateLink = () => true;
  it.linkify.set({ fuzzyLink: false, fuzzyEmail: false, fuzzyIP: false });
  it.linkify.add('//', null).add('ftp:', null);
  it.linkify.add('www.', {
    validate: (text, at) => WWW.exec(text.slice(at, at + 2048))?.[0].length ?? 0,
    normalize: (match) => {
      match.url = `http://${match.url}`;
    },
  });
  it.use(mathsSyntax).use(footnotesSyntax);
  it.core.ruler.before('inline', 'long_text', longText);
  it.core.ruler.before('inline', 'growing', growing);
  it.core.ruler.push('many_parts', manyParts);
  return it;
}

/** Takes the text of an oversized inline token away from the inline parser. */
function longText(state: StateCore): void {
  for (const token of state.tokens) {
    if (token.type === 'inline' && token.content.length > MAX_INLINE) makePlain(token, state);
  }
}

/** Shows text of too many parts as it was written. */
function manyParts(state: StateCore): void {
  for (const token of state.tokens) {
    if (token.type === 'inline' && (token.children?.length ?? 0) > MAX_PARTS) makePlain(token, state);
  }
}

function makePlain(token: Token, state: StateCore): void {
  const text = new state.Token('text', '', 0);
  text.content = token.content;
  token.type = 'plain';
  token.children = [text];
}

/** Completes half-written syntax at the end of a text that is still growing. */
function growing(state: StateCore): void {
  const env = state.env as ParseEnv;
  if (env.growing !== true) return;
  const { src, tokens } = state;
  const lineDone = src.endsWith('\n');
  if (!lineDone && tokens.at(-1)?.type === 'table_close') dropLastRow(tokens);
  if (/\n[ \t]*\n[ \t]*$/.test(src)) return;
  for (let i = tokens.length - 1; i >= 0; i--) {
    const token = tokens[i]!;
    if (token.type !== 'inline') {
      if (token.nesting >= 0) return;
      continue;
    }
    // A heading or a table row ends with its line; only a paragraph can go on after it.
    if (!lineDone || tokens[i - 1]?.type === 'paragraph_open') token.content = completeInline(token.content);
    return;
  }
}

/** A table's row is shown when it is complete. */
function dropLastRow(tokens: Token[]): void {
  for (let i = tokens.length - 1; i >= 0; i--) {
    if (tokens[i]!.type === 'tr_open') {
      const end = tokens.findIndex((token, at) => at > i && token.type === 'tr_close');
      tokens.splice(i, end - i + 1);
      return;
    }
    if (tokens[i]!.type === 'thead_close') return;
  }
}
