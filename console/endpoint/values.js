// How do the settings of an endpoint become a form, and the form settings again?
// Pure. JSON that was typed is sent as it was typed: a number keeps every digit.

import { Raw, write } from '../ui/raw_json.js';

export { Raw, write };

/** @typedef {{url: string, description: string, events: string[], channels: string, filter: string, method: string, body: string, template: string, headers: [string, string][], header_prefix: string, profile: string, secret: string, retry: string, schedule: string, timeout: string, success: string, retryable: string, permanent: string, failures: string, window: string, rate: string, per: string, concurrency: string, delay: string, uid: string, metadata: [string, string][]}} FormValue */

/** Delays of the presets in seconds, as docs/api.md lists them. */
export const PRESETS = /** @type {Record<string, number[]>} */ ({
  default: [1, 5, 30, 300, 1800, 7200], '1m-5m-20m-1h-2h': [60, 300, 1200, 3600, 7200], 'three-tries': [30, 300],
  '24h-exponential': Array.from({ length: 11 }, (_, n) => 42 * 2 ** n), 'standard-webhooks': [5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400],
});
const UNITS = /** @type {[string, number][]} */ ([['d', 86_400], ['h', 3600], ['min', 60], ['s', 1]]);

/** `5 min`, `1 d 12 h`: exact, so that it can be read back. @param {number} seconds */
export function writeSpan(seconds) {
  let rest = seconds;
  const parts = [];
  for (const [unit, size] of UNITS) {
    const n = Math.floor(rest / size);
    if (n > 0) parts.push(`${n} ${unit}`);
    rest -= n * size;
  }
  return parts.join(' ') || '0 s';
}

/** Seconds of `90`, `90 s`, `5 min`, `1h 30m`, `2 days`; null if it is none. @param {string} text @returns {number|null} */
export function readSpan(text) {
  const given = text.trim().toLowerCase();
  if (/^\d+$/.test(given)) return Number(given);
  if (!/^(\d+\s*[a-z]+\s*)+$/.test(given)) return null;
  let sum = 0;
  for (const [, n, unit] of given.matchAll(/(\d+)\s*([a-z]+)/g)) {
    const known = { s: 1, sec: 1, second: 1, seconds: 1, m: 60, min: 60, minute: 60, minutes: 60, h: 3600, hour: 3600, hours: 3600, d: 86_400, day: 86_400, days: 86_400 }[unit];
    if (!known) return null;
    sum += Number(n) * known;
  }
  return sum;
}

/** Seconds of each delay of `1 s, 5 min`; null if one is none. @param {string} text @returns {number[]|null} */
export function readSchedule(text) {
  const spans = text.split(/[,;\n]/).map((t) => t.trim()).filter(Boolean).map(readSpan);
  return spans.includes(null) ? null : /** @type {number[]} */ (spans);
}

/** @param {string} text @returns {(string|number)[]} */
const readStatuses = (text) => text.split(/[\s,;]+/).filter(Boolean).map((s) => (/^\d+$/.test(s) ? Number(s) : s.toLowerCase()));
/** @param {string} text */
const readNames = (text) => text.split(/[\s,;]+/).filter(Boolean);
/** @param {string} text */
const whole = (text) => (/^\d+$/.test(text.trim()) ? Number(text) : text.trim());
/** @param {[string, string][]} rows */
const readRows = (rows) => Object.fromEntries(rows.filter(([name, value]) => name.trim() || value).map(([name, value]) => [name.trim(), value]));
/** @param {any} json */
const writeJson = (json) => (json === null || json === undefined ? '' : JSON.stringify(json, null, 2));

/** What a form for a new endpoint begins with: '' means the default of workspace or installation. @returns {FormValue} */
export const blank = () => ({
  url: '', description: '', events: [], channels: '', filter: '', method: 'POST', body: '', template: '', headers: [], header_prefix: '', profile: '', secret: '',
  retry: '', schedule: '', timeout: '', success: '', retryable: '', permanent: '', failures: '', window: '', rate: '', per: 'per_second', concurrency: '', delay: '', uid: '', metadata: [],
});

