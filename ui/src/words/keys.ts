import { m } from '../paraglide/messages.js';
import type { KeyInfo } from '../protocol/generated';
import { ago } from './times';

/** What a key is called where there are several. */
export function keyName({ label, number }: Pick<KeyInfo, 'label' | 'number'>): string {
  return label || m.k_number({ number: number + 1 });
}

/** Its end, where it is, and how it fared when it was last used. */
export function keyState({ last_four, kept_in, last_used, problem }: KeyInfo, now = Date.now()): string {
  const fared = () => {
    if (problem) {
      const when = { when: ago(problem.at, now) };
      const used_up = problem.code === 'quota' || problem.code === 'rate_limited';
      return used_up ? m.k_exhausted(when) : m.k_refused(when);
    }
    return last_used === null ? m.p_never_used() : m.p_last_used({ when: ago(last_used, now) });
  };
  return [
    ...(last_four ? [m.p_ends({ last: last_four })] : []),
    kept_in === 'keyring' ? m.p_kept_keyring() : m.p_kept_memory(),
    fared(),
  ].join(' · ');
}
