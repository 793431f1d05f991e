import { m } from '../paraglide/messages.js';
import type { Model, Price } from '../protocol/generated';
import { language } from '../state/language.svelte';
import { count } from './times';

/** What is known of a model, in a few words. */
export function facts({ context, price, abilities }: Model): string[] {
  return [
    ...(context === null ? [] : [m.model_context({ count: short(context) })]),
    ...(price === null ? [] : [m.model_price({ input: dollars(price.input), output: dollars(price.output) })]),
    ...(abilities.pictures === true ? [m.model_pictures()] : []),
    ...(abilities.reasoning === true ? [m.model_reasons()] : []),
  ];
}

/** Millionths of a US dollar as money; so small that cents say nothing, with as many digits as do. */
export function dollars(micros: Price['input']): string {
  const value = micros / 1e6;
  const digits = value === 0 || value >= 0.1 ? 2 : value >= 0.001 ? 4 : 6;
  const format = { style: 'currency', currency: 'USD', currencyDisplay: 'narrowSymbol' } as const;
  return new Intl.NumberFormat(language.current, {
    ...format,
    minimumFractionDigits: 2,
    maximumFractionDigits: digits,
  }).format(value);
}

/** A count in the language's short form: 128K, 12.8万. */
export function short(value: number): string {
  if (value < 10_000) return count(value);
  return new Intl.NumberFormat(language.current, { notation: 'compact', maximumFractionDigits: 1 }).format(value);
}
