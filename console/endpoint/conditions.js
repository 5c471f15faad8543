// Which conditions does a filter have, in the order in which the server judges them?
// Pure: a filter's text taken apart into lines of path, operator and value; paths of a payload that can become one.

/** @typedef {{words: string}} Condition */

/** @param {any} filter @returns {Condition[]} */
export function conditionsOf(filter) {
  if (!filter || typeof filter !== 'object' || Array.isArray(filter)) return [];
  return Object.entries(filter).flatMap(([name, value]) => {
    if (['$and', '$or', '$nor'].includes(name)) return Array.isArray(value) ? value.flatMap(conditionsOf) : [];
    if (name === '$not') return conditionsOf(value);
    const operators = value && typeof value === 'object' && !Array.isArray(value) ? Object.entries(value) : [['$eq', value]];
    return operators.map(([operator, wanted]) => ({ words: `${name} ${operator === '$eq' ? '=' : operator} ${JSON.stringify(wanted)}` }));
  });
}

/** Single values of a payload with their paths, the shallow ones first. @param {any} data @param {number} most @returns {[string, any][]} */
export function leaves(data, most) {
  const found = /** @type {[string, any][]} */ ([]);
  let level = /** @type {[string, any][]} */ ([['data', data]]);
  for (let depth = 0; depth < 4 && found.length < most; depth++) {
    const next = /** @type {[string, any][]} */ ([]);
    for (const [path, value] of level) {
      if (value === null || typeof value !== 'object') { if (value !== null && path !== 'data') found.push([path, value]); continue; }
      if (Array.isArray(value)) continue;
      for (const [name, inner] of Object.entries(value)) if (!/[.$]/.test(name)) next.push([`${path}.${name}`, inner]);
    }
    level = next;
  }
  return found.filter(([, value]) => String(value).length <= 40).slice(0, most);
}

/** A filter's text with one more condition; null if the text is no object. @param {string} text @param {string} path @param {any} value */
export function withCondition(text, path, value) {
  let filter = {};
  try { if (text.trim()) filter = JSON.parse(text); } catch { return null; }
  if (!filter || typeof filter !== 'object' || Array.isArray(filter)) return null;
  return JSON.stringify({ ...filter, [path]: value }, null, 2);
}
