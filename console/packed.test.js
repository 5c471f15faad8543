// Do the packs that the server makes of the modules run, and give what the modules give?
// `check` names the folder with them in PACKED; without it there is nothing to look at.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const folder = process.env.PACKED;
const packs = folder ? readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.js')) : [];

/** So much of a browser that every module can be run. `main.js` finds nobody logged in, and no place to draw. */
function pretend() {
  const nothing = () => null;
  const document = { addEventListener: nothing, getElementById: nothing, querySelector: () => ({}), documentElement: { dataset: {} }, visibilityState: 'hidden' };
  const location = { pathname: '/console', search: '', hash: '', origin: 'http://localhost', href: 'http://localhost/console' };
  // A real one would wait for other tabs for ever.
  class BroadcastChannel { postMessage() {} }
  Object.assign(globalThis, { BroadcastChannel, document, location, history: { replaceState: nothing, pushState: nothing }, addEventListener: nothing, scrollTo: nothing });
}

test('each pack is JavaScript', { skip: !folder }, () => {
  assert.ok(packs.length > 5, `${folder} has the packs`);
  for (const path of packs) execFileSync(process.execPath, ['--check', join(/** @type {string} */ (folder), path)]);
});

test('each module in a pack runs once and gives what its file gives', { skip: !folder }, async () => {
  pretend();
  let compared = 0;
  for (const path of packs) {
    const file = join(/** @type {string} */ (folder), path);
    const pack = await import(pathToFileURL(file).href);
    const own = [...readFileSync(file, 'utf8').matchAll(/^const (\$\w+) = \$once\(/gm)].map(([, name]) => name);
    for (const name of own) {
      const run = pack[name];
      assert.equal(await run(), await run(), `${name} runs once`);
      const source = sources.get(name);
      assert.ok(source, `${name} has a file`);
      // It would start a second time.
      if (source === 'main.js') continue;
      const [given, meant] = [await run(), await import(new URL(source, import.meta.url).href)];
      assert.deepEqual(Object.keys(given).sort(), Object.keys(meant).sort(), source);
      for (const key of Object.keys(meant)) alike(given[key], meant[key], `${source}: ${key}`);
      compared += 1;
    }
  }
  assert.ok(compared > 200, `only ${compared} were compared`);
});

const here = new URL('.', import.meta.url);
const sources = new Map(readdirSync(here, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.js') && !path.endsWith('.test.js'))
  .map((path) => path.replaceAll('\\', '/')).map((path) => [`$${path.slice(0, -'.js'.length).replace(/[^A-Za-z0-9]/g, '_')}`, path]));

/** Data are the same; functions have as many parameters. (`main.js` sets some of their members.) @param {any} given @param {any} meant @param {string} what */
function alike(given, meant, what) {
  assert.equal(typeof given, typeof meant, what);
  if (typeof meant === 'function') assert.equal(given.length, meant.length, what);
  else if (typeof meant !== 'object' || meant === null) assert.equal(given, meant, what);
  else if (Array.isArray(meant) || Object.getPrototypeOf(meant) === Object.prototype) {
    assert.deepEqual(Object.keys(given), Object.keys(meant), what);
    for (const key of Object.keys(meant)) alike(given[key], meant[key], `${what}.${key}`);
  }
}
