// How is an endpoint read, so that it can be changed without losing anything?
// With its revision, and with filter and template as they were written: a number keeps every digit.
import { parseJson, pretty } from '../ui/json_text.js';

/** @param {{data: any, text: string, headers: Headers}} answer */
export function readEndpoint({ data, text, headers }) {
  const members = new Map(parseJson(text).members);
  const written = (/** @type {string} */ name) => { const node = members.get(name); return node && data[name] !== null ? pretty(node) : ''; };
  return { ...data, revision: headers.get('etag'), filter_text: written('filter'), template_text: written('template') };
}
