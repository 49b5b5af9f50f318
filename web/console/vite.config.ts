// Builds desk, wall, admin and drill into dist/. The field app is a build of its own
// (field/vite.config.ts), so that a phone precaches nothing of the consoles.
import { resolve } from 'node:path';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

const server = process.env['LIANDONG_SERVER'] ?? 'https://127.0.0.1:8443';

export default defineConfig({
  plugins: [svelte()],
  worker: { format: 'es' },
  optimizeDeps: { exclude: ['maplibre-gl'] },
  build: {
    target: 'es2022',
    sourcemap: false,
    // The policy allows nothing inline, and fonts are better cached than inlined.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1400,
    rolldownOptions: {
      input: Object.fromEntries(['index', 'wall', 'admin', 'drill'].map((name) => [name, resolve(import.meta.dirname, `${name}.html`)])),
    },
  },
  server: {
    host: '127.0.0.1',
    proxy: Object.fromEntries(
      ['/api', '/basemap', '/devices', '/ca'].map((path) => [path, { target: server, secure: false, ws: path === '/api', changeOrigin: false }]),
    ),
  },
  resolve: process.env['VITEST'] ? { conditions: ['browser'] } : {},
  test: { environment: 'happy-dom', include: ['src/**/*.test.ts', 'field/**/*.test.ts'] },
});
