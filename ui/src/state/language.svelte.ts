import { setLabels } from '../markdown/labels';
import { m } from '../paraglide/messages.js';
import { type Locale, overwriteGetLocale } from '../paraglide/runtime.js';
import type { Language } from '../protocol/generated';

function ofSystem(): Locale {
  return navigator.languages.some((tag) => /^zh\b/i.test(tag)) && !/^en\b/i.test(navigator.language) ? 'zh-CN' : 'en';
}

let locale = $state<Locale>(ofSystem());
// Every message reads the language here, so all that is shown follows a change by itself.
overwriteGetLocale(() => locale);

export const language = {
  get current(): Locale {
    return locale;
  },
  /** `null` follows the system. */
  choose(chosen: Language | null): void {
    locale = chosen ?? ofSystem();
    document.documentElement.lang = locale;
    setLabels({
      copy: m.md_copy(),
      copied: m.copied(),
      wrap: m.md_wrap(),
      unfold: (lines) => m.md_unfold({ lines }),
      fold: m.md_fold(),
      image: m.md_image(),
      done: m.md_done(),
      todo: m.md_open(),
      footnote: (label) => m.md_footnote({ label }),
    });
  },
};
