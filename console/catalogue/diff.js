// What did a version of a schema change, and whom may it break?
// Pure: fields that came, went or are otherwise now; receivers break where they could rely on something before.
import { fieldsOf } from './schema.js';

/** @typedef {import('./schema.js').Field} Field */
/** @typedef {{path: string, is: 'added'|'removed'|'changed', before: Field|null, after: Field|null, what: ('type'|'need'|'limits'|'words'|'deprecated')[], breaks: boolean}} Change */

/** @param {any} before @param {any} after @returns {Change[]} */
export function changesOf(before, after) {
  const [old, now] = [byPath(fieldsOf(before)), byPath(fieldsOf(after))];
  const paths = [...new Set([...now.keys(), ...old.keys()])];
  const gone = (/** @type {string} */ path) => old.has(path) && !now.has(path);
  // What was inside of a field that went is not said again.
  const said = paths.filter((path) => !gone(path) || !parents(path).some(gone));
  return said.map((path) => change(path, old.get(path) ?? null, now.get(path) ?? null)).filter((c) => c !== null);
}

/** `a.b[].c`: `a.b[]`, `a.b`, `a` @param {string} path */
const parents = (path) => [...path.matchAll(/\.|\[\]/g)].map((m) => path.slice(0, m.index));

/** @param {Field[]} fields */
const byPath = (fields) => new Map(fields.map((f) => [f.path, f]));

/** @param {string} path @param {Field|null} before @param {Field|null} after @returns {Change|null} */
function change(path, before, after) {
  if (!before) return { path, is: 'added', before, after, what: after?.required && after.depth === 0 ? ['need'] : [], breaks: false };
  if (!after) return { path, is: 'removed', before, after, what: [], breaks: true };
  const what = /** @type {Change['what']} */ ([]);
  if (before.type !== after.type) what.push('type');
  if (before.required !== after.required) what.push('need');
  if (JSON.stringify(before.limits) !== JSON.stringify(after.limits)) what.push('limits');
  if (before.deprecated !== after.deprecated) what.push('deprecated');
  if (before.description !== after.description || before.title !== after.title) what.push('words');
  if (what.length === 0) return null;
  return { path, is: 'changed', before, after, what, breaks: (what.includes('type') && !narrower(before.type, after.type)) || (before.required && !after.required) };
}

/** Whether all that comes now could come before. @param {string} before @param {string} after */
function narrower(before, after) {
  const had = new Set(before.split(' | '));
  return after.split(' | ').every((t) => had.has(t) || (t === 'integer' && had.has('number')) || had.has('any'));
}
