import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Plugin } from 'vite';

const INDEX = '/paraglide/messages/_index.js';
const ONE = /\/paraglide\/messages\/one\/(\w+)\.js$/;

/**
 * Paraglide's messages know all languages at once, so a page would load all of them. This makes each message a module of
 * its own, which goes where it is used and has only the English words; it hands them to `say`, which prefers those of the
 * language that was fetched. The other languages stay one module each. Types are Paraglide's, unchanged.
 */
export function messagesByLanguage(): Plugin {
  const english = new Map<string, string>();
  return {
    name: 'messages-by-language',
    enforce: 'pre',
    transform(code, id) {
      if (!id.endsWith(INDEX)) return null;
      const folder = dirname(id);
      for (const [name, words] of wordsOf(readFileSync(`${folder}/en.js`, 'utf8'))) english.set(name, words);
      const lines = [...code.matchAll(/^(export )?const (\w+) = /gm)].map(([, exported, name = '']) => {
        // A name that JavaScript keeps for itself has a line before it.
        return `export { ${name}${exported ? '' : ` as ${name.slice(1)}`} } from '${folder}/one/${name}.js';`;
      });
      return { code: lines.join('\n'), map: null, moduleSideEffects: false };
    },
    resolveId: (id) => (ONE.test(id) ? id : null),
    load(id) {
      const name = ONE.exec(id)?.[1];
      if (name === undefined) return null;
      const head = `import { say } from '../../../words/spoken.svelte.ts';\nconst english = ${english.get(name)};\n`;
      const code = `${head}export const ${name} = (inputs) => say('${name}', english, inputs);`;
      return { code, map: null, moduleSideEffects: false };
    },
  };
}

/** The messages of one language's module by name. */
function wordsOf(code: string): [string, string][] {
  return code
    .split(/\n\n(?=(?:export )?const )/)
    .slice(1)
    .map((part) => /^(?:export )?const (\w+) = ([\s\S]*?);?\s*(?:export \{.*\}\s*)?$/.exec(part)?.slice(1, 3))
    .filter((found) => found !== undefined)
    .map((found) => found as [string, string]);
}
