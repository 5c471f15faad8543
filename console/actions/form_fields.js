// Which form do the parameters of an action have, and what is sent of what was typed?
// Pure: a member of the schema becomes a field; numbers keep their digits; what is empty is left out; the rest is JSON.
import { mistakeIn, parseJson } from '../ui/json_text.js';
import { Raw, write } from '../ui/raw_json.js';

/** @typedef {{name: string, kind: 'text'|'long'|'number'|'choice'|'json', required: boolean, title: string, description: string, options: [string, string][], type: string, format: string, start: string, limits: Record<string, any>}} Field */

/** A longer text than this is typed on several lines. */
const LONG = 200;
const LIMITS = ['minLength', 'maxLength', 'pattern', 'minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'format'];

/** @param {any} schema @returns {Field[]} */
export function fieldsOfParameters(schema) {
  const required = new Set(schema?.required ?? []);
  return Object.entries(schema?.properties ?? {}).map(([name, node]) => field(name, resolve(node, schema), required.has(name)))
    .sort((a, b) => Number(b.required) - Number(a.required));
}

/** @param {any} node @param {any} root @returns {any} */
function resolve(node, root) {
  if (!node || typeof node !== 'object') return {};
  const found = typeof node.$ref === 'string' && node.$ref.startsWith('#/') ? node.$ref.slice(2).split('/').reduce((/** @type {any} */ n, /** @type {string} */ step) => n?.[step.replaceAll('~1', '/').replaceAll('~0', '~')], root) : null;
  return found && typeof found === 'object' ? { ...found, ...node, $ref: undefined } : node;
}

/** @param {string} name @param {any} node @param {boolean} required @returns {Field} */
function field(name, node, required) {
  const types = [node.type ?? []].flat().filter((/** @type {string} */ t) => t !== 'null');
  const type = types.length === 1 ? types[0] : '';
  const choices = node.const !== undefined ? [node.const] : Array.isArray(node.enum) ? node.enum : type === 'boolean' ? [true, false] : null;
  const kind = choices && choices.every((/** @type {any} */ v) => v === null || typeof v !== 'object') ? 'choice' : type === 'integer' || type === 'number' ? 'number' : type === 'string' ? ((node.maxLength ?? 0) > LONG ? 'long' : 'text') : 'json';
  return {
    name, kind, required, type, title: text(node.title), description: text(node.description), format: text(node.format),
    options: kind === 'choice' ? /** @type {[string, string][]} */ ((choices ?? []).map((/** @type {any} */ v) => [JSON.stringify(v), typeof v === 'string' ? v : JSON.stringify(v)])) : [],
    start: node.default === undefined ? '' : kind === 'text' || kind === 'long' ? String(node.default) : JSON.stringify(node.default),
    limits: Object.fromEntries(LIMITS.filter((l) => node[l] !== undefined).map((l) => [l, node[l]])),
  };
}
/** @param {any} value */
const text = (value) => (typeof value === 'string' ? value : '');

const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;

/** The value of one field, or undefined where nothing was given. What cannot be read is sent as text: the server says what is wrong. @param {Field} f @param {string|undefined} typed */
function valueOf(f, typed) {
  const given = typed ?? '';
  if (f.kind === 'text' || f.kind === 'long') return given === '' ? undefined : given;
  const trimmed = given.trim();
  if (trimmed === '') return undefined;
  if (f.kind === 'number') return NUMBER.test(trimmed) ? new Raw(trimmed) : given;
  return mistakeIn(trimmed) ? given : new Raw(trimmed);
}

/** The parameters as JSON text. @param {Field[]} fields @param {Record<string, string>} typed */
export const parametersText = (fields, typed) => write(Object.fromEntries(fields.map((f) => [f.name, valueOf(f, typed[f.name])]).filter(([, v]) => v !== undefined)));

/** What a form begins with. @param {Field[]} fields @returns {Record<string, string>} */
export const startValues = (fields) => Object.fromEntries(fields.map((f) => [f.name, f.start]));

/** What was typed as JSON, back into fields; null if it does not fit a form. @param {Field[]} fields @param {string} json @returns {Record<string, string>|null} */
export function typedFrom(fields, json) {
  if (json.trim() === '') return Object.fromEntries(fields.map((f) => [f.name, '']));
  if (mistakeIn(json)) return null;
  const node = parseJson(json);
  if (!node.members || node.members.some(([name]) => !fields.some((f) => f.name === name))) return null;
  return Object.fromEntries(fields.map((f) => {
    const found = node.members?.findLast(([name]) => name === f.name)?.[1];
    if (!found) return [f.name, ''];
    const plain = f.kind === 'text' || f.kind === 'long';
    return [f.name, plain && found.kind === 'string' ? found.text : json.slice(found.start, found.end)];
  }));
}
