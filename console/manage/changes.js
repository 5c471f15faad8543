// What of a form differs from what was read?
// Pure: members that were changed, and both sides of each after somebody else saved.

/** @param {any} a @param {any} b */
const same = (a, b) => JSON.stringify(a ?? null) === JSON.stringify(b ?? null);

/** @param {Record<string, any>} before @param {Record<string, any>} value @returns {Record<string, any>} */
export const changed = (before, value) => Object.fromEntries(Object.entries(value).filter(([name, v]) => !same(before[name], v)));

/**
 * @param {Record<string, any>} before @param {Record<string, any>} theirs @param {Record<string, any>} mine
 * @returns {{name: string, theirs: any, mine: any}[]} undefined: as before
 */
export function sides(before, theirs, mine) {
  const [a, b] = [changed(before, theirs), changed(before, mine)];
  return Object.keys(before).filter((name) => name in a || name in b).map((name) => ({ name, theirs: a[name], mine: b[name] }));
}

/** How many events did not fit, and since when. @param {{undescribed: number, archived: number, mismatched: number, first_at: string}[]} rows */
export function misfits(rows) {
  const total = rows.reduce((n, row) => n + row.undescribed + row.archived + row.mismatched, 0);
  const since = rows.map((row) => row.first_at).sort()[0] ?? null;
  return { total, since };
}

/**
 * All numbers that the server would refuse. The server names only the first value that is no number.
 * @param {Record<string, any>} changes @param {Record<string, {least: number, most: number|null, words: string}>} bounds
 * @returns {import('../api.js').FieldError[]}
 */
export const outOfBounds = (changes, bounds) => Object.entries(bounds).filter(([name, { least, most }]) => {
  const n = numberOrNull(changes[name]);
  return n !== null && !(Number.isInteger(n) && n >= least && n <= (most ?? Number.MAX_SAFE_INTEGER));
}).map(([name, { words }]) => ({ pointer: `/${name}`, detail: words }));

/** An empty field of a number is null. @param {any} value */
export const numberOrNull = (value) => (value === '' || value === null || value === undefined ? null : Number(value));
