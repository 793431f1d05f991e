import { language } from '../state/language.svelte';

const SECOND = 1000;
const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ['day', 86_400 * SECOND],
  ['hour', 3600 * SECOND],
  ['minute', 60 * SECOND],
];

/** “5 minutes ago”. */
export function ago(at: number, now = Date.now()): string {
  const format = new Intl.RelativeTimeFormat(language.current, { numeric: 'auto' });
  for (const [unit, length] of STEPS) {
    if (now - at >= length) return format.format(-Math.floor((now - at) / length), unit);
  }
  return format.format(0, 'minute');
}

/** A date, without the time of day. */
export function day(at: number): string {
  return new Intl.DateTimeFormat(language.current, { dateStyle: 'medium' }).format(at);
}

/** The time of day. */
export function clock(at: number): string {
  return new Intl.DateTimeFormat(language.current, { hour: '2-digit', minute: '2-digit' }).format(at);
}

/** Seconds with one digit while they are few. */
export function seconds(ms: number): string {
  const value = ms / SECOND;
  return value < 10 ? value.toFixed(1) : Math.round(value).toString();
}

/** A count with the language's separators. */
export function count(value: number): string {
  return new Intl.NumberFormat(language.current).format(value);
}
