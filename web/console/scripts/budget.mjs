// Prints how much script each screen loads, compressed, and fails when a screen
// is over its budget. What a screen loads later or in a worker counts too.
import { readFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';

const dist = resolve(import.meta.dirname, '../dist');
// KB of 1,000 bytes. The phone's is for a bad network: it has no map. Two of its are what lies over it in a
// drill: real alarms must reach a phone there, too. What else only a drill needs is loaded in one, and
// counts apart. Of the wall's 460 are the map's library, of the desk's as well; 16 of either are replay,
// loaded when it is first opened; the rest grows with what the house can do.
const budgets = { 'index.html': 656, 'wall.html': 556, 'admin.html': 110, 'drill.html': 250, 'field/index.html': 62 };
const inDrill = { page: 'field/index.html', script: /^drill-/, budget: 9 };

let over = false;
for (const [page, budget] of Object.entries(budgets)) {
  const folder = resolve(dist, page, '../assets');
  const seen = new Map();
  const follow = (text) => {
    for (const [name] of text.matchAll(/[\w.-]+\.js\b/g)) {
      if (seen.has(name)) continue;
      try {
        const script = readFileSync(resolve(folder, basename(name)));
        seen.set(name, gzipSync(script, { level: 9 }).length);
        follow(script.toString());
      } catch (e) {
        if (e.code !== 'ENOENT') throw e; // a word that looks like a file
      }
    }
  };
  follow(readFileSync(resolve(dist, page), 'utf8'));
  const scripts = [...seen];
  const apart = ([name]) => page === inDrill.page && inDrill.script.test(name);
  tell(page, scripts.filter((x) => !apart(x)), budget);
  if (page === inDrill.page) tell('  in a drill', scripts.filter(apart), inDrill.budget);
}

function tell(what, scripts, budget) {
  const kb = scripts.reduce((sum, [, bytes]) => sum + bytes, 0) / 1000;
  const bad = kb > budget || kb === 0;
  over ||= bad;
  console.log(`${what.padEnd(18)} ${kb.toFixed(1).padStart(6)} KB of ${budget}${bad ? ', over its budget: ' + scripts.map(([n, b]) => `${n} ${(b / 1000).toFixed(1)}`).join(', ') : ''}`);
}
process.exitCode = over ? 1 : 0;
