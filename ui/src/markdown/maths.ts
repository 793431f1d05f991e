import type { MathsPiece } from './tree';

/**
 * Formulas: KaTeX, loaded when the first one is seen, as MathML (which every engine draws by itself, so no style sheet,
 * font or `style` attribute is needed). What KaTeX writes is parsed in a document of its own, where nothing runs or loads,
 * and copied by an allow-list. Whatever goes wrong, the TeX is shown as text.
 */
const MATHML = 'http://www.w3.org/1998/Math/MathML';
const ELEMENTS = new Set([
  'math',
  'semantics',
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
]);
const ATTRIBUTES = new Set([
  'display',
  'mathvariant',
  'displaystyle',
  'scriptlevel',
  'stretchy',
  'fence',
  'separator',
  'accent',
  'accentunder',
  'columnalign',
  'columnspacing',
  'rowspacing',
  'columnlines',
  'rowlines',
  'linethickness',
  'lspace',
  'rspace',
  'minsize',
  'maxsize',
  'movablelimits',
  'largeop',
  'symmetric',
  'width',
  'height',
  'depth',
  'voffset',
  'notation',
  'mathcolor',
  'mathbackground',
  'side',
  'rowalign',
]);
const VALUE = /^[\w.+\-#% ]{0,64}$/;
/** In `em`. KaTeX bounds what is large by `maxSize`, and not what is far below zero: a formula stays where it stands. */
const MAX_SIZE = 10;
const MAX_TEX = 8192;
const MAX_DEPTH = 60;
/** Definitions can double their argument at each use, which `maxExpand` does not bound: two lines of TeX could fill the memory. */
const DEFINITION = /\\(?:[egx]?def|long|global|let|futurelet|(?:re|provide)?newcommand|providecommand)(?![a-zA-Z])/;

type Katex = typeof import('katex').default;
let katex: Katex | null = null;
let loading: Promise<void> | null = null;

/** Resolves when every formula seen so far is drawn. */
export function mathsSettled(): Promise<void> {
  return loading ?? Promise.resolve();
}

/** Shows a formula in `host`: its TeX at first, or while it is being written; then the formula. */
export function drawMaths(host: HTMLElement, piece: MathsPiece): void {
  const { tex, display, closed } = piece;
  showTex(host, piece);
  if (!closed || tex === '' || tex.length > MAX_TEX || DEFINITION.test(tex) || tooDeep(tex)) return;
  if (katex !== null) {
    render(katex, host, tex, display);
    return;
  }
  loading ??= load();
  void loading.then(() => {
    if (katex !== null && host.dataset.tex === tex) render(katex, host, tex, display);
  });
}

async function load(): Promise<void> {
  try {
    katex = (await import('katex')).default;
  } catch {
    // Without it the TeX stays as text; the next formula tries again.
    loading = null;
  }
}

function showTex(host: HTMLElement, { tex, display }: MathsPiece): void {
  host.className = display ? 'md-maths md-display md-tex' : 'md-maths md-tex';
  host.dir = 'ltr';
  host.dataset.tex = tex;
  host.textContent = tex;
}

function render(engine: Katex, host: HTMLElement, tex: string, display: boolean): void {
  try {
    const html = engine.renderToString(tex, {
      output: 'mathml',
      displayMode: display,
      trust: false,
      throwOnError: false,
      strict: 'ignore',
      maxSize: MAX_SIZE,
      maxExpand: 200,
    });
    // The page's policy forbids `style` attributes even there; none is copied anyway.
    const inert = new DOMParser().parseFromString(html.replace(/ style="[^"]*"/g, ''), 'text/html');
    const math = inert.querySelector('math');
    if (math === null || inert.querySelector('.katex-error') !== null) return;
    host.replaceChildren(copy(math));
    host.classList.remove('md-tex');
  } catch {
    // Too deep for the stack, or an error KaTeX does not catch: the TeX is on the page already.
  }
}

/** A copy that has only what a formula needs; of anything else, only the text. */
function copy(source: Element): Node {
  const name = source.localName;
  if (name === 'annotation') return document.createTextNode('');
  const allowed = source.namespaceURI === MATHML && ELEMENTS.has(name);
  const target = allowed ? document.createElementNS(MATHML, name) : document.createDocumentFragment();
  if (target instanceof Element) {
    for (const { name: attribute, value } of source.attributes) {
      if (ATTRIBUTES.has(attribute) && VALUE.test(value) && isNear(value)) target.setAttribute(attribute, value);
    }
  }
  for (const child of source.childNodes) {
    if (child.nodeType === Node.ELEMENT_NODE) target.appendChild(copy(child as Element));
    else if (child.nodeType === Node.TEXT_NODE) target.appendChild(document.createTextNode(child.textContent ?? ''));
  }
  return target;
}

function isNear(value: string): boolean {
  return !value.endsWith('em') || Math.abs(Number.parseFloat(value)) <= MAX_SIZE;
}

function tooDeep(tex: string): boolean {
  let depth = 0;
  for (let i = 0; i < tex.length; i++) {
    if (tex[i] === '\\') i++;
    else if (tex[i] === '{' && ++depth > MAX_DEPTH) return true;
    else if (tex[i] === '}') depth--;
  }
  return false;
}
