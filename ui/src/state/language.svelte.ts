import { setLabels } from '../markdown/labels';
import { m } from '../paraglide/messages.js';
import type { Language } from '../protocol/generated';
import { speak } from '../words/spoken.svelte';

type Words = Parameters<typeof speak>[0];

/** The languages of the interface by their own names. */
export const TONGUES: readonly { tag: Language; name: string }[] = [
  { tag: 'en', name: 'English' },
  { tag: 'zh-CN', name: '简体中文' },
  { tag: 'zh-TW', name: '繁體中文' },
  { tag: 'ja', name: '日本語' },
  { tag: 'ko', name: '한국어' },
  { tag: 'de', name: 'Deutsch' },
  { tag: 'fr', name: 'Français' },
  { tag: 'es', name: 'Español' },
];

/** Every language but English, whose words come with the page. */
const WORDS: Record<Exclude<Language, 'en'>, () => Promise<unknown>> = {
  'zh-CN': () => import('../paraglide/messages/zh-CN.js'),
  'zh-TW': () => import('../paraglide/messages/zh-TW.js'),
  ja: () => import('../paraglide/messages/ja.js'),
  ko: () => import('../paraglide/messages/ko.js'),
  de: () => import('../paraglide/messages/de.js'),
  fr: () => import('../paraglide/messages/fr.js'),
  es: () => import('../paraglide/messages/es.js'),
};

/** The first language the system names that is ours; English otherwise. */
export function ofSystem(tags: readonly string[]): Language {
  for (const tag of tags) {
    const [name, ...parts] = tag.toLowerCase().split('-');
    if (name === 'zh') return parts.some((part) => ['tw', 'hk', 'mo', 'hant'].includes(part)) ? 'zh-TW' : 'zh-CN';
    const ours = TONGUES.find((tongue) => tongue.tag === name);
    if (ours) return ours.tag;
  }
  return 'en';
}

/** The system's, as the core found it for the still this page came with. */
const of_still = document.getElementById('still') ? (document.documentElement.lang as Language) : null;
let current = $state<Language>('en');
let wanted: Language = 'en';

export const language = {
  get current(): Language {
    return current;
  },
  /** `null` follows the system. Resolves when it is spoken; a language that cannot be fetched leaves the one before. */
  async choose(chosen: Language | null): Promise<void> {
    wanted = chosen ?? of_still ?? ofSystem(navigator.languages);
    const asked = wanted;
    let words: Words = {};
    if (asked !== 'en') {
      try {
        words = (await WORDS[asked]()) as Words;
      } catch {
        return;
      }
    }
    // Another one was chosen meanwhile.
    if (asked !== wanted) return;
    speak(words);
    current = asked;
    document.documentElement.lang = asked;
    labelMarkdown();
  },
};

function labelMarkdown(): void {
  setLabels({
    copy: m.md_copy(),
    copied: m.copied(),
    wrap: m.md_wrap(),
    preview: m.md_preview(),
    previewOf: (language) => m.md_preview_of({ language }),
    previewFailed: m.md_preview_failed(),
    previewLarge: m.md_preview_large(),
    unfold: (lines) => m.md_unfold({ lines }),
    fold: m.md_fold(),
    image: m.md_image(),
    pictureLoading: m.loading(),
    done: m.md_done(),
    todo: m.md_open(),
    footnote: (label) => m.md_footnote({ label }),
  });
}
