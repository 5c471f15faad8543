// What is the value of JSON, to the last digit?
// Values of JSON: numbers keep their notation, `__proto__` is a member as any other. Parser and writer are the shell's.

import { JsonMistake, parseJson } from '../ui/json_text.js';
import { Raw, write } from '../ui/raw_json.js';

/** @typedef {import('../ui/json_text.js').Node} JsonNode */

export { JsonMistake, Raw, parseJson, write as stringify };

/** A number that JavaScript would write differently: `1.0`, `9007199254740993`. */
export class JsonNumber extends Raw {
  toString() {
    return this.text;
  }
}

/** @param {string} text A number as JSON writes it; one that JavaScript would change stays as it is. */
export function numberOf(text) {
  const number = Number(text);
  return String(number) === text ? number : new JsonNumber(text);
}

/** Whether a value is a number. @param {unknown} value */
export const isNumber = (value) => typeof value === 'number' || value instanceof JsonNumber;

/** Whether a value is a JSON object. @param {any} value */
export const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Raw);

const WORDS = /** @type {Record<string, any>} */ ({ true: true, false: false, null: null });

/** The value of a node. @param {JsonNode} node @returns {any} */
export function valueOf(node) {
  if (node.kind === 'string') return node.text;
  if (node.kind === 'number') return numberOf(node.text);
  if (node.kind === 'word') return WORDS[node.text];
  if (node.items) return node.items.map(valueOf);
  /** @type {Record<string, any>} */
  const object = {};
  for (const [name, member] of node.members ?? []) define(object, name, valueOf(member));
  return object;
}

/** The value of a text; throws a JsonMistake. @param {string} text @returns {any} */
export const read = (text) => valueOf(parseJson(text));

/** Adds a member, whatever its name is. @param {object} to @param {string} name @param {any} value */
export function define(to, name, value) {
  Object.defineProperty(to, name, { value, enumerable: true, writable: true, configurable: true });
}

/**
 * The node as JSON on one line.
 * @param {JsonNode} node @param {boolean} [spaced] With spaces after commas and colons. @returns {string}
 */
export function line(node, spaced = false) {
  const [comma, colon] = spaced ? [', ', ': '] : [',', ':'];
  if (node.items) return `[${node.items.map((item) => line(item, spaced)).join(comma)}]`;
  if (node.members) return `{${node.members.map(([name, member]) => `${JSON.stringify(name)}${colon}${line(member, spaced)}`).join(comma)}}`;
  return node.kind === 'string' ? JSON.stringify(node.text) : node.text;
}

/**
 * The JSON for people who edit it: what fits on a line stands on one. Only the space between values changes, and escapes
 * that are not needed.
 * @param {string} text JSON @param {number} [width]
 */
export function tidy(text, width = 76) {
  /** @param {JsonNode} node @param {number} indent @param {number} used @returns {string} */
  const lines = (node, indent, used) => {
    const short = line(node, true);
    const inner = node.members ?? node.items?.map((item) => /** @type {[null, JsonNode]} */ ([null, item])) ?? [];
    if (inner.length === 0 || used + short.length <= width) return short;
    const space = ' '.repeat(indent + 2);
    const each = inner.map(([name, member]) => {
      const before = name === null ? '' : `${JSON.stringify(name)}: `;
      return space + before + lines(member, indent + 2, indent + 2 + before.length);
    });
    const [open, close] = node.members ? '{}' : '[]';
    return `${open}\n${each.join(',\n')}\n${' '.repeat(indent)}${close}`;
  };
  return lines(parseJson(text), 0, 0);
}
