// Which operators fit a value, and what becomes of the value when the operator changes?
// Operators by the type of what the event has; a condition made from a value.

import { LISTS, ORDERS, TEXTS, condition, element } from './filter.js';
import { isNumber, isObject } from './json.js';
import { join } from './paths.js';

/**
 * @typedef {'text' | 'date' | 'number' | 'boolean' | 'null' | 'texts' | 'items' | 'list' | 'object' | 'unknown'} Type
 * @typedef {import('./filter.js').Operator | '$elemMatch' | '$missing'} Choice
 *   What a person chooses. `$missing` is `$exists` with false.
 */

/** @type {Record<Type, Choice[]>} */
const CHOICES = {
  text: ['$eq', '$ne', '$in', '$nin', '$contains', '$startsWith', '$endsWith', '$exists', '$missing'],
  date: ['$gte', '$gt', '$lt', '$lte', '$eq', '$ne', '$startsWith', '$exists', '$missing'],
  number: ['$eq', '$ne', '$gt', '$gte', '$lt', '$lte', '$in', '$nin', '$exists', '$missing'],
  boolean: ['$eq', '$ne', '$exists', '$missing'],
  null: ['$eq', '$ne', '$in', '$nin', '$exists', '$missing'],
  texts: ['$contains', '$eq', '$ne', '$in', '$nin', '$startsWith', '$endsWith', '$exists', '$missing'],
  list: ['$eq', '$ne', '$in', '$nin', '$gt', '$gte', '$lt', '$lte', '$exists', '$missing'],
  items: ['$elemMatch', '$exists', '$missing'],
  object: ['$exists', '$missing'],
  unknown: ['$eq', '$ne', '$in', '$nin', '$gt', '$gte', '$lt', '$lte', '$contains', '$startsWith', '$endsWith', '$exists', '$missing', '$elemMatch'],
};

const DATE = /^\d{4}-\d\d-\d\d(?:[Tt ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:[Zz]|[+-]\d\d:\d\d)?)?$/;

/** @param {any} value @returns {Type} */
export function typeOf(value) {
  if (value === undefined) return 'unknown';
  if (value === null) return 'null';
  if (isNumber(value)) return 'number';
  if (typeof value === 'string') return DATE.test(value) ? 'date' : 'text';
  if (typeof value === 'boolean') return 'boolean';
  if (!Array.isArray(value)) return 'object';
  if (value.length === 0) return 'unknown';
  if (value.some(isObject)) return 'items';
  return value.every((each) => typeof each === 'string') ? 'texts' : 'list';
}

/** The type of the values seen under a path: unknown if there are none, or several. @param {any[]} values @returns {Type} */
export function typeOfAll(values) {
  const types = new Set(values.map(typeOf).filter((type) => type !== 'null'));
  if (types.size === 0) return values.length > 0 ? 'null' : 'unknown';
  return types.size === 1 ? [...types][0] : 'unknown';
}

/** What may be chosen for values of this type; what is chosen already stays. @param {Type} type @param {Choice} [now] @returns {Choice[]} */
export function choices(type, now) {
  const offered = CHOICES[type];
  return now === undefined || offered.includes(now) ? offered : [...offered, now];
}

/** What a node was chosen to be. @param {import('./filter.js').Node} node @returns {Choice} */
export function choiceOf(node) {
  if (node.kind === 'group') return '$elemMatch';
  return node.op === '$exists' && node.value === false ? '$missing' : node.op;
}

/**
 * The node with another choice; what was typed stays where it fits.
 * @param {import('./filter.js').Node} node @param {Choice} choice @returns {import('./filter.js').Node}
 */
export function choose(node, choice) {
  if (choice === choiceOf(node)) return node;
  if (choice === '$elemMatch') return { ...element(node.path, []), id: node.id };
  if (choice === '$missing') return { ...condition(node.path, '$exists', false), id: node.id };
  const before = node.kind === 'condition' && node.op !== '$exists' ? node.value : '';
  const { caseSensitive } = node.kind === 'condition' ? node : { caseSensitive: false };
  const op = /** @type {import('./filter.js').Operator} */ (choice);
  return { ...condition(node.path, op, fitting(op, before), caseSensitive && TEXTS.has(op)), id: node.id };
}

/** The value as the operator takes it. @param {string} op @param {any} value @returns {any} */
function fitting(op, value) {
  const first = Array.isArray(value) ? value[0] ?? '' : value;
  if (op === '$exists') return true;
  if (LISTS.has(op)) return Array.isArray(value) ? value : value === '' ? [] : [value];
  if (TEXTS.has(op)) {
    const texts = (Array.isArray(value) ? value : [value]).filter((each) => each !== null).map(String);
    return texts.length > 1 ? texts.slice(0, 20) : texts[0] ?? '';
  }
  if (ORDERS.has(op)) return isNumber(first) || typeof first === 'string' ? first : '';
  return first;
}

/** Longer texts are rather searched than compared. */
const LONG = 40;

/**
 * The condition that somebody means who points at a value of an event.
 * @param {string} path @param {any} value @returns {import('./filter.js').Node}
 */
export function fromValue(path, value) {
  switch (typeOf(value)) {
    case 'text':
      if (value.length <= LONG && !value.includes('\n')) return condition(path, '$eq', value);
      return condition(path, '$contains', value.trim().split(/\s+/).slice(0, 3).join(' ').slice(0, LONG) || value.slice(0, LONG));
    case 'date':
    case 'number':
      return condition(path, '$gte', value);
    case 'texts':
      return value[0] === '' ? condition(path, '$exists', true) : condition(path, '$contains', value[0]);
    case 'list':
      return condition(path, '$eq', Array.isArray(value[0]) ? null : value[0]);
    case 'items': {
      const members = Object.entries(value.find(isObject));
      const plain = members.find(([, each]) => !Array.isArray(each) && !isObject(each));
      return element(path, plain ? [fromValue(join([plain[0]]), plain[1])] : []);
    }
    case 'object':
    case 'unknown':
      return condition(path, '$exists', true);
    default:
      return condition(path, '$eq', value);
  }
}

/**
 * The value that somebody means who types this text, where values of a type are seen: a number where numbers are.
 * @param {string} text @param {any} before @param {Type} seen
 */
export function typed(text, before, seen) {
  const isNumeric = seen === 'number' || (seen === 'unknown' && isNumber(before));
  const isOther = seen === 'text' || seen === 'date' || seen === 'texts';
  if (!isOther && (isNumeric || isNumber(before)) && /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(text)) return 'number';
  return 'text';
}
