// How does JSON that a person typed get into a body as it was typed?
// Pure: a number keeps every digit, members keep their order, and what is no JSON is left to the server to refuse.

/** A text of JSON inside of a body. */
export class Raw {
  /** @param {string} text */
  constructor(text) { this.text = text; }
}

/** JSON, with raw parts as they are. @param {any} value @returns {string} */
export function write(value) {
  if (value instanceof Raw) return value.text;
  if (Array.isArray(value)) return `[${value.map(write).join(',')}]`;
  if (value && typeof value === 'object') return `{${Object.entries(value).filter(([, v]) => v !== undefined).map(([name, v]) => `${JSON.stringify(name)}:${write(v)}`).join(',')}}`;
  return JSON.stringify(value);
}

/** JSON from a text field: null if it is empty. @param {string} text */
export const rawOrNull = (text) => (text.trim() ? new Raw(text.trim()) : null);

/** JSON for a text field: '' for null. @param {any} json */
export const indented = (json) => (json === null || json === undefined ? '' : JSON.stringify(json, null, 2));