/** @param {any} e an endpoint of the API @returns {FormValue} */
export function fromEndpoint(e) {
  const list = (/** @type {any} */ statuses) => (statuses ?? []).join(', ');
  return {
    url: e.url, description: e.description, events: [...e.events], channels: e.channels.join(', '), filter: e.filter_text ?? writeJson(e.filter), method: e.method, body: e.body, template: e.template_text ?? writeJson(e.template),
    headers: Object.entries(e.headers), header_prefix: e.header_prefix, profile: e.signature.profile, secret: '',
    retry: e.retry.preset ?? 'custom', schedule: e.retry.schedule_seconds ? e.retry.schedule_seconds.map(writeSpan).join(', ') : '', timeout: String(e.timeout_seconds),
    success: list(e.outcomes.success), retryable: list(e.outcomes.retryable), permanent: list(e.outcomes.permanent), failures: String(e.disable.consecutive_failures), window: writeSpan(e.disable.window_seconds),
    rate: e.rate_limit ? String(e.rate_limit.per_second ?? e.rate_limit.per_minute) : '', per: e.rate_limit?.per_minute ? 'per_minute' : 'per_second',
    concurrency: e.max_concurrency === null ? '' : String(e.max_concurrency), delay: e.delay_seconds ? writeSpan(e.delay_seconds) : '', uid: e.uid ?? '', metadata: Object.entries(e.metadata),
  };
}

/** An empty object has no condition, so it counts as no filter. @param {string} filter */
const hasConditions = (filter) => filter.trim() !== '' && !/^\s*\{\s*("\$and"\s*:\s*\[\s*\]\s*)?\}\s*$/.test(filter);

/**
 * All settings that the form names; what is left empty is left out, or its default. Values that cannot be read are
 * passed on as they are, so that the server says in its own words what is wrong with them.
 * @param {FormValue} v @returns {Record<string, any>}
 */
export function settings(v) {
  const span = (/** @type {string} */ text) => readSpan(text) ?? text.trim();
  const outcomes = Object.fromEntries([['success', v.success], ['retryable', v.retryable], ['permanent', v.permanent]].filter(([, text]) => text.trim()).map(([name, text]) => [name, readStatuses(text)]));
  return {
    url: v.url.trim(), description: v.description, events: v.events, channels: readNames(v.channels),
    filter: hasConditions(v.filter) ? new Raw(v.filter.trim()) : null, template: v.template.trim() ? new Raw(v.template.trim()) : null,
    method: v.method, body: v.body || undefined, headers: readRows(v.headers), header_prefix: v.header_prefix.trim() || undefined, signature: v.profile ? { profile: v.profile } : undefined, secret: v.secret.trim() || undefined,
    retry: v.retry === 'custom' ? { schedule_seconds: readSchedule(v.schedule) ?? v.schedule } : v.retry ? { preset: v.retry } : undefined,
    timeout_seconds: v.timeout.trim() ? whole(v.timeout) : undefined, outcomes,
    disable: v.failures.trim() || v.window.trim() ? { consecutive_failures: v.failures.trim() ? whole(v.failures) : undefined, window_seconds: v.window.trim() ? span(v.window) : undefined } : undefined,
    rate_limit: v.rate.trim() ? { [v.per]: whole(v.rate) } : null, max_concurrency: v.concurrency.trim() ? whole(v.concurrency) : null,
    delay_seconds: v.delay.trim() ? span(v.delay) : 0, uid: v.uid.trim() || null, metadata: readRows(v.metadata),
  };
}

/** The body that makes an endpoint: only what differs from the defaults. @param {FormValue} v */
export function creation(v) {
  const all = settings(v);
  const none = settings(blank());
  return Object.fromEntries(Object.entries(all).filter(([name, value]) => name === 'url' || (value !== undefined && write(value) !== write(none[name] ?? null))));
}

/** Members that a PATCH merges one by one, so that one which is gone must be sent as null. */
const MERGED = ['headers', 'metadata', 'outcomes'];

/** The body that changes an endpoint: what differs; an emptied setting is null, its default. @param {FormValue} before @param {FormValue} after */
export function changes(before, after) {
  const [old, next] = [settings(before), settings(after)];
  const changed = /** @type {Record<string, any>} */ ({});
  for (const name of Object.keys(next)) {
    if (write(old[name] ?? null) === write(next[name] ?? null)) continue;
    if (MERGED.includes(name)) {
      const names = new Set([...Object.keys(old[name]), ...Object.keys(next[name])]);
      changed[name] = Object.fromEntries([...names].filter((n) => write(old[name][n] ?? null) !== write(next[name][n] ?? null)).map((n) => [n, next[name][n] ?? null]));
    } else changed[name] = next[name] ?? null;
  }
  delete changed.secret;
  return changed;
}
