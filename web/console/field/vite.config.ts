// The phone page is a build of its own: everything in it is kept on the phone,
// and a chunk shared with the consoles would be missed (or drag them along).
import { resolve } from 'node:path';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';
import { VitePWA } from 'vite-plugin-pwa';
import { en } from '../src/i18n/en';
import { zh } from '../src/i18n/zh';

const server = process.env['LIANDONG_SERVER'] ?? 'https://127.0.0.1:8443';

/** The families of shared words that the phone says; the desk's others stay off a thin network. */
const families = ['grade', 'task.state', 'task.type', 'team.status', 'duty', 'role', 'note.type', 'fence.purpose', 'drill'];

const fewWords = {
  name: 'few-words',
  enforce: 'pre' as const,
  load(id: string) {
    const name = /\/i18n\/(zh|en)\.ts$/.exec(id)?.[1];
    if (!name) return undefined;
    const kept = Object.entries(name === 'zh' ? zh : en).filter(([word]) => families.some((f) => word.startsWith(`${f}.`)));
    return `export const ${name} = ${JSON.stringify(Object.fromEntries(kept))};`;
  },
};

export default defineConfig({
  root: import.meta.dirname,
  base: '/field/',
  plugins: [
    fewWords,
    svelte({ configFile: resolve(import.meta.dirname, '../svelte.config.js') }),
    VitePWA({
      strategies: 'injectManifest',
      srcDir: '../src/field',
      filename: 'sw.ts',
      injectRegister: null,
      injectManifest: { globPatterns: ['**/*.{html,js,css,png,webmanifest}'], minify: true },
      manifest: {
        id: '/field/',
        name: '联动·队长',
        short_name: '联动',
        description: '应急救援队长的任务页：接令、到场、求助，断网可用',
        lang: 'zh-CN',
        start_url: '/field/',
        scope: '/field/',
        display: 'standalone',
        orientation: 'portrait',
        background_color: '#e6eaee',
        theme_color: '#ffffff',
        icons: [
          { src: 'icon-192.png', sizes: '192x192', type: 'image/png', purpose: 'any' },
          { src: 'icon-512.png', sizes: '512x512', type: 'image/png', purpose: 'any' },
          { src: 'icon-512.png', sizes: '512x512', type: 'image/png', purpose: 'maskable' },
        ],
      },
    }),
  ],
  build: {
    outDir: resolve(import.meta.dirname, '../dist/field'),
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // What only a drill needs is loaded in one; all the rest is one script, for split it grows by a tenth.
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: 'phone', test: (id: string) => !/src\/field\/(drill\/|Drills|Evaluator|Observe|judge)/.test(id) }] } } },
  },
  server: { host: '127.0.0.1', proxy: { '/api': { target: server, secure: false, ws: true } } },
});
