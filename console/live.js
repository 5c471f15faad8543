// When does a page ask again, and what does it show meanwhile?
// Polling of visible pages only, with backoff; new rows wait behind a pill, so that a list never moves under the cursor.
import { useCallback, useEffect, useMemo, useRef, useState } from './vendor/preact-htm-signals.js';
import { call, Problem } from './api.js';

/** @typedef {{data: any, error: Problem|null, loading: boolean, updatedAt: number, stale: boolean, refresh: () => Promise<void>}} Live */
/** @typedef {Live & {rows: any[], next: string|null, previous: string|null, fresh: number, freshMore: boolean, showFresh: () => void, searched: any, ahead: () => void}} LiveList */

export const EVERY_MS = 5_000;
const SLOWEST_MS = 60_000;

/**
 * The wait before the next question: at once again after a change, ever longer while nothing changes or all fails.
 * @param {number} last @param {'changed'|'same'|'failed'} result @param {number} [every]
 */
export function nextDelay(last, result, every = EVERY_MS) {
  if (result === 'changed') return every;
  return Math.min(Math.max(last, every) * (result === 'failed' ? 2 : 1.5), Math.max(SLOWEST_MS, every));
}

/** Answers of this tab, so that the back button shows a page at once. @type {Map<string, any>} */
const answers = new Map();
/** @param {string} key @param {any} value */
function remember(key, value) {
  answers.delete(key);
  answers.set(key, value);
  for (const oldest of answers.keys()) if (answers.size > 60) answers.delete(oldest); else break;
}
/** Forgets what was shown: after a logout, or when a change must be seen at once. */
export const forget = () => answers.clear();

/** @param {string} path @param {import('./api.js').Query} query */
const keyOf = (path, query) => `${path}?${JSON.stringify(Object.entries(query).filter(([, v]) => v !== '' && v !== null && v !== undefined))}`;

/** Asks for what is likely to be shown next, so that it is there at once. @param {string} path @param {import('./api.js').Query} query */
export async function prefetch(path, query) {
  const key = keyOf(path, query);
  if (answers.has(key)) return;
  // A refusal is shown when the page is opened.
  try { remember(key, dataOf(await call('GET', path, { query }))); } catch (error) { if (!(error instanceof Problem)) throw error; }
}

/**
 * Loads and, if `every` is not 0, polls one address. `path` null: nothing is loaded yet.
 * @param {string|null} path
 * @param {import('./api.js').Query} [query]
 * @param {{every?: number, read?: (answer: import('./api.js').Answer) => any}} [options] `read`: what is kept of the answer, if not its data alone
 * @returns {Live}
 */
export function useLive(path, query = {}, { every = 0, read = dataOf } = {}) {
  // What is kept of an answer differs by `read`, and so must the key.
  const key = path === null ? '' : `${keyOf(path, query)}${read === dataOf ? '' : read}`;
  const [, draw] = useState(0);
  const state = useRef({ key: '', data: /** @type {any} */ (undefined), error: /** @type {Problem|null} */ (null), updatedAt: 0, stale: false });
  if (state.current.key !== key) state.current = { key, data: answers.get(key), error: null, updatedAt: 0, stale: false };

  const load = useCallback(async (/** @type {[AbortSignal]} */ [abort]) => {
    if (path === null) return 'same';
    const at = state.current;
    try {
      const data = read(await call('GET', path, { query, signal: abort }));
      if (state.current.key !== key) return 'same';
      const changed = JSON.stringify(data) !== JSON.stringify(at.data);
      remember(key, data);
      Object.assign(at, { data, error: null, stale: false, updatedAt: Date.now() });
      draw((n) => n + 1);
      return changed ? 'changed' : 'same';
    } catch (error) {
      if (state.current.key !== key || /** @type {Error} */ (error).name === 'AbortError') return 'same';
      if (!(error instanceof Problem)) throw error;
      // What was shown stays, marked as old; only a refusal of the thing itself takes its place.
      if (at.data === undefined || [401, 403, 404, 422].includes(error.status)) Object.assign(at, { error, data: undefined });
      else at.stale = true;
      draw((n) => n + 1);
      return 'failed';
    }
  }, [key]);

  const refresh = usePolling(load, key, every);
  const { data, error, updatedAt, stale } = state.current;
  return { data, error, updatedAt, stale, loading: data === undefined && error === null && path !== null, refresh };
}

/**
 * @param {(abort: any) => Promise<string>} load
 * @param {string} key
 * @param {number} every 0: once
 */
