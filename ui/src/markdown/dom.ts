import { CodeBlock } from './code';
import { labels } from './labels';
import { drawMaths } from './maths';
import type { ElementPiece, Piece } from './tree';

/**
 * Turns pieces into DOM, and changes as little as possible of what is there when the open end is drawn again: equal parts
 * are not touched, growing text is appended, so selection and find survive.
 *
 * The only way text of a model reaches the page: `createElement` with names from this list, `textContent`, and attributes
 * from this list. There is no `innerHTML`.
 */
const TAGS = new Set([
  'p',
  'h1',
  'h2',
  'h3',
  'h4',
  'h5',
  'h6',
  'blockquote',
  'ul',
  'ol',
  'li',
  'hr',
  'div',
  'span',
  'table',
  'thead',
  'tbody',
  'tr',
  'th',
  'td',
  'em',
  'strong',
  's',
  'code',
  'br',
  'a',
  'sup',
  'button',
]);
const ATTRIBUTES = new Set([
  'class',
  'dir',
  'href',
  'rel',
  'title',
  'start',
  'type',
  'role',
  'aria-label',
  'data-host',
  'data-align',
  'data-note',
  'data-mark',
]);

/** What can be wider than the page scrolls by itself, and keys reach it for that. */
const SCROLLS = 0;

/** A piece together with what was made of it. */
export interface Drawn {
  piece: Piece;
  node: Node;
  children: Drawn[];
  code?: CodeBlock;
}

/** Makes the children of `parent` from `from` on show `next`; `old` is what they show now. Answers what they show then. */
export function patch(parent: Node, old: readonly Drawn[], next: readonly Piece[], before: Node | null): Drawn[] {
  const drawn: Drawn[] = [];
  for (let i = 0; i < next.length; i++) {
    const piece = next[i]!;
    const had = old[i];
    if (had !== undefined && update(had, piece)) {
      drawn.push(had);
      continue;
    }
    const made = draw(piece);
    if (had === undefined) parent.insertBefore(made.node, before);
    else parent.replaceChild(made.node, had.node);
    drawn.push(made);
  }
  for (const had of old.slice(next.length)) parent.removeChild(had.node);
  return drawn;
}

function draw(piece: Piece): Drawn {
  switch (piece.kind) {
    case 'text':
      return { piece, node: document.createTextNode(piece.text), children: [] };
    case 'code': {
      const code = new CodeBlock(piece.info);
      code.append(piece.code);
      if (piece.closed) code.close();
      return { piece, node: code.element, children: [], code };
    }
    case 'maths': {
      const node = document.createElement(piece.display ? 'div' : 'span');
      drawMaths(node, piece);
      if (piece.display) node.tabIndex = SCROLLS;
      return { piece, node, children: [] };
    }
    case 'element': {
      if (!TAGS.has(piece.tag)) throw new Error(`not an element of Markdown: ${piece.tag}`);
      const node = document.createElement(piece.tag);
      if (piece.tag === 'table') node.tabIndex = SCROLLS;
      if (
        piece.attributes.class === 'md-picture' &&
        piece.children.every((child) => child.kind === 'text' && child.text === '')
      )
        node.textContent = labels.image;
      const children = patch(node, [], piece.children, null);
      // Last: with `dir=auto` set, an engine looks for the direction anew at each child that is added.
      for (const name in piece.attributes) setAttribute(node, name, piece.attributes[name]!);
      return { piece, node, children };
    }
  }
}

/** Changes what is drawn into `piece`; false if it has to be made anew. */
function update(drawn: Drawn, piece: Piece): boolean {
  const had = drawn.piece;
  switch (piece.kind) {
    case 'text':
      if (had.kind !== 'text') return false;
      if (piece.text !== had.text) growText(drawn.node as Text, had.text, piece.text);
      break;
    case 'code':
      if (
        had.kind !== 'code' ||
        drawn.code === undefined ||
        had.info !== piece.info ||
        !piece.code.startsWith(had.code)
      )
        return false;
      if (had.closed && (!piece.closed || piece.code !== had.code)) return false;
      drawn.code.append(piece.code.slice(had.code.length));
      if (piece.closed && !had.closed) drawn.code.close();
      break;
    case 'maths':
      if (had.kind !== 'maths' || had.display !== piece.display) return false;
      if (had.tex !== piece.tex || had.closed !== piece.closed) drawMaths(drawn.node as HTMLElement, piece);
      break;
    case 'element':
      if (had.kind !== 'element' || had.tag !== piece.tag) return false;
      if (piece.attributes.class === 'md-picture' && JSON.stringify(had) !== JSON.stringify(piece)) return false;
      updateAttributes(drawn.node as HTMLElement, had, piece);
      drawn.children = patch(drawn.node, drawn.children, piece.children, null);
      break;
  }
  drawn.piece = piece;
  return true;
}

function growText(node: Text, had: string, text: string): void {
  if (text.startsWith(had)) node.appendData(text.slice(had.length));
  else node.data = text;
}

function updateAttributes(node: HTMLElement, had: ElementPiece, piece: ElementPiece): void {
  for (const name in had.attributes) {
    if (!(name in piece.attributes)) node.removeAttribute(name);
  }
  for (const name in piece.attributes) {
    if (had.attributes[name] !== piece.attributes[name]) setAttribute(node, name, piece.attributes[name]!);
  }
}

function setAttribute(node: HTMLElement, name: string, value: string): void {
  if (!ATTRIBUTES.has(name)) throw new Error(`not an attribute of Markdown: ${name}`);
  node.setAttribute(name, value);
}
