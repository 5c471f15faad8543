// Which event is looked at while a rule is built, and what may events of its type have?
// A stored event, one of the rule's examples, or the catalogue's example; the paths that events and schemas know.
import { Problem, call, may, part, useEffect, useLive, useState } from '../shell.js';
import { isObject, parseJson, read, stringify } from './json.js';
import { below, join } from './paths.js';

/**
 * @typedef {'' | `event:${string}` | `example:${string}` | `type:${string}`} Choice `''`: the newest event that there is
 * @typedef {{choice: Choice, id: string | null, type: string, at: string | null, text: string, document: any}} Looked
 *   `text`: the JSON of the event as filters see it; `document`: its value
 */

/** Events of this tab. @type {Map<string, Looked>} */
const known = new Map();

/** @param {Choice} choice @param {string | null} id @param {string} text JSON of `type`, `timestamp`, `channels`, `data` @returns {Looked} */
function looked(choice, id, text) {
  const document = read(text);
  return { choice, id, type: document.type ?? '', at: document.timestamp ?? null, text, document };
}

/** A stored event as filters see it, with its payload byte for byte. @param {string} id @param {string} text the answer @returns {Looked} */
function stored(id, text) {
  const node = parseJson(text);
  const members = Object.fromEntries(node.members ?? []);
  /** @param {string} name */
  const raw = (name) => text.slice(members[name].start, members[name].end);
  return looked(`event:${id}`, id, `{"type":${raw('type')},"id":${raw('id')},"timestamp":${raw('occurred_at')},"channels":${raw('channels')},"data":${raw('data')}}`);
}

/**
 * @param {string} ws @param {Choice} choice @param {import('./draft.js').Example[]} examples @param {any} description the catalogue's, of the rule's first type
 * @returns {{event: Looked | null, problem: Problem | null, isLoading: boolean}}
 */
export function useLooked(ws, choice, examples, description) {
  const id = choice.startsWith('event:') ? choice.slice(6) : '';
  const [state, setState] = useState(/** @type {{id: string, event: Looked | null, problem: Problem | null}} */ ({ id: '', event: null, problem: null }));
  useEffect(() => {
    if (!id || known.has(id)) return;
    const abort = new AbortController();
    call('GET', `/v1/events/${part(id)}`, { query: { workspace_id: ws }, signal: abort.signal }).then(({ text }) => {
      const event = stored(id, text);
      known.set(id, event);
      setState({ id, event, problem: null });
    }, (error) => {
      if (error instanceof Problem) setState({ id, event: null, problem: error });
      else if (error.name !== 'AbortError') throw error;
    });
    return () => abort.abort();
  }, [id, ws]);
  if (id) {
    const event = known.get(id) ?? null;
    const problem = !event && state.id === id ? state.problem : null;
    return { event, problem, isLoading: !event && !problem };
  }
  if (choice.startsWith('example:')) {
    const example = examples.find(({ key }) => key === choice.slice(8));
    return { event: example ? looked(choice, null, example.event) : null, problem: null, isLoading: false };
  }
  if (choice.startsWith('type:') && description) {
    return { event: looked(choice, null, stringify({ type: description.name, channels: [], data: description.example })), problem: null, isLoading: false };
  }
  return { event: null, problem: null, isLoading: false };
}

/** The names of event types: those that are described, and with them those that were only seen. @param {string} ws @returns {{described: string[], all: string[]}} */
export function useTypes(ws) {
  const described = useLive('/v1/event-types');
  const seen = useLive(may('events:ro') ? '/v1/event-types/seen' : null, { workspace_id: ws });
  const names = (/** @type {any} */ answer) => (answer?.data ?? []).map((/** @type {any} */ type) => type.name);
  return { described: names(described.data), all: [...new Set([...names(described.data), ...names(seen.data)])] };
}

/** What the catalogue says of the first of the types. @param {string[]} patterns @param {string[]} types those that are described @returns {any} */
export function useDescription(patterns, types) {
  const name = patterns.map((pattern) => types.find((type) => type === pattern || (pattern.endsWith('.*') && type.startsWith(pattern.slice(0, -1))))).find(Boolean);
  return useLive(name ? `/v1/event-types/${part(name)}` : null).data ?? null;
}

/** Where in an event a value stands, as a path of filters; `null` if none leads there. @param {any} document @param {string} pointer @returns {string | null} */
export function pathTo(document, pointer) {
  const names = pointer.split('/').slice(1).map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'));
  /** @type {string[]} */
  const path = [];
  let value = document;
  for (const name of names) {
    // An array is gone through by itself; one in another is not.
    if (!Array.isArray(value)) path.push(name);
    else if (Array.isArray(value[Number(name)])) return null;
    value = value?.[name];
  }
  const written = join(path);
  return path.length > 0 && path.length <= 10 && written.length <= 200 && !path.includes('') ? written : null;
}

/** The paths of a document. @param {any} value @param {string} [base] @param {number} [most] @returns {string[]} */
export function pathsOf(value, base = '', most = 300) {
  const found = /** @type {Set<string>} */ (new Set());
  /** @param {any} at @param {string} path */
  const visit = (at, path) => {
    if (found.size >= most) return;
    if (Array.isArray(at)) return at.slice(0, 20).forEach((each) => isObject(each) && visit(each, path));
    if (!isObject(at)) return;
    for (const [name, inner] of Object.entries(at)) {
      if (name === '') continue;
      const own = below(path, join([name]));
      found.add(own);
      visit(inner, own);
    }
  };
  visit(value, base);
  return [...found];
}

/** The paths that a schema describes. @param {any} schema @param {string} [base] @returns {string[]} */
export function schemaPaths(schema, base = 'data') {
  const found = /** @type {Set<string>} */ (new Set());
  /** @param {any} at @param {string} path @param {number} depth */
  const visit = (at, path, depth) => {
    if (!isObject(at) || depth > 10 || found.size > 300) return;
    if (typeof at.$ref === 'string' && at.$ref.startsWith('#/')) {
      visit(at.$ref.slice(2).split('/').reduce((/** @type {any} */ inner, /** @type {string} */ name) => inner?.[name], schema), path, depth + 1);
    }
    for (const part of [...(at.allOf ?? []), ...(at.anyOf ?? []), ...(at.oneOf ?? [])]) visit(part, path, depth + 1);
    visit(at.items, path, depth + 1);
    for (const [name, inner] of Object.entries(at.properties ?? {})) {
      const own = below(path, join([name]));
      found.add(own);
      visit(inner, own, depth + 1);
    }
  };
  visit(schema, base, 0);
  return [...found];
}
