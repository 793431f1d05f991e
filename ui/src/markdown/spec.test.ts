import { tests as examples } from 'commonmark-spec';
import MarkdownIt from 'markdown-it';
import { expect, it } from 'vitest';
import { Renderer } from './renderer';

/**
 * The examples of CommonMark's own specification, drawn by the renderer and compared as a DOM. Both sides lose what is
 * ours by design: the code block's frame, direction attributes, the address of links; text straight inside a tight item is a paragraph here.
 */

/** Why an example may differ: its parse has one of these tokens. */
const BY_DESIGN: Record<string, string> = {
  html_block: 'a model’s HTML is shown as text',
  html_inline: 'a model’s HTML is shown as text',
  image: 'a picture is a chip that loads nothing',
};

/** Single examples that differ by design. */
const DIFFERENT: Record<number, string> = {
  12: '`\\[` … `\\]` is a formula, as models write it',
};

const reference = new MarkdownIt('commonmark');

/** The reasons why an example may differ from the specification's HTML. */
function reasons(source: string, number: number): string[] {
  const tokens = reference.parse(source, {}).flatMap((token) => [token, ...(token.children ?? [])]);
  const found = tokens.map((token) => BY_DESIGN[token.type]).filter((reason) => reason !== undefined);
  return [...new Set([...found, ...(DIFFERENT[number] === undefined ? [] : [DIFFERENT[number]])])];
}

function drawn(markdown: string): HTMLElement {
  const host = document.createElement('div');
  const renderer = new Renderer(host);
  renderer.update(markdown, false);
  renderer.flush();
  renderer.destroy();
  for (const block of host.querySelectorAll('.md-code')) {
    const pre = document.createElement('pre');
    const code = document.createElement('code');
    code.textContent = block.querySelector('code')!.textContent;
    pre.append(code);
    block.replaceWith(pre);
  }
  return host;
}

function expected(html: string): HTMLElement {
  const host = document.createElement('div');
  host.innerHTML = html;
  return host;
}

/** Puts text that stands straight in an item into paragraphs. */
function wrapText(item: Element): void {
  let paragraph: Element | null = null;
  for (const node of [...item.childNodes]) {
    const block = node instanceof Element && /^(?:p|h\d|ul|ol|blockquote|pre|hr)$/.test(node.localName);
    if (block) paragraph = null;
    else if (paragraph !== null) paragraph.append(node);
    else if (node.textContent!.trim() !== '' || node instanceof Element) {
      paragraph = document.createElement('p');
      node.replaceWith(paragraph);
      paragraph.append(node);
    }
  }
}

/** One canonical string for both sides. */
function canonical(host: HTMLElement): string {
  for (const item of host.querySelectorAll('li')) wrapText(item);
  const line = (node: Node): string => {
    if (node.nodeType === Node.TEXT_NODE) {
      const text = node.textContent!;
      return node.parentElement!.closest('pre') ? text : text.replace(/\s+/g, ' ');
    }
    const name = (node as Element).localName;
    const inside = [...node.childNodes].map(line).join('');
    // A link is compared by its text: whether it may be opened is another test.
    if (name === 'a' || name === 'span') return inside;
    const start =
      name === 'ol' && (node as Element).hasAttribute('start') ? ` ${(node as Element).getAttribute('start')}` : '';
    return `<${name}${start}>${inside}</${name}>`;
  };
  host.normalize();
  return [...host.childNodes]
    .map(line)
    .join('')
    .replace(/\s*(<\/?(?:p|h\d|li|ul|ol|blockquote|pre|hr|div|br)(?: \d+)?>)\s*/g, '$1')
    .trim();
}

it('draws the examples of the CommonMark specification', () => {
  const failed: unknown[] = [];
  const different = new Map<string, number[]>();
  for (const { markdown, html, section, number } of examples) {
    const source = markdown.replaceAll('→', '\t');
    const got = canonical(drawn(source));
    const wanted = canonical(expected(html.replaceAll('→', '\t')));
    if (got === wanted) continue;
    const why = reasons(source, number);
    if (why.length === 0) failed.push({ number, section, markdown, got, wanted });
    else different.set(why.join('; '), [...(different.get(why.join('; ')) ?? []), number]);
  }
  const apart = [...different.values()].reduce((sum, numbers) => sum + numbers.length, 0);
  console.info(
    `CommonMark: ${examples.length} examples, ${examples.length - apart - failed.length} equal, ${apart} different by design, ${failed.length} failed`,
  );
  for (const [why, numbers] of different) console.info(`  ${why}: ${numbers.join(' ')}`);
  expect(failed).toEqual([]);
  // Whatever excuses an example must not become an excuse for most of them.
  expect(apart).toBeLessThan(120);
}, 120_000);
