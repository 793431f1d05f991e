import { copy as copyText } from '../ui/copy';
import type { Run } from './highlight';
import { highlight, nameOf } from './highlight';
import { labels } from './labels';
import { pageFor, preview } from './preview';
import { visible } from './tree';

/** A block's lines are kept in parts of this many, so that appending a line lays out one part and not the whole block. */
const PART_LINES = 32;
/** Longer code is folded once the answer is complete. */
const FOLD_LINES = 40;

interface Part {
  element: HTMLElement;
  text: Text;
  lines: number;
}

let unsettled = 0;
let waiting: (() => void)[] = [];

/** Resolves when all code that is being coloured is. */
export function highlightSettled(): Promise<void> {
  return unsettled === 0 ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve));
}

/** A code block: its language, a copy button, a wrap switch; text is only ever appended, and coloured when it is closed. */
export class CodeBlock {
  readonly element = document.createElement('div');
  private readonly body = document.createElement('pre');
  private readonly content = document.createElement('code');
  private readonly pieces: string[] = [];
  private parts: Part[] = [];
  private lines = 0;

  constructor(private readonly info: string) {
    this.element.className = 'md-code';
    this.element.dir = 'ltr';
    const head = document.createElement('div');
    head.className = 'md-code-head';
    const language = document.createElement('span');
    language.className = 'md-code-language';
    language.textContent = visible(nameOf(info));
    head.append(language, this.wrapSwitch(), this.copyButton());
    this.body.tabIndex = 0;
    this.body.append(this.content);
    this.element.append(head, this.body);
  }

  /** The code, exactly as it was written. */
  get text(): string {
    return this.pieces.join('');
  }

  /** Appends code; costs what is appended, however much is there. */
  append(text: string): void {
    if (text === '') return;
    this.pieces.push(text);
    for (let from = 0; from < text.length; ) {
      let part = this.parts.at(-1);
      if (part === undefined || part.lines >= PART_LINES) part = this.addPart();
      let to = from;
      while (to < text.length && part.lines < PART_LINES) {
        const end = text.indexOf('\n', to);
        to = end < 0 ? text.length : end + 1;
        if (end >= 0) part.lines++;
      }
      part.text.appendData(visible(text.slice(from, to)));
      from = to;
    }
  }

  /** No more code comes: colours it, and offers to show what it describes. */
  close(): void {
    const code = this.text;
    this.offerPreview(code);
    this.lines = code.split('\n').length - (code.endsWith('\n') || code === '' ? 1 : 0);
    unsettled++;
    void highlight(
      code,
      this.info,
      (first, lines) => this.colour(first, lines),
      () => true,
    ).finally(() => {
      if (--unsettled > 0) return;
      for (const resolve of waiting) resolve();
      waiting = [];
    });
  }

  /** The answer is complete: folds the block if it is long. */
  settle(): void {
    if (this.lines <= FOLD_LINES || this.element.classList.contains('md-foldable')) return;
    const more = button('md-code-more', labels.unfold(this.lines));
    const fold = (folded: boolean): void => {
      this.element.classList.toggle('md-folded', folded);
      more.textContent = folded ? labels.unfold(this.lines) : labels.fold;
      more.setAttribute('aria-expanded', String(!folded));
    };
    more.addEventListener('click', () => fold(!this.element.classList.contains('md-folded')));
    this.element.classList.add('md-foldable');
    this.element.append(more);
    fold(true);
  }

  private addPart(): Part {
    const element = document.createElement('span');
    element.className = 'md-part';
    const text = document.createTextNode('');
    element.append(text);
    this.content.append(element);
    const part = { element, text, lines: 0 };
    this.parts.push(part);
    return part;
  }

  private coloured: Run[][] = [];

  /** Takes the runs of some lines and redraws the parts that are complete by now. */
  private colour(first: number, lines: Run[][]): void {
    const before = Math.floor(first / PART_LINES);
    for (let i = 0; i < lines.length; i++) this.coloured[first + i] = lines[i]!;
    const complete =
      this.coloured.length >= this.lines ? this.parts.length : Math.floor(this.coloured.length / PART_LINES);
    for (let i = before; i < complete; i++) this.redraw(this.parts[i]!, i * PART_LINES);
  }

  private redraw(part: Part, first: number): void {
    const nodes: Node[] = [];
    let plain = '';
    const flush = (): void => {
      if (plain !== '') nodes.push(document.createTextNode(plain));
      plain = '';
    };
    for (let line = first; line < first + PART_LINES && line < this.coloured.length; line++) {
      for (const run of this.coloured[line]!) {
        if (run.scope === null) {
          plain += visible(run.text);
          continue;
        }
        flush();
        const span = document.createElement('span');
        span.className = `tok-${run.scope}`;
        span.textContent = visible(run.text);
        nodes.push(span);
      }
      if (line < first + part.lines) plain += '\n';
    }
    flush();
    part.element.replaceChildren(...nodes);
  }

  private copyButton(): HTMLButtonElement {
    const copy = button('md-code-copy', labels.copy);
    copy.addEventListener('click', () => {
      void copyText(this.text).then((done) => {
        if (!done) return;
        copy.textContent = labels.copied;
        setTimeout(() => (copy.textContent = labels.copy), 1500);
      });
    });
    return copy;
  }

  /** A frame between head and code, while the switch is pressed. The code stays. */
  private offerPreview(code: string): void {
    const page = pageFor(this.info, code);
    if (page === null) return;
    const show = button('md-code-preview', labels.preview);
    show.setAttribute('aria-pressed', 'false');
    let shown: HTMLElement | null = null;
    show.addEventListener('click', () => {
      shown?.remove();
      shown = shown === null ? preview(page, code, nameOf(this.info)) : null;
      if (shown !== null) this.body.before(shown);
      show.setAttribute('aria-pressed', String(shown !== null));
    });
    this.element.querySelector('.md-code-wrap')?.before(show);
  }

  private wrapSwitch(): HTMLButtonElement {
    const wrap = button('md-code-wrap', labels.wrap);
    wrap.setAttribute('aria-pressed', 'false');
    wrap.addEventListener('click', () => {
      const on = this.element.classList.toggle('md-wrapped');
      wrap.setAttribute('aria-pressed', String(on));
    });
    return wrap;
  }
}

function button(name: string, text: string): HTMLButtonElement {
  const made = document.createElement('button');
  made.type = 'button';
  made.className = name;
  made.textContent = text;
  return made;
}
