// What does a filter say, condition by condition, of one event?
// Pure: the canonical filter of an endpoint and the server's findings as a tree to draw.

/**
 * @typedef {{held: boolean, found: any[], reason: string|null}} Finding
 * @typedef {{kind: 'condition', path: string, operator: string, value: any, exactCase: boolean, finding: Finding|null}
 *   | {kind: 'element', path: string, inner: Row[], finding: Finding|null}
 *   | {kind: 'group', match: '$and'|'$or'|'$nor', rows: Row[], held: boolean|null}} Row
 */

const GROUPS = /** @type {const} */ (['$and', '$or', '$nor']);

/**
 * @param {any} filter canonical
 * @param {{pointer: string, held: boolean, found: any[], reason?: string|null}[]} conditions the server's findings
 * @returns {Row}
 */
export function tree(filter, conditions) {
  const findings = new Map(conditions.map((c) => [c.pointer, { held: c.held, found: c.found, reason: c.reason ?? null }]));
  return row(filter, '', findings);
}

/** @param {any} node @param {string} pointer @param {Map<string, Finding>} findings @returns {Row} */
function row(node, pointer, findings) {
  const match = GROUPS.find((each) => Array.isArray(node[each]));
  if (match) {
    const rows = node[match].map((/** @type {any} */ inner, /** @type {number} */ n) => row(inner, `${pointer}/${match}/${n}`, findings));
    return { kind: 'group', match, rows, held: verdict(match, rows.map(holds)) };
  }
  const [[path, test] = ['', {}]] = Object.entries(node);
  const finding = findings.get(pointer) ?? null;
  // Inside of an item the server has one finding for all its conditions.
  if (test.$elemMatch) return { kind: 'element', path, inner: [row(test.$elemMatch, `${pointer}/…`, findings)], finding };
  const [operator, value] = Object.entries(test).find(([name]) => name !== '$caseSensitive') ?? ['$eq', null];
  return { kind: 'condition', path, operator, value, exactCase: test.$caseSensitive === true, finding };
}

/** Whether a row holds; null where the server did not say. @param {Row} of @returns {boolean|null} */
export const holds = (of) => (of.kind === 'group' ? of.held : of.finding ? of.finding.held : null);

/** @param {'$and'|'$or'|'$nor'} match @param {(boolean|null)[]} held */
function verdict(match, held) {
  if (held.includes(null)) return null;
  return match === '$and' ? held.every(Boolean) : match === '$or' ? held.some(Boolean) : !held.some(Boolean);
}

/** A value as people read it, long ones cut. @param {any} value @returns {string} */
export function shownValue(value) {
  const text = Array.isArray(value) ? value.map(shownValue).join(', ') : JSON.stringify(value);
  return text.length > 120 ? `${text.slice(0, 119)}…` : text;
}
