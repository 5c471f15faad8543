// What is a filter in the builder, and how is it JSON?
// The model: a tree of groups and conditions, immutable. Every canonical filter comes back byte for byte.

import { define, isNumber, isObject } from './json.js';

/**
 * @typedef {'$and' | '$or' | '$nor'} Match
 * @typedef {'$eq'|'$ne'|'$in'|'$nin'|'$gt'|'$gte'|'$lt'|'$lte'|'$exists'|'$contains'|'$startsWith'|'$endsWith'} Operator
 * @typedef {{id: string, kind: 'condition', path: string, op: Operator, value: any, caseSensitive: boolean}} Condition
 *   A path and what must hold of the values under it.
 * @typedef {{id: string, kind: 'group', of: 'root' | 'element' | 'plain', match: Match, path: string, items: Node[]}} Group
 *   Conditions of which all, any or none must hold. The root is the whole filter; an element's conditions hold of one
 *   item of the array under its path (`$elemMatch`).
 * @typedef {Condition | Group} Node
 */

/** Bounds of the server. */
export const MAX_CONDITIONS = 50;
export const MAX_DEPTH = 5;
export const MAX_VALUES = 100;
export const MAX_TEXTS = 20;

/** @type {readonly Match[]} */
export const MATCHES = ['$and', '$or', '$nor'];
/** @type {ReadonlySet<string>} */
export const LISTS = new Set(['$in', '$nin']);
/** @type {ReadonlySet<string>} */
export const ORDERS = new Set(['$gt', '$gte', '$lt', '$lte']);
/** @type {ReadonlySet<string>} */
export const TEXTS = new Set(['$contains', '$startsWith', '$endsWith']);

let made = 0;
const newId = () => `n${(made += 1)}`;

/** @param {string} path @param {Operator} op @param {any} value @param {boolean} [caseSensitive] @returns {Condition} */
export function condition(path, op, value, caseSensitive = false) {
  return { id: newId(), kind: 'condition', path, op, value, caseSensitive };
}

/** @param {Match} match @param {Node[]} items @returns {Group} */
export function group(match, items) {
  return { id: newId(), kind: 'group', of: 'plain', match, path: '', items };
}

/** @param {string} path @param {Node[]} items @param {Match} [match] @returns {Group} */
export function element(path, items, match = '$and') {
  return { id: newId(), kind: 'group', of: 'element', match, path, items };
}

/** The whole filter. @param {Node[]} [items] @param {Match} [match] @returns {Group} */
export function root(items = [], match = '$and') {
  return { id: 'root', kind: 'group', of: 'root', match, path: '', items };
}

/** The same with new ids. @param {Node} node @returns {Node} */
export function copy(node) {
  return node.kind === 'group' ? { ...node, id: newId(), items: node.items.map(copy) } : { ...node, id: newId() };
}

// --- To JSON ---

/** Whether there is something in it: a group without conditions says nothing, and is not written. @param {Node} node @returns {boolean} */
export function isWritten(node) {
  return node.kind === 'condition' || node.items.some(isWritten);
}

/** The filter in canonical form. @param {Group} whole @returns {Record<string, any>} */
export function toJson(whole) {
  return body(whole);
}

/** The conditions of the root or of an element: *all* of a single one is that one. @param {Group} of @returns {Record<string, any>} */
function body({ match, items }) {
  const written = items.filter(isWritten).map(write);
  if (written.length === 0) return {};
  return written.length === 1 && match === '$and' ? written[0] : { [match]: written };
}

/** @param {Node} node @returns {Record<string, any>} */
function write(node) {
  /** @type {Record<string, any>} */
  const written = {};
  if (node.kind === 'condition') {
    const test = node.caseSensitive ? { $caseSensitive: true, [node.op]: node.value } : { [node.op]: node.value };
    define(written, node.path, test);
  } else if (node.of === 'element') {
    define(written, node.path, { $elemMatch: body(node) });
  } else {
    written[node.match] = node.items.filter(isWritten).map(write);
  }
  return written;
}

/**
 * The id of the node for each JSON pointer into the written filter.
 * @param {Group} whole @returns {Map<string, string>}
 */
export function pointers(whole) {
  /** @type {Map<string, string>} */
  const found = new Map([['', whole.id]]);
  /** @param {Group} of @param {string} at */
  const inside = ({ match, items, of }, at) => {
    const written = items.filter(isWritten);
    if (of !== 'plain' && match === '$and' && written.length === 1) return visit(written[0], at);
    written.forEach((node, place) => visit(node, `${at}/${match}/${place}`));
  };
  /** @param {Node} node @param {string} at */
  const visit = (node, at) => {
    found.set(at, node.id);
    if (node.kind === 'condition') return;
    inside(node, node.of === 'element' ? `${at}/${escaped(node.path)}/$elemMatch` : at);
  };
  inside(whole, '');
  return found;
}

