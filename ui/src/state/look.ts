import '../ui/look.css';
import type { Settings } from '../protocol/generated';

export type Look = Pick<Settings, 'accent' | 'density' | 'font' | 'stylesheet' | 'text_size'>;

let own: CSSStyleSheet | null = null;

/** Shows the page as the settings want it: attributes and properties that `tokens.css` reads, and the person's own sheet. */
export function showLook(look: Look): void {
  const { dataset, style } = document.documentElement;
  dataset.accent = look.accent;
  dataset.density = look.density;
  if (look.font) style.setProperty('--family', `"${look.font.replace(/["\\;{}]/g, '')}", system-ui, sans-serif`);
  else style.removeProperty('--family');
  style.fontSize = look.text_size === 100 ? '' : `${look.text_size}%`;
  showOwn(look.stylesheet);
}

/** A sheet made here needs no exception in the page's policy, and can load nothing that the policy does not allow. */
function showOwn(text: string): void {
  if (text === '' && own === null) return;
  if (own === null) {
    own = new CSSStyleSheet();
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, own];
  }
  own.replaceSync(text);
}
