import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Plugin } from 'vite';

/**
 * Makes the pages a window opens, `window/<language>.html`: the page with a still of its first picture in it. One sees
 * it, and can write, before the page's script is read. `src/still.ts` takes it away.
 */
export function stills(): Plugin {
  let root = '';
  let dist = '';
  return {
    name: 'stills',
    apply: 'build',
    configResolved(config) {
      root = config.root;
      dist = `${root}/${config.build.outDir}`;
    },
    async closeBundle() {
      const index = await readFile(`${dist}/index.html`, 'utf8');
      const languages = (await readdir(`${root}/messages`)).map((file) => file.replace('.json', ''));
      await mkdir(`${dist}/window`, { recursive: true });
      await Promise.all(
        languages.map(async (language) => {
          await writeFile(`${dist}/window/${language}.html`, pageOf(index, language, await draw(dist, language)));
        }),
      );
    },
  };
}

async function draw(dist: string, language: string): Promise<string> {
  const script = fileURLToPath(new URL('draw.mjs', import.meta.url));
  return (await promisify(execFile)(process.execPath, [script, dist, language])).stdout;
}

function pageOf(index: string, language: string, still: string): string {
  const replaced = (text: string, from: RegExp, to: string) => {
    if (!from.test(text)) throw new Error(`index.html: nothing like ${from}`);
    return text.replace(from, () => to);
  };
  const script = /<script type="module" crossorigin src="([^"]+)"><\/script>/;
  const address = script.exec(index)?.[1] ?? '';
  let page = replaced(index, /<html lang="en">/, `<html lang="${language}">`);
  page = replaced(
    page,
    script,
    `<link rel="modulepreload" crossorigin href="${address}">\n    <script type="module" src="/after-still.js"></script>`,
  );
  return replaced(page, /<div id="app"><\/div>/, `<div id="app"></div>\n    <div id="still">${still}</div>`);
}
