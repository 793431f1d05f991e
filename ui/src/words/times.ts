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

/** A day as the core writes it: `2026-03-29`. */
export function calendarDay(day: string): string {
  return new Intl.DateTimeFormat(language.current, { dateStyle: 'medium', timeZone: 'UTC' }).format(Date.parse(day));
}

/** A date with its time of day. */
export function moment(at: number): string {
  return new Intl.DateTimeFormat(language.current, { dateStyle: 'medium', timeStyle: 'short' }).format(at);
}

/** A size of a file. */
export function megabytes(bytes: number): string {
  const format = { style: 'unit', unit: 'megabyte', maximumFractionDigits: 1 } as const;
  return new Intl.NumberFormat(language.current, format).format(bytes / 1e6);
}

/** A size of a file, small or large. */
export function fileSize(bytes: number): string {
  if (bytes >= 100_000) return megabytes(bytes);
  const format = { style: 'unit', unit: 'kilobyte', maximumFractionDigits: 1 } as const;
  // A file of a few bytes is not 0 kB.
  return new Intl.NumberFormat(language.current, format).format(Math.max(bytes, 100) / 1e3);
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
