import { fileURLToPath } from 'node:url';
import { paraglideVitePlugin } from '@inlang/paraglide-js';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';
import { frames } from './frames.ts';
import { messagesByLanguage } from './messages-by-language.ts';
import { stills } from './stills/plugin.ts';

/** Builds that are no part of the app. */
const SIDE = ['vectors', 'bench'];

/** What the page's first picture takes: all that `main.ts` imports without asking for it later. */
const first = new Set<string>();

function findFirst(): Plugin {
  return {
    name: 'first-picture',
    buildEnd() {
      const open = [...this.getModuleIds()].filter((id) => this.getModuleInfo(id)?.isEntry);
      for (let id = open.pop(); id !== undefined; id = open.pop()) {
        if (first.has(id)) continue;
        first.add(id);
        open.push(...(this.getModuleInfo(id)?.importedIds ?? []));
      }
    },
  };
}

/** What shows every component in every state is for whoever works on the page: no build takes it along. */
function withoutGallery(): Plugin {
  return {
    name: 'without-gallery',
    apply: 'build',
    moduleParsed({ id }) {
      if (id.includes('/src/gallery/')) this.error(`${id} is no part of the app.`);
    },
  };
}

/** The words of the interface are one module each, all of them reached by one: only those used twice are shared. */
const isWords = (id: string) => id.includes('/src/paraglide/messages/one/');

export default defineConfig(({ mode }) => ({
  plugins: [
    findFirst(),
    withoutGallery(),
    // The words of the interface are compiled with the page, also when a catalogue is saved in a dev build.
    paraglideVitePlugin({
      project: fileURLToPath(new URL('project.inlang', import.meta.url)),
      outdir: fileURLToPath(new URL('src/paraglide', import.meta.url)),
      strategy: ['globalVariable', 'baseLocale'],
      outputStructure: 'locale-modules',
      silent: true,
    }),
    messagesByLanguage(),
    svelte(),
    ...(SIDE.includes(mode) ? [] : [frames(), stills()]),
  ],
  // `--mode vectors` builds the page that renders hostile Markdown, `--mode bench` the bench's reference pages, under the
  // same settings.
  ...(SIDE.includes(mode) ? { root: mode, publicDir: false as const } : {}),
  server: { port: 5173, strictPort: true },
  build: {
    ...(SIDE.includes(mode) ? { outDir: `../dist-${mode}`, emptyOutDir: true } : {}),
    // What the oldest webview Tauri opens can read.
    target: ['es2022', 'safari16'],
    // The content policy allows no inline data but pictures, and no script outside its own files.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      ...(mode === 'bench' ? { input: ['bare', 'one-shot', 'text-only'].map((page) => `bench/${page}.html`) } : {}),
      output: {
        // One file for the first picture: a window asks for its files one after the other.
        codeSplitting: {
          groups: [
            { name: 'first', test: (id) => first.has(id) && !isWords(id) },
            { name: 'words', test: isWords, minShareCount: 2 },
          ],
        },
      },
    },
  },
  test: {
    environment: 'jsdom',
    include: ['src/**/*.test.ts'],
  },
  resolve: {
    // Lucide's icons are data; what draws them is our own.
    alias: [
      { find: /^\.\.\/Icon\.svelte$/, replacement: fileURLToPath(new URL('src/ui/Icon.svelte', import.meta.url)) },
    ],
    // Without it the tests would load Svelte's server build, which has no effects.
    ...(process.env.VITEST ? { conditions: ['browser'] } : {}),
  },
}));
