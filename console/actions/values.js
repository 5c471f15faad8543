// How do the settings of an action become a form, and the form settings again?
// Pure: JSON is sent as it was typed; what is left empty is its default.
import { mistakeIn } from '../ui/json_text.js';
import { indented, rawOrNull } from '../ui/raw_json.js';

/** @typedef {{name: string, title: string, description: string, url: string, method: string, parameters: string, template: string, result: string, headers: string, effect: string, idempotent: boolean, confirm: string, roles: string, timeout: string, retries: string, rate: string, per: string, concurrency: string, profile: string, prefix: string, success: string, retryable: string, permanent: string, active: boolean}} ActionValue */

/** @returns {ActionValue} */
export const blank = () => ({
  name: '', title: '', description: '', url: '', method: 'POST', parameters: '{\n  "type": "object",\n  "properties": {},\n  "required": []\n}', template: '', result: '', headers: '', effect: 'write', idempotent: false, confirm: '', roles: '',
  timeout: '', retries: '', rate: '', per: 'per_second', concurrency: '', profile: 'standard', prefix: '', success: '', retryable: '', permanent: '', active: true,
});

/** @param {any} a an action of the API @returns {ActionValue} */
export function fromAction(a) {
  const list = (/** @type {any} */ statuses) => (statuses ?? []).join(', ');
  return {
    name: a.name, title: a.title, description: a.description, url: a.url, method: a.method, parameters: indented(a.parameters), template: indented(a.template), result: indented(a.result_schema),
    headers: Object.entries(a.headers ?? {}).map(([name, value]) => `${name}: ${value}`).join('\n'), effect: a.effect, idempotent: a.idempotent, confirm: a.confirm === null || a.confirm === undefined ? '' : String(a.confirm), roles: (a.roles ?? []).join(', '),
    timeout: String(a.timeout_seconds), retries: String(a.retries), rate: a.rate_limit ? String(a.rate_limit.per_second ?? a.rate_limit.per_minute) : '', per: a.rate_limit?.per_minute ? 'per_minute' : 'per_second', concurrency: a.max_concurrency ? String(a.max_concurrency) : '',
    profile: a.signature?.profile ?? 'standard', prefix: a.header_prefix ?? '', success: list(a.outcomes?.success), retryable: list(a.outcomes?.retryable), permanent: list(a.outcomes?.permanent), active: a.active,
  };
}

/** @param {string} text */
const list = (text) => text.split(/[\s,;]+/).filter(Boolean);
/** @param {string} text */
const statuses = (text) => list(text).map((s) => (/^\d+$/.test(s) ? Number(s) : s.toLowerCase()));
/** @param {string} text */
const whole = (text) => (text.trim() === '' ? null : /^\d+$/.test(text.trim()) ? Number(text) : text.trim());
/** JSON that is no JSON goes as a text, so that the server refuses it. @param {string} text */
const json = (text) => (text.trim() && mistakeIn(text) ? text : rawOrNull(text));

/** Lines of `Name: value`. @param {string} text @returns {Record<string, string>} */
export const headersOf = (text) => Object.fromEntries(text.split('\n').map((line) => line.trim()).filter(Boolean).map((line) => {
  const colon = line.indexOf(':');
  return colon < 0 ? [line, ''] : [line.slice(0, colon).trim(), line.slice(colon + 1).trim()];
}));

/** Every setting. @param {ActionValue} v @returns {Record<string, any>} */
export const settings = (v) => ({
  title: v.title, description: v.description, parameters: json(v.parameters), method: v.method, url: v.url.trim(), template: json(v.template), headers: headersOf(v.headers), header_prefix: v.prefix.trim() || null, signature: { profile: v.profile },
  timeout_seconds: whole(v.timeout), retries: whole(v.retries), outcomes: Object.fromEntries([['success', v.success], ['retryable', v.retryable], ['permanent', v.permanent]].filter(([, text]) => text.trim()).map(([name, text]) => [name, statuses(text)])),
  effect: v.effect, idempotent: v.idempotent, confirm: v.confirm === '' ? null : v.confirm === 'true', roles: list(v.roles), rate_limit: v.rate.trim() ? { [v.per]: whole(v.rate) } : null, max_concurrency: whole(v.concurrency), result_schema: json(v.result), active: v.active,
});

/** What makes an action: what is not given is left out. @param {ActionValue} v @returns {Record<string, any>} */
export const creation = (v) => ({ name: v.name.trim(), ...Object.fromEntries(Object.entries(settings(v)).filter(([, value]) => value !== null && value !== '' && !(typeof value === 'object' && Object.keys(value).length === 0 && !('text' in value)))) });

/** Members that a change merges one by one. @param {any} before @param {any} after */
export const mergeOf = (before, after) => ({ ...Object.fromEntries(Object.keys(before ?? {}).filter((n) => !(n in after)).map((n) => [n, null])), ...after });
/** @param {any} value */
export const merges = (value) => value !== null && typeof value === 'object' && !Array.isArray(value) && !('text' in value);

/** The parameters that a URL names. @param {string} url @returns {string[]} */
export const urlParameters = (url) => [...new Set([...url.matchAll(/\{\{\s*parameters\.([A-Za-z_][\w-]*)/g)].map((m) => m[1]))];