/** The id of the node that a pointer leads into. @param {Map<string, string>} known @param {string} pointer @returns {string} */
export function nodeAt(known, pointer) {
  for (let at = pointer; at !== ''; at = at.slice(0, at.lastIndexOf('/'))) {
    const id = known.get(at);
    if (id) return id;
  }
  return known.get('') ?? 'root';
}

/** @param {string} name */
const escaped = (name) => name.replaceAll('~', '~0').replaceAll('/', '~1');

// --- From JSON ---

/**
 * The filter of JSON, canonical or shorter; `null` if it is not one. What is wrong with it, the server says.
 * @param {any} json @returns {Group | null}
 */
export function fromJson(json) {
  if (json === null) return root();
  const node = readObject(json);
  if (!node) return null;
  const isWhole = node.kind === 'group' && node.of === 'plain' && (node.match !== '$and' || node.items.length !== 1);
  return isWhole ? root(node.items, node.match) : root([node]);
}

/** The members in the server's order, which is that of code points. @param {Record<string, any>} object */
function membersOf(object) {
  const order = (/** @type {string} */ one, /** @type {string} */ other) => {
    const [a, b] = [[...one], [...other]];
    const at = a.findIndex((character, place) => character !== b[place]);
    if (at < 0) return a.length - b.length;
    return b[at] === undefined ? 1 : Number(a[at].codePointAt(0)) - Number(b[at].codePointAt(0));
  };
  return Object.entries(object).sort(([one], [other]) => order(one, other));
}

/** @param {any} json @returns {Node | null} */
function readObject(json) {
  if (!isObject(json)) return null;
  const members = membersOf(json);
  /** @type {Node[]} */
  const nodes = [];
  for (const [name, value] of members) {
    if (MATCHES.includes(/** @type {Match} */ (name))) {
      if (!Array.isArray(value) || value.length === 0) return null;
      const inner = value.map((each) => (isObject(each) && Object.keys(each).length > 0 ? readObject(each) : null));
      if (inner.includes(null)) return null;
      const items = /** @type {Node[]} */ (inner);
      // Beside other conditions, `$and` adds its own to them.
      if (name === '$and' && members.length > 1) nodes.push(...items);
      else nodes.push(group(/** @type {Match} */ (name), items));
    } else {
      const conditions = name.startsWith('$') ? null : readConditions(name, value);
      if (!conditions) return null;
      nodes.push(...conditions);
    }
  }
  return nodes.length === 1 ? nodes[0] : group('$and', nodes);
}

/** @param {string} path @param {any} value @returns {Node[] | null} */
function readConditions(path, value) {
  if (!isObject(value)) return isPlain(value) ? [condition(path, '$eq', value)] : null;
  const operators = membersOf(value).filter(([name]) => name !== '$caseSensitive');
  const caseSensitive = value.$caseSensitive === true;
  if (operators.length === 0) return null;
  /** @type {Node[]} */
  const nodes = [];
  for (const [name, operand] of operators) {
    if (name === '$elemMatch') {
      const inner = isObject(operand) && Object.keys(operand).length > 0 ? fromJson(operand) : null;
      if (!inner) return null;
      nodes.push(element(path, inner.items, inner.match));
    } else if (fits(name, operand)) {
      nodes.push(condition(path, /** @type {Operator} */ (name), operand, caseSensitive && TEXTS.has(name)));
    } else return null;
  }
  return nodes;
}

/** @param {any} value */
const isPlain = (value) => value === null || isNumber(value) || typeof value === 'string' || typeof value === 'boolean';

/** Whether the operator is one, and compares with such a value. @param {string} operator @param {any} value */
function fits(operator, value) {
  const isText = (/** @type {any} */ each) => typeof each === 'string' && each !== '';
  if (LISTS.has(operator)) return Array.isArray(value) && value.length > 0 && value.every(isPlain);
  if (TEXTS.has(operator)) return isText(value) || (Array.isArray(value) && value.length > 0 && value.every(isText));
  if (ORDERS.has(operator)) return isNumber(value) || typeof value === 'string';
  if (operator === '$exists') return typeof value === 'boolean';
  return (operator === '$eq' || operator === '$ne') && isPlain(value);
}

// --- Sizes ---

/** How many groups are inside each other, as the server counts. @param {Group} whole @returns {number} */
export function depth(whole) {
  const deepest = (/** @type {Node[]} */ nodes) => Math.max(0, ...nodes.map(of));
  const inside = (/** @type {Group} */ { match, items }) =>
    match === '$and' && items.length === 1 ? deepest(items) : items.length === 0 ? 0 : 1 + deepest(items);
  /** @param {Node} node @returns {number} */
  const of = (node) => (node.kind === 'condition' ? 0 : 1 + (node.of === 'element' ? inside(node) : deepest(node.items)));
  return inside(whole);
}

/** How many conditions there are. @param {Node} node @returns {number} */
export function count(node) {
  if (node.kind === 'condition') return 1;
  return node.items.reduce((sum, item) => sum + count(item), node.of === 'element' ? 1 : 0);
}
