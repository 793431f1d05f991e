/**
 * Links in what a model wrote. Nothing here navigates: a click hands the address to `openLink`, which the interface
 * wires to the core (the core checks the scheme again).
 */

/** A link that may be offered to the reader. */
export interface SafeLink {
  /** The address, as the URL parser writes it. */
  href: string;
  /** The host in ASCII (punycode), or the mail address: what the reader must be able to see. */
  host: string;
}

/** The direction controls that can make a link read as another one. */
const BIDI_CONTROLS = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/**
 * Only absolute http, https and mailto addresses pass; everything else is `null` and stays text. User names in an
 * address (`https://bank.example@evil.example`) and the webview's own internal hosts are refused too.
 */
export function safeLink(address: string): SafeLink | null {
  if (!/^(https?:\/\/|mailto:)/i.test(address) || address.length > 4096) return null;
  let url: URL;
  try {
    url = new URL(address);
  } catch {
    return null;
  }
  if (url.protocol === 'mailto:') {
    let mailbox = url.pathname;
    try {
      mailbox = decodeURIComponent(mailbox);
    } catch {
      // Shown as it was written.
    }
    return { href: url.href, host: withoutBidi(mailbox) };
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return null;
  if (url.username !== '' || url.password !== '' || url.hostname === '') return null;
  if (/\.localhost\.?$/.test(url.hostname)) return null;
  return { href: url.href, host: url.host };
}

/** The text of a link without direction controls. */
export function withoutBidi(text: string): string {
  return text.replace(BIDI_CONTROLS, '');
}

/** Opens a link that the reader clicked. */
export type LinkOpener = (url: string) => void;

let opener: LinkOpener = () => {
  // Until the interface sets one, a click does nothing.
};

/** Sets what a click on a link does. */
export function setOpenLink(open: LinkOpener): void {
  opener = open;
}

/** Hands an address to the interface, if it is one that may be opened. */
export function openLink(url: string): void {
  const safe = safeLink(url);
  if (safe !== null) opener(safe.href);
}
