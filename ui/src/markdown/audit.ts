/**
 * What drawn Markdown must never contain, stated on its own and not by way of the renderer's lists: a mistake there must
 * show here. Used by the tests and by the page that runs hostile cases in real engines; it is not part of the app.
 */

const ELEMENTS = new Set([
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
  'pre',
  'code',
  'table',
  'thead',
  'tbody',
  'tr',
  'th',
  'td',
  'em',
  'strong',
  's',
  'br',
  'a',
  'sup',
  'button',
  'math',
  'mrow',
  'mi',
  'mo',
  'mn',
  'ms',
  'mtext',
  'mspace',
  'mfrac',
  'msqrt',
  'mroot',
  'msub',
  'msup',
  'msubsup',
  'munder',
  'mover',
  'munderover',
  'mtable',
  'mtr',
  'mtd',
  'mlabeledtr',
  'mstyle',
  'mpadded',
  'mphantom',
  'menclose',
  'merror',
  'semantics',
]);
/** Attributes that run, load, submit, name or restyle something. */
const FORBIDDEN =
  /^(?:on.*|id|name|style|src|srcset|srcdoc|poster|background|data|action|form.*|ping|target|xlink:.*|popover.*|is|slot|nonce|integrity|autofocus|contenteditable)$/i;

/** Everything below `host` that should not be there, one sentence each. */
export function violations(host: Element): string[] {
  const found: string[] = [];
  for (const element of host.querySelectorAll('*')) {
    const name = element.localName;
    if (!ELEMENTS.has(name)) found.push(`element <${name}>`);
    for (const attribute of element.attributes) {
      if (FORBIDDEN.test(attribute.name)) found.push(`attribute ${attribute.name} on <${name}>`);
    }
    if (
      element.hasAttribute('href') &&
      (name !== 'a' || !/^(?:https?:\/\/[^/@]+(?:[/?#].*)?|mailto:.*)$/.test(element.getAttribute('href')!))
    ) {
      found.push(`link to ${element.getAttribute('href')}`);
    }
    if (name === 'button' && element.getAttribute('type') !== 'button') found.push('a button that submits');
  }
  return found;
}
