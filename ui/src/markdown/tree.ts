import type { Token } from 'markdown-it';
import { labels } from './labels';
import { safeLink, withoutBidi } from './links';
import { MAX_NESTING } from './parser';

/** What is drawn: a small tree of plain values, made from the parser's tokens and turned into DOM by `dom.ts`. */
export type Piece = TextPiece | ElementPiece | CodePiece | MathsPiece;

export interface TextPiece {
  kind: 'text';
  text: string;
}

/** The elements a model's text can become. `dom.ts` creates no other. */
export type Tag =
  | 'p'
  | 'h1'
  | 'h2'
  | 'h3'
  | 'h4'
  | 'h5'
  | 'h6'
  | 'blockquote'
  | 'ul'
  | 'ol'
  | 'li'
  | 'hr'
  | 'div'
  | 'span'
  | 'table'
  | 'thead'
  | 'tbody'
  | 'tr'
  | 'th'
  | 'td'
  | 'em'
  | 'strong'
  | 's'
  | 'code'
  | 'br'
  | 'a'
  | 'sup'
  | 'button';

export interface ElementPiece {
  kind: 'element';
  tag: Tag;
  attributes: Record<string, string>;
  children: Piece[];
}

export interface CodePiece {
  kind: 'code';
  info: string;
  code: string;
  /** The closing mark has arrived: it can be coloured. */
  closed: boolean;
}

export interface MathsPiece {
  kind: 'maths';
  tex: string;
  display: boolean;
  /** False while it is being written; then the TeX is shown. */
  closed: boolean;
}

/** Blocks that choose their direction by their own first letters. */
const DIRECTED = new Set<string>(['p', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'th', 'td', 'li']);
const CONTAINERS = new Set<string>([
  ...DIRECTED,
  'blockquote',
  'ul',
  'ol',
  'hr',
  'table',
  'thead',
  'tbody',
  'tr',
  'em',
  'strong',
  's',
  'br',
]);

/** Builds the tree of a block's tokens. `growing` says that the last of them is still being written. */
export function treeOf(tokens: Token[], source: string, growing: boolean): Piece[] {
  if (tokens.some((token) => token.level >= MAX_NESTING - 1)) return [plain(source)];
  return new Builder(source, growing).build(tokens);
}

/** Text as it was written, line ends included. */
export function plain(text: string): Piece {
  return element('p', [textPiece(text.trimEnd())], { class: 'md-plain', dir: 'auto' });
}

/** Characters that hide text from the reader are shown by their number (flags of countries are made of some of them). */
export function visible(text: string): string {
  if (!/\udb40[\udc00-\udc7f]/.test(text)) return text;
  return text.replace(/\u{1f3f4}[\u{e0020}-\u{e007e}]{2,8}\u{e007f}|[\u{e0000}-\u{e007f}]/gu, (found) =>
    found.startsWith('\u{1f3f4}') ? found : `⟨U+${found.codePointAt(0)!.toString(16).toUpperCase()}⟩`,
  );
}

function textPiece(text: string): TextPiece {
  return { kind: 'text', text: visible(text) };
}

function element(tag: Tag, children: Piece[] = [], attributes: Record<string, string> = {}): ElementPiece {
  return { kind: 'element', tag, attributes, children };
}

class Builder {
  /** The elements that are open, the innermost last; the first is the block list itself. */
  private readonly stack: ElementPiece[] = [element('div')];
  private inLink = 0;

  constructor(
    private readonly source: string,
    private readonly growing: boolean,
  ) {}

  build(tokens: Token[]): Piece[] {
    const last = this.growing ? tokens.findLastIndex((token) => token.nesting >= 0) : -1;
    for (let i = 0; i < tokens.length; i++) this.block(tokens[i]!, i === last);
    return this.stack[0]!.children;
  }

  private add(piece: Piece): void {
    const siblings = this.stack.at(-1)!.children;
    const last = siblings.at(-1);
    if (piece.kind === 'text' && last?.kind === 'text') last.text += piece.text;
    else siblings.push(piece);
  }

  private open(piece: ElementPiece): void {
    if (this.stack.length > MAX_NESTING) {
      // Deeper still: what is inside stands in the element around it.
      this.stack.push(this.stack.at(-1)!);
      return;
    }
    this.add(piece);
    this.stack.push(piece);
  }

  private block(token: Token, last: boolean): void {
    switch (token.type) {
      case 'reference_definition':
        return;
      case 'inline':
      case 'plain':
        for (const child of token.children ?? []) this.inline(child);
        return;
      case 'fence':
        this.add({
          kind: 'code',
          info: token.info.trim(),
          code: token.content,
          closed: !last || isFenceClosed(token, this.source),
        });
        return;
      case 'code_block':
        this.add({ kind: 'code', info: '', code: token.content, closed: !last });
        return;
      case 'math_block':
        if (token.meta?.closed === true) this.add({ kind: 'maths', tex: token.content, display: true, closed: true });
        else if (last)
          this.add({ kind: 'maths', tex: token.content.replace(/[$\\]$/, ''), display: true, closed: false });
        else this.add(element('p', [textPiece(`${token.markup}\n${token.content}`)], { dir: 'auto' }));
        return;
      case 'footnote_open':
        this.open(note(String(token.meta?.label)));
        return;
      case 'list_item_close':
        drawTask(this.stack.at(-1)!);
        this.stack.pop();
        return;
      default:
        this.other(token);
    }
  }

