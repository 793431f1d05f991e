/**
 * The language that is spoken. English comes with the page; the words of another language are fetched when it is chosen,
 * so the first load has one language and not all of them. The build makes every message call `say` (vite.config.ts).
 */
type Say = (inputs?: object) => string;

let words = $state.raw<Record<string, Say | undefined>>({});

/** A message in the chosen language, or in English if it is not there. All that is shown follows a change by itself. */
export function say(key: string, english: Say, inputs?: object): string {
  return (words[key] ?? english)(inputs ?? {});
}

/** From now on these words are spoken; what is missing among them is said in English. */
export function speak(chosen: Record<string, Say | undefined>): void {
  words = chosen;
}
