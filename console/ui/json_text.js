// What does a JSON text say, exactly?
// A parser that loses nothing: numbers as they were written, members that come twice, where each value stands.

/**
 * @typedef {{kind: 'object'|'array'|'string'|'number'|'word', start: number, end: number, text: string, members?: [name: string, node: Node][], items?: Node[]}} Node
 *   `text`: the source of a number or word, the value of a string
 */

/** The place of the first mistake. */
export class JsonMistake extends Error {
  /** @param {string} words @param {number} at @param {string} source */
  constructor(words, at, source) {
    super(words);
    const before = source.slice(0, at);
    this.at = at;
    this.line = before.split('\n').length;
    this.column = at - before.lastIndexOf('\n');
  }
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const WORD = /true|false|null/y;
const SPACE = /[ \t\n\r]*/y;
const MOST_LEVELS = 200;

/** @param {string} source @returns {Node} */
export function parseJson(source) {
  let at = 0;
  const take = (/** @type {RegExp} */ pattern) => {
    pattern.lastIndex = at;
    const found = pattern.exec(source);
    if (found) at = pattern.lastIndex;
    return found?.[0];
  };
  const wrong = (/** @type {string} */ words) => new JsonMistake(words, at, source);
  const space = () => take(SPACE);
  const string = () => {
    const raw = take(STRING);
    if (raw === undefined) throw wrong(at < source.length ? 'This text is not closed or has a character that must be escaped' : 'A text is missing here');
    return /** @type {string} */ (JSON.parse(raw));
  };
  /** @param {number} level @returns {Node} */
  const value = (level) => {
    if (level > MOST_LEVELS) throw wrong(`More than ${MOST_LEVELS} levels`);
    space();
    const start = at;
    const first = source[at];
    if (first === '{') {
      const members = /** @type {[string, Node][]} */ ([]);
      list('}', () => {
        if (source[at] !== '"') throw wrong('A member begins with its name in double quotes');
        const name = string();
        space();
        if (source[at] !== ':') throw wrong('A colon is missing after the name');
        at++;
        members.push([name, value(level + 1)]);
      });
      return { kind: 'object', start, end: at, text: '', members };
    }
    if (first === '[') {
      const items = /** @type {Node[]} */ ([]);
      list(']', () => { items.push(value(level + 1)); });
      return { kind: 'array', start, end: at, text: '', items };
    }
    if (first === '"') return { kind: 'string', start, text: string(), end: at };
    const text = take(NUMBER) ?? take(WORD);
    if (text === undefined) throw wrong(first === undefined ? 'The text ends too early' : `A value is expected here, not ${first}`);
    return { kind: /[-\d]/.test(text[0]) ? 'number' : 'word', start, end: at, text };
  };
  /** @param {string} close @param {() => void} one */
  const list = (close, one) => {
    at++;
    space();
    if (source[at] === close) { at++; return; }
    for (;;) {
      space();
      one();
      space();
      if (source[at] === close) { at++; return; }
      if (source[at] !== ',') throw wrong(source[at] === undefined ? `${close} is missing` : `A comma or ${close} is expected here`);
      at++;
      const comma = at - 1;
      space();
      if (source[at] === close) { at = comma; throw wrong(`No comma before ${close}`); }
    }
  };
  const node = value(1);
  space();
  if (at < source.length) throw wrong('Nothing may follow the value');
  return node;
}

/** A mistake in a text that should be JSON; null if it is JSON. @param {string} source */
export function mistakeIn(source) {
  try { parseJson(source); return null; } catch (error) {
    if (error instanceof JsonMistake) return error;
    throw error;
  }
}

/**
 * The line on which the value of a pointer stands, for the server's errors in a text. @param {string} source
 * @param {string} pointer `/data/amount`; the nearest value above, if it is missing
 * @returns {number|null}
 */
export function lineOf(source, pointer) {
  /** @type {Node} */
  let node;
  try { node = parseJson(source); } catch { return null; }
  for (const step of pointer.split('/').slice(1).map((s) => s.replaceAll('~1', '/').replaceAll('~0', '~'))) {
    /** @type {Node|undefined} */
    const next = node.members ? node.members.findLast(([name]) => name === step)?.[1] : node.items?.[Number(step)];
    if (!next) break;
    node = next;
  }
  return source.slice(0, node.start).split('\n').length;
}

/** Characters that turn the direction of a text round: with them it may be shown as another than it is. */
const TURNING = /([\u202a-\u202e\u2066-\u2069])/;
/** @param {string} char */
const escape = (char) => `\\u${char.charCodeAt(0).toString(16)}`;

/** A text in pieces: every other one is the escape of a character that would turn the text after it round. @param {string} text */
export const pieces = (text) => text.split(TURNING).map((piece, n) => (n % 2 ? escape(piece) : piece));

/** A JSON string in quotes. @param {string} text */
const quoted = (text) => pieces(JSON.stringify(text)).join('');

/** Indented by two spaces, with numbers as they were written. @param {Node} node @param {string} [indent] @returns {string} */
export function pretty(node, indent = '') {
  if (node.kind === 'string') return quoted(node.text);
  if (!node.members && !node.items) return node.text;
  const inner = `${indent}  `;
  const lines = node.members ? node.members.map(([name, child]) => `${inner}${quoted(name)}: ${pretty(child, inner)}`) : (node.items ?? []).map((child) => inner + pretty(child, inner));
  const [open, close] = node.members ? '{}' : '[]';
  return lines.length ? `${open}\n${lines.join(',\n')}\n${indent}${close}` : `${open}${close}`;
}

/** The source of one member, byte for byte; null if there is none. @param {string} source @param {string} name @returns {string|null} */
export function memberText(source, name) {
  const node = parseJson(source).members?.findLast(([each]) => each === name)?.[1];
  return node ? source.slice(node.start, node.end) : null;
}
