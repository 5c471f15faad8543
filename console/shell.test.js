// Does every file keep the rules of README.md, which the policy, the packing of shell.js and the readers rely on?
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const sources = readdirSync(here, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith('.js') && !entry.name.endsWith('.test.js'))
  .map((entry) => relative(here, join(entry.parentPath ?? entry.path, entry.name)).replaceAll('\\', '/'))
  .filter((path) => !path.startsWith('vendor/') && !path.includes('node_modules'));
const text = (path) => readFileSync(join(here, path), 'utf8');
const code = (path) => text(path).replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
const imports = (path) => [...code(path).matchAll(/^(?:import|export)\s[^;]*?from\s+'([^']+)';$/gm)].map(([, source]) => normalize(join(dirname(path), source)).replaceAll('\\', '/'));
const shell = [...text('shell.js').matchAll(/^export \* from '\.\/([^']+)';$/gm)].map(([, path]) => path);
const inShell = new Set(shell);

test('a file has at most 300 lines and says in its first which question it answers', () => {
  for (const path of sources) {
    assert.ok(text(path).split('\n').length <= 301, `${path} is too long`);
    assert.match(text(path), /^\/\/ .+\?\n\/\/ /, `${path} begins with its question`);
  }
});
test('a class means the same on every page, as the sheet of a page stays when one goes on', () => {
  const sheets = readdirSync(here, { recursive: true }).map((path) => String(path).replaceAll('\\', '/')).filter((path) => path.endsWith('.css') && path !== 'style.css');
  const owners = new Map();
  for (const path of sheets) {
    const selectors = text(path).replace(/\/\*[\s\S]*?\*\//g, '').match(/[^{}]+(?=\{)/g) ?? [];
    for (const name of selectors.flatMap((all) => all.split(',')).map((one) => one.trim()).filter((one) => /^\.[\w-]+$/.test(one))) {
      assert.equal(owners.get(name) ?? path, path, `${name} is given its look by ${owners.get(name)} and ${path}`);
      owners.set(name, path);
    }
  }
});
test('no merge is left half done', () => {
  for (const path of [...sources, 'style.css', 'index.html']) assert.doesNotMatch(text(path), /^(<{7}|={7}|>{7})( |$)/m, path);
});
test('requests are made in api.js only, and nothing becomes HTML or script from text', () => {
  for (const path of sources) {
    // The texts of samples are programs in other languages.
    if (path !== 'api.js' && !path.startsWith('endpoint/samples/')) assert.doesNotMatch(code(path), /\bfetch\(/, path);
    assert.doesNotMatch(code(path), /innerHTML|outerHTML|insertAdjacentHTML|dangerouslySet|document\.write|\beval\(|new Function/, path);
    assert.doesNotMatch(code(path), /\sstyle="|\son[a-z]+="/, `${path}: style by object, handlers by function`);
  }
});
test('what shell.js exports imports only what it exports too, and never in a circle', () => {
  const state = new Map();
  const visit = (path, way) => {
    assert.notEqual(state.get(path), 'open', `circle: ${[...way, path].join(' → ')}`);
    if (state.get(path)) return;
    state.set(path, 'open');
    if (!path.startsWith('vendor/')) for (const next of imports(path)) { assert.ok(inShell.has(next), `${path} imports ${next}`); visit(next, [...way, path]); }
    state.set(path, 'done');
  };
  for (const path of shell) visit(path, []);
});
test('names are exported once, as declarations, so that the shell has each of them', () => {
  const seen = new Map();
  for (const path of shell.slice(1)) {
    for (const [line] of code(path).matchAll(/^(?:import|export)\b.*$/gm)) assert.match(line, /^(import \{|import '|export (const|function|async function|class) )/, `${path}: ${line}`);
    assert.doesNotMatch(code(path), /^import \{[^}]*\bas\b/m, `${path} renames an import`);
    for (const [, name] of code(path).matchAll(/^export (?:const|function|async function|class) ([\w$]+)/gm)) {
      assert.equal(seen.get(name), undefined, `${name} is exported by ${seen.get(name)} and ${path}`);
      seen.set(name, path);
    }
  }
});
test('all else imports the shell by shell.js, so that there is one of each', () => {
  for (const path of sources.filter((p) => !inShell.has(p) && p !== 'shell.js')) {
    for (const next of imports(path)) assert.ok(!inShell.has(next), `${path} imports ${next}`);
  }
});
test('main.js knows every page, and the router names no other', () => {
  const pages = sources.filter((path) => /^pages\/[^/]+\.js$/.test(path)).map((path) => path.slice('pages/'.length, -'.js'.length)).sort();
  const known = [...code('main.js').matchAll(/\b(\w+): \(\) => import\('\.\/pages\/(\w+)\.js'\)/g)].map(([, name, file]) => { assert.equal(name, file); return name; }).sort();
  assert.deepEqual(known, pages);
  const [, modules] = /const MODULES = [^(]*\(\{([\s\S]*?)\}\);/.exec(code('router.js')) ?? [];
  const [, words] = /const WORDS = [^(]*\(\{([\s\S]*?)\}\);/.exec(code('router.js')) ?? [];
  const named = [...[...modules.matchAll(/\[([^\]]*)\]/g)].map(([, list]) => list).join().matchAll(/'(\w+)'/g), ...words.matchAll(/: '(\w+)'/g)].map(([, name]) => name);
  assert.ok(named.length > 30);
  for (const name of named) assert.ok(known.includes(name), `${name} is no page`);
});