function usePolling(load, key, every) {
  const controls = useRef({ now: async () => {} });
  useEffect(() => {
    let timer = 0;
    let delay = every;
    let asked = 0;
    let over = false;
    const abort = new AbortController();
    const ask = async () => {
      clearTimeout(timer);
      asked = Date.now();
      const result = /** @type {'changed'|'same'|'failed'} */ (await load([abort.signal]));
      if (over || every === 0) return;
      delay = nextDelay(delay, result, every);
      plan();
    };
    const plan = () => {
      clearTimeout(timer);
      if (document.visibilityState === 'visible' && !over && every > 0) timer = setTimeout(ask, Math.max(0, asked + delay - Date.now()));
    };
    const woken = () => {
      if (delay > every) { delay = every; plan(); } else if (document.visibilityState === 'visible') plan();
    };
    const visibility = () => (document.visibilityState === 'visible' ? woken() : clearTimeout(timer));
    controls.current.now = ask;
    ask();
    document.addEventListener('visibilitychange', visibility);
    for (const kind of ['pointerdown', 'keydown', 'focus', 'online']) addEventListener(kind, woken, { passive: true });
    return () => {
      over = true;
      clearTimeout(timer);
      abort.abort();
      document.removeEventListener('visibilitychange', visibility);
      for (const kind of ['pointerdown', 'keydown', 'focus', 'online']) removeEventListener(kind, woken);
    };
  }, [key, every, load]);
  return useCallback(() => controls.current.now(), []);
}

/**
 * Puts a fresh first page into the rows that are shown: known rows change in place, new ones are kept apart.
 * @param {any[]} shown @param {any[]} answer @param {(row: any) => string} id
 * @returns {{rows: any[], fresh: any[]}}
 */
export function mergePage(shown, answer, id) {
  const byId = new Map(answer.map((row) => [id(row), row]));
  const known = new Set(shown.map(id));
  return { rows: shown.map((row) => byId.get(id(row)) ?? row), fresh: answer.filter((row) => !known.has(id(row))) };
}

/**
 * One page of a list `{data, next, previous}`, polled while it is the first. Pass `cursor` and `before` of the
 * address in `query`. New rows are counted in `fresh` and shown by `showFresh()`.
 * @param {string|null} path
 * @param {import('./api.js').Query} [query]
 * @param {{every?: number, id?: (row: any) => string, read?: (answer: import('./api.js').Answer) => any}} [options] `read` makes `{data, next, previous}` of another list
 * @returns {LiveList}
 */
export function useLiveList(path, query = {}, { every = EVERY_MS, id = rowId, read = dataOf } = {}) {
  const first = !query.cursor && !query.before && !query.after;
  const live = useLive(path, query, { every: first ? every : 0, read });
  const key = path === null ? '' : keyOf(path, query);
  const shown = useRef({ key: '', rows: /** @type {any[]|null} */ (null), next: null, previous: null });
  const [, draw] = useState(0);
  if (shown.current.key !== key) shown.current = { key, rows: null, next: null, previous: null };
  const merged = useMemo(() => {
    const answer = live.data?.data;
    if (!answer) return { rows: [], fresh: [] };
    const at = shown.current;
    if (at.rows === null || at.rows.length === 0) Object.assign(at, { rows: answer, next: live.data.next, previous: live.data.previous });
    const result = mergePage(at.rows ?? [], answer, id);
    at.rows = result.rows;
    return result;
  }, [live.data, key, shown.current.rows === null]);
  const showFresh = () => { shown.current.rows = null; draw((n) => n + 1); };
  const { next } = shown.current;
  const ahead = () => { if (path !== null && next && read === dataOf) prefetch(path, { ...query, cursor: next, before: null }); };
  // Who leafs will leaf on.
  useEffect(() => {
    if (first || !next) return;
    const timer = setTimeout(ahead, 300);
    return () => clearTimeout(timer);
  }, [next, first]);
  return {
    // Where the newest page holds no row that is shown, there may be new ones behind it.
    ...live, rows: merged.rows, fresh: merged.fresh.length, freshMore: Boolean(live.data?.next) && merged.fresh.length === live.data.data.length, showFresh,
    next, ahead, previous: shown.current.previous, searched: live.data?.searched ?? null,
    // After an action the answer takes the place of the rows; nobody is surprised by what he did himself.
    refresh: async () => { await live.refresh(); showFresh(); },
  };
}

/** @param {import('./api.js').Answer} answer */
const dataOf = (answer) => answer.data;
/** The answer as it came, for a payload byte for byte. @param {import('./api.js').Answer} answer */
export const textOf = (answer) => answer.text;

/** What tells a row from others; a skipped endpoint has no id of a delivery. @param {any} row @returns {string} */
export const rowId = (row) => row.id ?? `${row.event_id}/${row.endpoint_id}`;

/** One timer for all that draw again at the same pace: a list has a hundred of them. @type {Map<number, {timer: number, listeners: Set<(now: number) => void>}>} */
const clocks = new Map();

/** Draws again each `ms`, for relative times. @param {number} [ms] */
export function useClock(ms = 1000) {
  const [now, set] = useState(Date.now());
  useEffect(() => {
    const listeners = clocks.get(ms)?.listeners ?? new Set();
    listeners.add(set);
    if (!clocks.has(ms)) {
      const timer = setInterval(() => { if (document.visibilityState === 'visible') for (const draw of listeners) draw(Date.now()); }, ms);
      clocks.set(ms, { timer, listeners });
    }
    return () => {
      listeners.delete(set);
      if (listeners.size > 0) return;
      clearInterval(clocks.get(ms)?.timer);
      clocks.delete(ms);
    };
  }, [ms]);
  return now;
}
