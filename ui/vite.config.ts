import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

export default defineConfig(({ mode }) => ({
  plugins: [svelte()],
  // `--mode vectors` builds the page that renders hostile Markdown, under the same settings.
  ...(mode === 'vectors' ? { root: 'vectors', publicDir: false as const } : {}),
  server: { port: 5173, strictPort: true },
  build: {
    ...(mode === 'vectors' ? { outDir: '../dist-vectors', emptyOutDir: true } : {}),
    // What the oldest webview Tauri opens can read.
    target: ['es2022', 'safari16'],
    // The content policy allows no inline data but pictures, and no script outside its own files.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: {
        // What several parts share comes in one file: a window asks for its files one after the other.
        codeSplitting: {
          groups: [
            {
              name: 'shared',
              test: /node_modules\/(svelte|@lucide|esm-env|clsx)\/|src\/(paraglide|state|ui|words|markdown\/links)/,
              minShareCount: 2,
            },
          ],
        },
      },
    },
  },
  test: {
    environment: 'jsdom',
    include: ['src/**/*.test.ts'],
  },
  // Without it the tests would load Svelte's server build, which has no effects.
  resolve: process.env.VITEST ? { conditions: ['browser'] } : {},
}));
