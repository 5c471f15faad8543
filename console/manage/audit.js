// What does an entry of the audit log say?
// Pure: who, the thing and its page, and the members that differ as rows of before and after.

/** @typedef {{name: string, before: string|null, after: string|null}} Change null: was not there, or is not any more */

/** Type of a target → page of the console. */
const PAGES = /** @type {Record<string, string>} */ ({ endpoint: 'endpoints', source: 'sources', rule: 'rules', api_key: 'keys', event_type: 'catalogue', event: 'events', delivery: 'deliveries', replay: 'replays' });
/** Things with one page for all of them. */
const WHOLE = /** @type {Record<string, string>} */ ({ workspace: 'settings', portal_link: 'portal' });

/**
 * Where the thing is now; null for what has no page, or was deleted.
 * @param {{action: string, target: {type: string, id: string}, target_name?: string|null}} entry @returns {{page: string, id: string, query?: Record<string, string>}|null}
 */
export function placeOf({ action, target, target_name: name }) {
  if (action.endsWith('.deleted') && action !== 'endpoint.deleted') return null;
  // An action's target is the endpoint that carries its settings, which is no page of its own.
  if (action.startsWith('action.')) return { page: 'actions', id: name ?? '', ...(target.type === 'invocation' && name ? { query: { tab: 'log', invocation: target.id } } : {}) };
  if (Object.hasOwn(WHOLE, target.type)) return { page: WHOLE[target.type], id: '' };
  return Object.hasOwn(PAGES, target.type) ? { page: PAGES[target.type], id: target.id } : null;
}

/** What the value of a secret, which is never shown, stands as. */
export const HIDDEN = '[hidden]';
/** @typedef {{expires_at: string|null, created_at?: string}} Secret */
/** Secrets with their ends, as endpoints, sources, actions and keys have them: the current one has none. @param {unknown} value @returns {value is Secret[]} */
const areSecrets = (value) => Array.isArray(value) && value.length > 0 && value.every((each) => each && typeof each === 'object' && 'expires_at' in each);
/** @param {string} instant */
const minute = (instant) => `${instant.slice(0, 16).replace('T', ' ')} UTC`;
/** @param {Secret[]} secrets */
const ends = (secrets) => secrets.map(({ expires_at: end, created_at: start }) => (end ? `until ${minute(end)}` : start ? `since ${minute(start)}` : 'current')).join(', ');

/** @param {unknown} value */
const text = (value) => (value === undefined ? null : typeof value === 'string' ? value : areSecrets(value) ? ends(value) : JSON.stringify(value));

/** @param {unknown} value @returns {value is Record<string, unknown>} */
const isPlain = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * The members that differ; objects are opened, so that only what changed inside is listed.
 * @param {{before?: any, after?: any}} entry @returns {Change[]}
 */
export function changesOf({ before, after }) {
  /** @type {Change[]} */
  const rows = [];
  const walk = (/** @type {string} */ path, /** @type {any} */ old, /** @type {any} */ now) => {
    if (isPlain(old) && isPlain(now)) {
      for (const name of new Set([...Object.keys(old), ...Object.keys(now)])) walk(path ? `${path}.${name}` : name, old[name], now[name]);
      return;
    }
    const [a, b] = [text(old), text(now)];
    if (a !== b || a === HIDDEN || (areSecrets(old) && JSON.stringify(old) !== JSON.stringify(now))) rows.push({ name: path, before: a, after: b });
  };
  if (isPlain(before) && isPlain(after)) walk('', before, after);
  else for (const [side, value] of /** @type {const} */ ([['before', before], ['after', after]])) if (isPlain(value)) for (const name of Object.keys(value)) rows.push({ name, before: null, after: null, [side]: text(value[name]) });
  return rows;
}

/** A few words of the first change: `timeout_seconds 10 → 5`. @param {Change[]} rows @param {string} nothing @param {string} [replaced] of a secret */
export function brief(rows, nothing, replaced = 'replaced') {
  const first = rows[0];
  if (!first) return '';
  if (first.before === HIDDEN && first.after === HIDDEN) return `${first.name} ${replaced}`;
  const short = (/** @type {string|null} */ value) => (value === null || value === 'null' || value === '[]' || value === '' ? nothing : value.length > 32 ? `${value.slice(0, 31)}…` : value);
  return first.before === null ? `${first.name} ${short(first.after)}` : `${first.name} ${short(first.before)} → ${short(first.after)}`;
}

/** What one would call the thing: its name, if the entry has it. @param {any} entry @returns {string|null} */
export function nameOf({ before, after, target, target_name }) {
  if (target.type === 'event_type') return target.id;
  if (target_name) return target_name;
  const side = { ...before, ...after };
  const name = side.name || side.description || side.action || side.url;
  return typeof name === 'string' && name ? name : null;
}
