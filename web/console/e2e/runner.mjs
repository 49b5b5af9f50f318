// A small test runner: one browser, a fresh context for each screen, a picture
// and the console's last words when a test fails.
import { mkdirSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { House } from './house.mjs';

const tests = [];
const pictures = resolve(import.meta.dirname, '../test-results');

/** Registers a test; run gets the house: its screens, its accounts, its API. */
export function test(name, run, { seconds = 180 } = {}) {
  tests.push({ name, run, seconds });
}

/** Runs them and answers the exit code. */
export async function finish(words) {
  const base = process.env.BASE_URL;
  if (!base) {
    console.error('BASE_URL is missing: the address of a running program with the demo city, such as https://127.0.0.1:8443 (scripts/e2e starts one)');
    return 2;
  }
  const chosen = tests.filter((t) => words.every((w) => t.name.includes(w)));
  const result = { passed: 0, failed: 0, skipped: tests.length - chosen.length };
  mkdirSync(pictures, { recursive: true });
  const browser = await House.browser();
  try {
    for (const t of chosen) {
      const started = Date.now();
      const fault = await one(browser, base, t);
      const took = `${((Date.now() - started) / 1000).toFixed(1)} s`;
      if (fault) console.log(`not ok  ${t.name}  (${took})\n${indent(fault)}`);
      else console.log(`ok      ${t.name}  (${took})`);
      result[fault ? 'failed' : 'passed']++;
    }
  } finally {
    await browser.close();
  }
  if (chosen.length === 0) console.error(`no test's name has ${words.join(' and ')}`);
  if (process.env.E2E_RESULTS) writeFileSync(process.env.E2E_RESULTS, JSON.stringify(result) + '\n');
  console.log(`${result.passed} passed, ${result.failed} failed${result.skipped ? `, ${result.skipped} not chosen` : ''}`);
  return result.failed || chosen.length === 0 ? 1 : 0;
}

async function one(browser, base, t) {
  const house = new House(browser, base);
  let timer;
  try {
    await Promise.race([
      t.run(house),
      new Promise((_, no) => {
        timer = setTimeout(() => no(new Error(`not done after ${t.seconds} s`)), t.seconds * 1000);
      }),
    ]);
    house.clean();
    return undefined;
  } catch (e) {
    const slug = t.name.replace(/[^a-z0-9]+/gi, '-').slice(0, 60);
    const kept = await house.pictures(resolve(pictures, slug)).catch((f) => [`no picture: ${f.message}`]);
    return [e.stack ?? String(e), ...house.words(), ...kept].join('\n');
  } finally {
    clearTimeout(timer);
    await house.close();
  }
}

const indent = (text) => text.split('\n').map((l) => `        ${l}`).join('\n');
