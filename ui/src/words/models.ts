import { m } from '../paraglide/messages.js';
import type { Model, Price, Spent } from '../protocol/generated';
import { language } from '../state/language.svelte';
import { count } from './times';

/** What is known of a model, in a few words. */
export function facts({ context, price, price_is_own, abilities }: Model): string[] {
  return [
    ...(context === null ? [] : [m.model_context({ count: short(context) })]),
    ...(price === null ? [] : [priced(price, price_is_own)]),
    ...(abilities.pictures === true ? [m.model_pictures()] : []),
    ...(abilities.reasoning === true ? [m.model_reasons()] : []),
  ];
}

function priced({ input, output }: Price, own: boolean): string {
  const price = m.model_price({ input: dollars(input), output: dollars(output) });
  return own ? m.model_price_own({ price }) : price;
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

/** What was spent, marked where a part of it is estimated or has no price. */
export function money({ micros, answers, unpriced, estimated }: Spent): string {
  if (answers > 0 && unpriced === answers) return m.cost_unpriced();
  const sum = `${estimated > 0 ? '≈ ' : ''}${dollars(micros)}`;
  return unpriced > 0 ? `${sum} + ${m.cost_unpriced()}` : sum;
}

/** A count in the language's short form: 128K, 12.8万. */
export function short(value: number): string {
  if (value < 10_000) return count(value);
  return new Intl.NumberFormat(language.current, { notation: 'compact', maximumFractionDigits: 1 }).format(value);
}