  /** Everything that is one element for one pair of tokens. */
  private other(token: Token): void {
    if (token.nesting < 0) {
      this.stack.pop();
    } else if (CONTAINERS.has(token.tag)) {
      const piece = element(token.tag as Tag, [], attributesOf(token));
      if (token.nesting > 0) this.open(piece);
      else this.add(piece);
    } else if (token.nesting > 0) {
      this.open(element('span'));
    } else if (token.content !== '') {
      this.add(textPiece(token.content));
    }
  }

  private inline(token: Token): void {
    switch (token.type) {
      case 'text':
      case 'text_special':
        this.add(textPiece(this.inLink > 0 ? withoutBidi(token.content) : token.content));
        return;
      case 'softbreak':
        this.add(textPiece('\n'));
        return;
      case 'code_inline':
        this.add(element('code', [textPiece(token.content)], { dir: 'ltr' }));
        return;
      case 'math_inline':
        this.add({
          kind: 'maths',
          tex: token.content,
          display: token.markup === '$$' || token.markup === '\\[',
          closed: true,
        });
        return;
      case 'footnote_mark':
        this.add(
          element('sup', [
            element('button', [textPiece(token.content)], {
              class: 'md-mark',
              type: 'button',
              'data-mark': token.content,
              'aria-label': labels.footnote(token.content),
            }),
          ]),
        );
        return;
      case 'image':
        this.add(picture(token));
        return;
      case 'link_open':
        this.inLink++;
        this.open(linkPiece(String(token.attrGet('href') ?? '')));
        return;
      case 'link_close':
        this.inLink--;
        showHost(this.stack.at(-1)!);
        this.stack.pop();
        return;
      default:
        this.other(token);
    }
  }
}

function attributesOf(token: Token): Record<string, string> {
  const attributes: Record<string, string> = {};
  if (DIRECTED.has(token.tag)) attributes.dir = 'auto';
  if (token.tag === 'ol') {
    const start = Number(token.attrGet('start') ?? 1);
    if (start !== 1) attributes.start = String(start);
  }
  if (token.tag === 'th' || token.tag === 'td') {
    const align = /^text-align:(left|center|right)$/.exec(String(token.attrGet('style') ?? ''))?.[1];
    if (align !== undefined) attributes['data-align'] = align;
  }
  return attributes;
}

function note(label: string): ElementPiece {
  return element('div', [element('sup', [textPiece(label)])], { class: 'md-note', 'data-note': label });
}

/** A link that may be opened, or inert text in its place. */
function linkPiece(address: string): ElementPiece {
  const link = safeLink(address);
  if (link === null) return element('span', [], { class: 'md-inert' });
  return element('a', [], { href: link.href, rel: 'noreferrer', title: link.host });
}

/** Writes the host behind a link whose text does not name it. */
function showHost(link: ElementPiece): void {
  const host = link.attributes.title;
  if (link.tag !== 'a' || host === undefined) return;
  const text = textOf(link).toLowerCase();
  if (!new RegExp(`(^|[/.@\\s])${host.replace(/[^\w]/g, '\\$&')}($|[/:?#\\s])`).test(text))
    link.attributes['data-host'] = host;
}

/** A picture is never loaded: a chip says what it shows and where it would come from. */
function picture(token: Token): ElementPiece {
  const link = safeLink(String(token.attrGet('src') ?? ''));
  const alt = visible(withoutBidi(token.content));
  const attributes: Record<string, string> = { class: 'md-picture' };
  if (link === null) return element('span', [textPiece(alt)], attributes);
  return element('a', [textPiece(alt)], {
    ...attributes,
    href: link.href,
    rel: 'noreferrer',
    title: link.host,
    'data-host': link.host,
  });
}

function textOf(piece: Piece): string {
  if (piece.kind === 'text') return piece.text;
  if (piece.kind === 'element') return piece.children.map(textOf).join('');
  return '';
}

/** `[ ]` and `[x]` at the start of an item become a drawn box. */
function drawTask(item: ElementPiece): void {
  const first = item.children[0];
  if (first?.kind !== 'element' || first.tag !== 'p') return;
  const text = first.children[0];
  if (text?.kind !== 'text') return;
  const box = /^\[([ xX])\](\s|$)/.exec(text.text);
  if (box === null) return;
  text.text = text.text.slice(box[0].length);
  const checked = box[1] !== ' ';
  item.attributes.class = 'md-task';
  first.children.unshift(
    element('span', [], {
      class: checked ? 'md-box md-done' : 'md-box',
      role: 'img',
      'aria-label': checked ? labels.done : labels.todo,
    }),
  );
}

/** Whether a fence's last line is its closing mark. */
function isFenceClosed(token: Token, source: string): boolean {
  if (token.map === null) return true;
  const lines = source.split('\n').slice(token.map[0] + 1, token.map[1]);
  const last =
    lines
      .at(-1)
      ?.replace(/^[\s>]+/, '')
      .trimEnd() ?? '';
  return last.length >= token.markup.length && last === token.markup[0]!.repeat(last.length);
}
