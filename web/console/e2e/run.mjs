// Runs the browser tests against the program at BASE_URL and writes
// {"passed","failed","skipped"} to the file E2E_RESULTS. Arguments choose tests
// by a part of their names: npm run e2e -- field.
//
// A test file exports nothing: it registers its tests with test(name, run) of
// runner.mjs, and they run one after the other, because they share one city.
import { readdirSync } from 'node:fs';
import { finish } from './runner.mjs';

// The demo's first minute comes first, before other tests take its teams.
const first = 'demo.test.mjs';
const files = readdirSync(import.meta.dirname).filter((f) => f.endsWith('.test.mjs') && f !== first).sort();
for (const file of [first, ...files]) await import(`./${file}`);
process.exitCode = await finish(process.argv.slice(2));
