// Runs the browser tests against the program at BASE_URL and writes
// {"passed","failed","skipped"} to the file E2E_RESULTS. Arguments choose tests
// by a part of their names: npm run e2e -- field.
//
// A test file exports nothing: it registers its tests with test(name, run) of
// runner.mjs, and they run one after the other, because they share one city.
import { readdirSync } from 'node:fs';
import { finish } from './runner.mjs';

for (const file of readdirSync(import.meta.dirname).filter((f) => f.endsWith('.test.mjs')).sort()) await import(`./${file}`);
process.exitCode = await finish(process.argv.slice(2));
