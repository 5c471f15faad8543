// Where does a payload not fit its schema?
// Pure: the plain keywords of JSON Schema, checked while one types. What is not known here counts as fitting: the server's word is the last.

/** @typedef {{pointer: string, is: string, value: any}} Misfit `is`: the keyword, a key of the words */

/** The most that are named. */
const MOST = 5;
const DEPTH = 32;

/** @param {any} schema @param {any} value @returns {Misfit[]} */
export function misfits(schema, value) {
  const out = /** @type {Misfit[]} */ ([]);
  check(schema, value, '', schema, out, DEPTH);
  return out;
}

/** @param {any} node @param {any} value @param {string} at @param {any} root @param {Misfit[]} out @param {number} depth */
function check(node, value, at, root, out, depth) {
  if (!isObject(node) || depth === 0 || out.length >= MOST) return;
  const say = (/** @type {string} */ is, /** @type {any} */ limit, /** @type {string} */ pointer = at) => { if (out.length < MOST && !out.some((e) => e.pointer === pointer)) out.push({ pointer, is, value: limit }); };
  const into = (/** @type {any} */ part, /** @type {any} */ inner, /** @type {string} */ pointer) => check(part, inner, pointer, root, out, depth - 1);
  if (typeof node.$ref === 'string') into(pointed(root, node.$ref), value, at);
  for (const part of Array.isArray(node.allOf) ? node.allOf : []) into(part, value, at);
  const types = node.type === undefined ? [] : [node.type].flat();
  if (types.length > 0 && !types.some((type) => isOf(type, value))) { say('type', types.join(' or ')); return; }
  if (Array.isArray(node.enum) && !node.enum.some((/** @type {any} */ each) => same(each, value))) say('enum', node.enum.map((/** @type {any} */ each) => JSON.stringify(each)).join(', '));
  if (node.const !== undefined && !same(node.const, value)) say('const', JSON.stringify(node.const));
  if (typeof value === 'number') {
    if (value < node.minimum) say('minimum', node.minimum);
    if (value > node.maximum) say('maximum', node.maximum);
  }
  if (typeof value === 'string') {
    const length = [...value].length;
    if (length < node.minLength) say('minLength', node.minLength);
    if (length > node.maxLength) say('maxLength', node.maxLength);
  }
  if (Array.isArray(value) && isObject(node.items) && node.prefixItems === undefined) value.forEach((each, n) => into(node.items, each, `${at}/${n}`));
  if (!isObject(value)) return;
  for (const name of Array.isArray(node.required) ? node.required : []) if (!Object.hasOwn(value, name)) say('required', null, pointer(at, name));
  const known = isObject(node.properties) ? node.properties : {};
  for (const [name, inner] of Object.entries(value)) {
    if (Object.hasOwn(known, name)) into(known[name], inner, pointer(at, name));
    else if (node.additionalProperties === false && !node.patternProperties) say('additionalProperties', null, pointer(at, name));
  }
}

/** @param {any} value @returns {value is Record<string, any>} */
const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
/** @param {any} a @param {any} b */
const same = (a, b) => a === b || (typeof a === 'object' && typeof b === 'object' && JSON.stringify(a) === JSON.stringify(b));
/** @param {string} at @param {string} name */
const pointer = (at, name) => `${at}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;

/** @param {any} type @param {any} value */
function isOf(type, value) {
  if (type === 'integer') return Number.isInteger(value);
  if (type === 'null') return value === null;
  if (type === 'array') return Array.isArray(value);
  return type === 'object' ? isObject(value) : typeof value === type;
}

/** A part that this document names by a pointer; nothing of other documents. @param {any} root @param {string} ref */
const pointed = (root, ref) => (ref === '#' || ref.startsWith('#/') ? ref.slice(1).split('/').slice(1).reduce((node, step) => node?.[step.replaceAll('~1', '/').replaceAll('~0', '~')], root) : null);
