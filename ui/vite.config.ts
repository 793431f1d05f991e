import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  plugins: [svelte()],
  server: { port: 5173, strictPort: true },
  build: {
    // What the oldest webview Tauri opens can read.
    target: ['es2022', 'safari16'],
    // The content policy allows no inline data but pictures, and no script outside its own files.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  test: {
    environment: 'jsdom',
    include: ['src/**/*.test.ts'],
  },
  // Without it the tests would load Svelte's server build, which has no effects.
  resolve: process.env.VITEST ? { conditions: ['browser'] } : {},
});
