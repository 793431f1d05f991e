import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'vite';

/** The pages in which previews are shown, by the names of their scripts in `src/frames`. */
const PAGES = ['still', 'diagram'];

/**
 * Builds the pages of the frames for previews. Each is one file with its script inside: a frame without an origin can
 * fetch nothing, not even from the server it came from. Whoever serves it allows that script alone, by its hash.
 */
export function frames(): Plugin {
  let folder = '';
  return {
    name: 'frames',
    apply: 'build',
    configResolved(config) {
      folder = `${config.build.outDir}/frames`;
    },
    async closeBundle() {
      await mkdir(folder, { recursive: true });
      for (const page of PAGES) await writeFile(`${folder}/${page}.html`, pageOf(await scriptOf(page)));
    },
  };
}

async function scriptOf(page: string): Promise<string> {
  const entry = fileURLToPath(new URL(`src/frames/${page}.ts`, import.meta.url));
  const built = await build({
    configFile: false,
    logLevel: 'warn',
    publicDir: false,
    define: { 'process.env.NODE_ENV': '"production"' },
    build: {
      write: false,
      target: ['es2022', 'safari16'],
      minify: true,
      chunkSizeWarningLimit: 10_000,
      lib: { entry, formats: ['iife'], name: 'frame', fileName: page },
      rolldownOptions: { output: { codeSplitting: false } },
    },
  });
  const [output] = Array.isArray(built) ? built : [built];
  const parts = output && 'output' in output ? output.output : [];
  if (parts.length !== 1 || parts[0]?.type !== 'chunk') throw new Error(`${page}: not one script`);
  return parts[0].code;
}

function pageOf(script: string): string {
  // Written so, they end no script, and mean the same in a string and in a pattern.
  const inside = script.replace(/<\/script/gi, '\\x3c/script').replace(/<!--/g, '\\x3c!--');
  return `<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<title>Preview</title>\n<script>${inside}</script>\n</html>\n`;
}
