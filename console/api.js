// How does the console call the API, and what does it do with refusals?
// The only place with fetch: bearer token, problem+json as an Error, one retry of 429 and 503, login on 401.
import { signal } from './vendor/preact-htm-signals.js';

/** @typedef {{token: string, expires_at: string|null, workspace_id: string|null, scopes: string[], roles: string[]}} Session */
/** @typedef {{pointer: string, detail: string}} FieldError */
/** @typedef {Record<string, string|number|boolean|null|undefined>} Query */
/** @typedef {{query?: Query, body?: unknown, key?: string, revision?: string, signal?: AbortSignal, token?: string, text?: boolean, bytes?: boolean}} CallOptions */
/** @typedef {{data: any, text: string, status: number, headers: Headers}} Answer */

/** A refusal or failure in the server's own words. `status` 0: the server was not reached. */
export class Problem extends Error {
  /** @param {number} status @param {any} body @param {string|null} requestId */
  constructor(status, body, requestId) {
    super(body?.detail || body?.title || `HTTP ${status}`);
    this.name = 'Problem';
    this.status = status;
    /** @type {string} stable, made for programs */
    this.code = body?.code ?? (status === 0 ? 'unreachable' : `http_${status}`);
    /** @type {string} */ this.title = body?.title ?? '';
    /** @type {string} */ this.detail = body?.detail ?? '';
    /** @type {FieldError[]} */ this.errors = body?.errors ?? [];
    /** @type {string|null} */ this.request_id = body?.request_id ?? requestId;
  }

  /**
   * What is wrong with one value, in the server's words; null if nothing.
   * @param {string} pointer `/url`; a pointer that ends with `/*` takes everything beneath
   */
  at(pointer) {
    const below = pointer.endsWith('/*') ? pointer.slice(0, -1) : null;
    const found = this.errors.filter((e) => e.pointer === pointer || (below && (e.pointer.startsWith(below) || e.pointer === below.slice(0, -1))));
    return found.length ? [...new Set(found.map((e) => e.detail))].join('; ') : null;
  }
}

// A portal keeps its token under a key for each workspace: a frame shares sessionStorage with its tab, whose login must stay.
const portalOf = typeof location === 'undefined' ? null : /^\/portal\/([^/]+)/.exec(location.pathname);
const STORE = portalOf ? `posthorn.portal.${portalOf[1]}` : 'posthorn.session';
const store = typeof sessionStorage === 'undefined' ? null : sessionStorage;

/** @returns {Session|null} */
function stored() {
  try { return JSON.parse(store?.getItem(STORE) ?? 'null'); } catch { return null; }
}

/** Who is logged in; null before the login. Lives as long as the tab. */
export const session = signal(stored());

/** @param {Session|null} next */
export function setSession(next) {
  if (next) store?.setItem(STORE, JSON.stringify(next));
  else store?.removeItem(STORE);
  session.value = next;
}

/** Why the login page is shown, and where to go on afterwards. */
export const loginReason = signal({ reason: /** @type {''|'ended'|'once'|'other'} */ (''), next: '' });

/** What happens on a 401; main.js sets it. @type {{unauthorized: () => void}} */
export const on = { unauthorized() {} };

/**
 * May the session do this? `may('webhooks')`, `may('events:ro')`; a scope includes its `:ro` variant.
 * @param {string} scope
 */
export function may(scope) {
  const has = session.value?.scopes ?? [];
  if (has.includes(scope) || has.includes(scope.replace(/:ro$/, ''))) return true;
  if (scope === 'actions') return false;
  return has.includes('admin') || (scope.endsWith(':ro') && has.includes('admin:ro'));
}

/** @param {number} ms */
const wait = (ms) => new Promise((done) => setTimeout(done, ms));

/**
 * One request. Throws a Problem.
 * @param {string} method
 * @param {string} path
 * @param {CallOptions} [options] `key`: Idempotency-Key; `revision`: If-Match; `text`: do not parse the answer; `bytes`: the answer as a Blob
 * @returns {Promise<Answer>}
 */
export async function call(method, path, options = {}) {
  // The same key for the retry: a POST is carried out once.
  const key = options.key ?? (method === 'POST' ? newKey() : undefined);
  try {
    return await once(method, path, { ...options, key });
  } catch (problem) {
    if (!(problem instanceof Problem) || ![429, 503].includes(problem.status)) throw problem;
    if (problem.code === 'quota_exceeded') throw problem;
    await wait(Math.min(retryAfter(problem) * 1000, 5000));
    return once(method, path, { ...options, key });
  }
}

