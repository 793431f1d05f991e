import type { Component } from 'svelte';

const all: Lazy<never>[] = [];

/** A part of the page that the first picture can do without: fetched when it is needed, or once somebody is there. */
export class Lazy<
  Props extends Record<string, unknown>,
  Exports extends Record<string, unknown> = Record<string, never>,
> {
  /** `null` until it is there. */
  component = $state.raw<Component<Props, Exports, string> | null>(null);
  #load: () => Promise<{ default: unknown }>;
  #fetching: Promise<void> | null = null;

  constructor(load: () => Promise<{ default: unknown }>) {
    this.#load = load;
    all.push(this as unknown as Lazy<never>);
  }

  /** Fetches it; once. A fetch that failed is tried again by the next call. */
  fetch(): Promise<void> {
    this.#fetching ??= this.#load().then(
      (module) => {
        this.component = module.default as typeof this.component;
      },
      (error) => {
        this.#fetching = null;
        throw error;
      },
    );
    return this.#fetching;
  }
}

/** Fetches all that are not there, each in a task of its own, so that nothing a person does waits behind them. */
export async function fetchLazyParts(): Promise<void> {
  for (const part of all) {
    await part.fetch().catch(() => {});
    // What has come with another is there at once, and would be shown in the same task.
    await new Promise((next) => setTimeout(next));
  }
}
