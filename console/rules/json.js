// Which JSON is this, to the last digit, and where in the text does each value stand?
// A lossless JSON reader and writer: numbers keep their notation, members their order, and every value its place.

/** A number that JavaScript would write differently: `1.0`, `9007199254740993`. */
export class JsonNumber {
  /** @param {string} text */
  constructor(text) {
    this.text = text;
  }
  toString() {
    return this.text;
  }
}

/** JSON that is written as it stands. */
export class RawJson {
  /** @param {string} text */
  constructor(text) {
    this.text = text;
  }
}

/** A text that is not JSON, and where. */
export class JsonError extends Error {
  /** @param {string} message @param {string} text @param {number} offset */
  constructor(message, text, offset) {
    super(message);
    this.offset = offset;
    this.line = lineOf(text, offset);
  }
}

/**
 * @typedef {{key: string, start: number, node: JsonNode}} Member
 * @typedef {{kind: 'object' | 'array' | 'plain', start: number, end: number, members: Member[], value: any}} JsonNode
 */

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
// eslint-disable-next-line no-control-regex
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const SPACE = /[ \t\r\n]*/y;
const WORDS = new Map([['true', true], ['false', false], ['null', null]]);
/** As deep as the server reads. */
const MAX_DEPTH = 128;

/**
 * Reads JSON with the place of each value. The members of an array have their index as key.
 * @param {string} text
 * @returns {JsonNode}
 */
export function parse(text) {
  let at = 0;
  /** @param {string} message @param {number} [where] @returns {never} */
  const fail = (message, where = at) => {
    throw new JsonError(message, text, where);
  };
  const space = () => {
    SPACE.lastIndex = at;
    SPACE.test(text);
    at = SPACE.lastIndex;
  };
  /** @param {RegExp} pattern */
  const token = (pattern) => {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found) at = pattern.lastIndex;
    return found?.[0];
  };
  /** @param {any} value @param {number} start @returns {JsonNode} */
  const plain = (value, start) => ({ kind: 'plain', start, end: at, members: [], value });
  const string = () => {
    const written = token(STRING);
    if (written === undefined) fail('A text must be closed with a quote on its own line.');
    return JSON.parse(written);
  };
  /** @param {number} depth @returns {JsonNode} */
  const value = (depth) => {
    if (depth > MAX_DEPTH) fail('This is nested too deep.');
    space();
    const start = at;
    const first = text[at];
    if (first === '"') return plain(string(), start);
    if (first === '{' || first === '[') return several(first === '{', depth, start);
    const number = token(NUMBER);
    if (number !== undefined) return plain(numberOf(number), start);
    for (const [word, meant] of WORDS) {
      if (text.startsWith(word, at)) {
        at += word.length;
        return plain(meant, start);
      }
    }
    return fail(at < text.length ? 'A value is expected here.' : 'The text ends too early.');
  };
  /** @param {boolean} named @param {number} depth @param {number} start @returns {JsonNode} */
  const several = (named, depth, start) => {
    /** @type {Member[]} */
    const members = [];
    const close = named ? '}' : ']';
    at += 1;
    for (space(); text[at] !== close; ) {
      space();
      const place = at;
      let key = String(members.length);
      if (named) {
        if (text[at] !== '"') fail(at < text.length ? 'A name in quotes is expected here.' : 'A } is missing.');
        key = string();
        space();
        if (text[at] !== ':') fail('A : is expected after the name.');
        at += 1;
      }
      members.push({ key, start: place, node: value(depth + 1) });
      space();
      if (text[at] === ',') {
        at += 1;
        space();
        if (text[at] === close) fail('There is a comma too many.');
      } else if (text[at] !== close) fail(at < text.length ? `A , or ${close} is expected here.` : `A ${close} is missing.`);
    }
    at += 1;
    return { kind: named ? 'object' : 'array', start, end: at, members, value: undefined };
  };
  const whole = value(0);
  space();
  if (at < text.length) fail('Nothing may follow the value.');
  return whole;
}

/** @param {string} text A number as JSON writes it; one that JavaScript would change stays as it is. */
export function numberOf(text) {
  const number = Number(text);
  return String(number) === text ? number : new JsonNumber(text);
}

/** Whether a value is a number. @param {unknown} value */
export function isNumber(value) {
  return typeof value === 'number' || value instanceof JsonNumber;
}

/** The value of a node. @param {JsonNode} node @returns {any} */
export function valueOf(node) {
  if (node.kind === 'plain') return node.value;
  if (node.kind === 'array') return node.members.map((member) => valueOf(member.node));
  /** @type {Record<string, any>} */
  const object = {};
  for (const { key, node: member } of node.members) define(object, key, valueOf(member));
  return object;
}

/** Adds a member, whatever its name is: `__proto__` is one as any other. @param {object} to @param {string} key @param {any} value */
export function define(to, key, value) {
  Object.defineProperty(to, key, { value, enumerable: true, writable: true, configurable: true });
}

/** The member of an object or array; of several with the name, the last. @param {JsonNode | undefined} node @param {string} key */
export function member(node, key) {
  return node?.members.findLast((candidate) => candidate.key === key)?.node;
}

/** The value as JSON without spaces. @param {any} value @returns {string} */
export function stringify(value) {
  if (value instanceof RawJson || value instanceof JsonNumber) return value.text;
  if (Array.isArray(value)) return `[${value.map(stringify).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null';
  const members = Object.entries(value).filter(([, inner]) => inner !== undefined);
  return `{${members.map(([key, inner]) => `${JSON.stringify(key)}:${stringify(inner)}`).join(',')}}`;
}

/**
 * The JSON for people: what fits on a line stands on one. Nothing but the space between values changes.
 * @param {string} text JSON @param {number} [width]
 */
export function pretty(text, width = 76) {
  /** @param {JsonNode} node @returns {string} */
  const line = (node) => {
    if (node.kind === 'plain') return text.slice(node.start, node.end);
    const named = node.kind === 'object';
    const inner = node.members.map((each) => (named ? `${JSON.stringify(each.key)}: ` : '') + line(each.node));
    return named ? `{${inner.join(', ')}}` : `[${inner.join(', ')}]`;
  };
  /** @param {JsonNode} node @param {number} indent @param {number} used @returns {string} */
  const lines = (node, indent, used) => {
    const short = line(node);
    if (node.members.length === 0 || used + short.length <= width) return short;
    const named = node.kind === 'object';
    const space = ' '.repeat(indent + 2);
    const inner = node.members.map((each) => {
      const name = named ? `${JSON.stringify(each.key)}: ` : '';
      return space + name + lines(each.node, indent + 2, indent + 2 + name.length);
    });
    const [open, close] = named ? ['{', '}'] : ['[', ']'];
    return `${open}\n${inner.join(',\n')}\n${' '.repeat(indent)}${close}`;
  };
  return lines(parse(text), 0, 0);
}

/** The line of an offset, from 1. @param {string} text @param {number} offset */
function lineOf(text, offset) {
  return text.slice(0, offset).split('\n').length;
}

/**
 * The line on which a JSON pointer's value begins; of what is missing, that of the value around it.
 * @param {string} text @param {string} pointer
 */
export function lineAt(text, pointer) {
  let node = parse(text);
  let offset = node.start;
  for (const name of pointer.split('/').slice(1)) {
    const key = name.replaceAll('~1', '/').replaceAll('~0', '~');
    const found = node.members.findLast((candidate) => candidate.key === key);
    if (!found) break;
    offset = found.start;
    node = found.node;
  }
  return lineOf(text, offset);
}