/** @param {any} problem */
const retryAfter = (problem) => problem.retry_after ?? 1;

/** A new Idempotency-Key. */
export const newKey = () => `console-${crypto.randomUUID()}`;

/** @param {string} method @param {string} path @param {CallOptions} options @returns {Promise<Answer>} */
async function once(method, path, options) {
  const token = options.token ?? session.value?.token;
  const headers = new Headers();
  if (token) headers.set('authorization', `Bearer ${token}`);
  if (options.body !== undefined) headers.set('content-type', 'application/json');
  if (options.key) headers.set('idempotency-key', options.key);
  if (options.revision) headers.set('if-match', options.revision);
  // A text is sent as it is: an event's payload keeps every byte that was typed.
  const body = options.body === undefined ? undefined : typeof options.body === 'string' ? options.body : JSON.stringify(options.body);
  let response;
  let text;
  try {
    response = await fetch(path + queryText(options.query), { method, headers, body, signal: options.signal, cache: 'no-store' });
    if (options.bytes && response.ok) return { data: await response.blob(), text: '', status: response.status, headers: response.headers };
    text = await response.text();
  } catch (error) {
    if (/** @type {Error} */ (error).name === 'AbortError') throw error;
    throw new Problem(0, { title: 'Not reached', detail: 'The server could not be reached.' }, null);
  }
  const requestId = response.headers.get('x-request-id');
  if (!response.ok) {
    const problem = Object.assign(new Problem(response.status, parsed(text), requestId), { retry_after: Number(response.headers.get('retry-after')) || 1 });
    if (response.status === 401 && options.token === undefined) on.unauthorized();
    throw problem;
  }
  return { data: options.text || text === '' ? text : parsed(text), text, status: response.status, headers: response.headers };
}

/** @param {string} text */
function parsed(text) {
  try { return JSON.parse(text); } catch { return null; }
}

/** @param {Query} [query] */
function queryText(query = {}) {
  const given = Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== '');
  return given.length ? `?${new URLSearchParams(given.map(([name, value]) => [name, String(value)]))}` : '';
}

/** @param {string} path @param {Query} [query] @param {AbortSignal} [signal] @returns {Promise<any>} the parsed answer */
export const get = async (path, query, signal) => (await call('GET', path, { query, signal })).data;
/** @param {string} path @param {unknown} [body] @param {CallOptions} [options] @returns {Promise<any>} */
export const post = async (path, body, options = {}) => (await call('POST', path, { ...options, body: body ?? {} })).data;
/** @param {string} path @param {unknown} body @param {CallOptions} [options] @returns {Promise<any>} */
export const patch = async (path, body, options = {}) => (await call('PATCH', path, { ...options, body })).data;
/** @param {string} path @param {CallOptions} [options] @returns {Promise<any>} */
export const remove = async (path, options = {}) => (await call('DELETE', path, options)).data;

/** A part of an address: ids, uids and names with any character. @param {string} text */
export const part = (text) => encodeURIComponent(text.replaceAll('/', '~'));

/**
 * Exchanges an API key (`phk_…`) or a one-time token (`pho_…`) for a session.
 * @param {string} secret
 * @returns {Promise<Session>}
 */
export async function login(secret) {
  // No Idempotency-Key: a one-time token works once, and a second session does no harm.
  const { data } = await call('POST', '/v1/sessions', { token: secret, body: {}, key: '' });
  setSession(data);
  return data;
}

/** How long a new tab waits for another one to answer. */
const ASK_MS = 200;

/**
 * Hands the session on to tabs that are opened beside this one; a new tab asks for it. Only pages of this origin hear of
 * it, nothing is stored, and the session ends when the last tab is closed. The portal has its own link and does not share it.
 * @param {{ask: boolean}} options
 */
export async function shareSession({ ask }) {
  const tabs = new BroadcastChannel('posthorn.session');
  if (ask && !session.value) {
    const found = await new Promise((done) => {
      tabs.onmessage = ({ data }) => { if (data?.token) done(data); };
      tabs.postMessage('ask');
      setTimeout(done, ASK_MS, null);
    });
    if (found) setSession(found);
  }
  tabs.onmessage = ({ data }) => { if (data === 'ask' && session.value) tabs.postMessage(session.value); };
}

export async function logout() {
  try { await remove('/v1/sessions/current'); } catch { /* an ended session needs no end */ }
  setSession(null);
}
