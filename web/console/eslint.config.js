import js from '@eslint/js';
import svelte from 'eslint-plugin-svelte';
import ts from 'typescript-eslint';

export default ts.config(
  { ignores: ['dist/', 'node_modules/', 'src/api/types.gen.ts', 'test-results/'] },
  js.configs.recommended,
  ...ts.configs.recommended,
  ...svelte.configs.recommended,
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: { parserOptions: { parser: ts.parser } },
  },
  {
    languageOptions: { globals: globalsOf(['window', 'document', 'location', 'navigator', 'localStorage', 'console', 'fetch', 'process', 'URL', 'setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance', 'crypto']) },
    rules: {
      'no-undef': 'off', // TypeScript knows better
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      // Our maps and sets live in the plain store, which tells its readers itself.
      'svelte/prefer-svelte-reactivity': 'off',
      eqeqeq: ['error', 'smart'],
    },
  },
  {
    // Only the screens know the view library: a change of mind costs the screens alone.
    files: ['src/api/**', 'src/store/**', 'src/map/**', 'src/i18n/**'],
    ignores: ['**/*.test.ts'],
    rules: { 'no-restricted-imports': ['error', { patterns: ['svelte', 'svelte/*', '**/desk/*', '**/wall/*', '**/ui/*'] }] },
  },
  {
    files: ['src/store/**', 'src/api/**'],
    rules: { 'no-restricted-globals': ['error', { name: 'document', message: 'the store knows no page' }] },
  },
);

function globalsOf(names) {
  return Object.fromEntries(names.map((name) => [name, 'readonly']));
}
