import type { ModelChoice } from '../protocol/generated';

/** Some vendors list hundreds. */
const SHOWN = 200;

export interface Group {
  id: string;
  /** Of the provider; `null` for the favourites. */
  name: string | null;
  choices: ModelChoice[];
}

/** The models with all words of the query in them: favourites first, then by provider. */
export function grouped(models: readonly ModelChoice[], query: string): Group[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const matches = models.filter((choice) => {
    const text = `${choice.provider_name} ${choice.model.id} ${choice.model.name ?? ''}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
  const favourites = matches.filter(({ favourite }) => favourite);
  const groups = new Map<string, Group>();
  if (favourites.length > 0) groups.set('', { id: 'favourites', name: null, choices: favourites });
  for (const choice of matches.filter(({ favourite }) => !favourite).slice(0, SHOWN)) {
    const group = groups.get(choice.provider) ?? { id: choice.provider, name: choice.provider_name, choices: [] };
    group.choices.push(choice);
    groups.set(choice.provider, group);
  }
  return [...groups.values()];
}
