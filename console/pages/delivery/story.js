// What happened to a delivery, whose turn is it, and what can one do?
// Pure: an attempt and a delivery as sentences, and the steps of its timeline, newest first.
import { duration, messages, span } from '../../shell.js';
import { words } from '../../messages/en/deliveries.js';

/** Statuses that people know by name. */
const NAMES = /** @type {Record<number, string>} */ ({
  200: 'OK', 201: 'Created', 202: 'Accepted', 204: 'No Content', 301: 'Moved Permanently', 302: 'Found', 307: 'Temporary Redirect', 308: 'Permanent Redirect', 400: 'Bad Request', 401: 'Unauthorized', 403: 'Forbidden', 404: 'Not Found', 405: 'Method Not Allowed', 408: 'Request Timeout', 409: 'Conflict',
  410: 'Gone', 413: 'Content Too Large', 415: 'Unsupported Media Type', 422: 'Unprocessable Content', 429: 'Too Many Requests', 500: 'Internal Server Error', 502: 'Bad Gateway', 503: 'Service Unavailable', 504: 'Gateway Timeout',
});
/** `500 Internal Server Error` @param {number|null|undefined} status */
export const statusName = (status) => (status ? [status, NAMES[status]].filter(Boolean).join(' ') : '');

/** The host of an attempt, for sentences. @param {any} attempt */
function host(attempt) {
  try { return new URL(attempt.request.url).host || words.theHost; } catch { return words.theHost; }
}

/** The value of a header of an answer. @param {any} attempt @param {string} name */
const header = (attempt, name) => attempt.response?.headers.find((/** @type {[string, string]} */ [n]) => n.toLowerCase() === name)?.[1] ?? '';

/** What one attempt came to. @param {any} attempt @param {string} who */
export function happened(attempt, who) {
  const say = words.happened;
  const status = statusName(attempt.response?.status);
  const took = duration(attempt.duration_ms);
  switch (attempt.error ?? null) {
    case null: return say.success(who, status, took);
    case 'http_status': return say.http_status(who, status, took);
    case 'timeout': return say.timeout(who, took);
    case 'connection_refused': case 'dns_error': case 'tls_error': case 'blocked_address': return say[/** @type {'dns_error'} */ (attempt.error)](host(attempt));
    case 'redirect_refused': return say.redirect_refused(who, status, header(attempt, 'location'));
    case 'connection_reset': case 'response_invalid': case 'endpoint_gone': return say[/** @type {'endpoint_gone'} */ (attempt.error)](who);
    case 'template_failed': return say.template_failed(attempt.request.template_failed_at ?? '');
    default: return say.unknown();
  }
}

/**
 * What the people of the endpoint can do about it; empty after a success.
 * @param {any} attempt @param {boolean} [canChange] whether the reader may change the endpoint @param {boolean} [signed] whether its requests are @returns {string}
 */
export function todo(attempt, canChange = true, signed = true) {
  const say = { ...words.todo, ...(canChange ? {} : words.todoOfOthers) };
  const { error } = attempt;
  if (!error) return '';
  if (error === 'timeout') return attempt.duration_ms >= 4_900 && attempt.duration_ms < 5_600 ? `${say.connect} ${say.timeout}` : say.timeout;
  if (error !== 'http_status') return /** @type {any} */ (say)[error] ?? say.unknown;
  const status = attempt.response?.status ?? 0;
  if (isAuth(attempt)) return signed ? say.auth : say.authUnsigned;
  if (status === 404) return say.notFound;
  if (status === 405) return say.method;
  if (status === 413) return say.large;
  if (status === 429) return say.limited;
  return status >= 500 ? say.receiver : say.refused;
}

/** @param {any} attempt */
const isAuth = (attempt) => attempt.error === 'http_status' && [401, 403].includes(attempt.response?.status);

/** Whether a refused signature may be the cause: many receivers answer 400 to it. @param {any} attempt */
export const maybeSignature = (attempt) => attempt?.error === 'http_status' && [400, 401, 403].includes(attempt.response?.status);

/** How many of the last attempts ended alike, since it was sent again. @param {any[]} log */
export function alike(log) {
  const last = log.at(-1);
  if (!last) return 0;
  const before = log.findLastIndex((a) => a.error !== last.error || a.response?.status !== last.response?.status || a.trigger !== last.trigger);
  return log.length - 1 - before;
}

/** Who waits longer asks why. */
const LONG_MS = 60_000;

/** The attempts that were accepted; more than one where it was sent again although it had been delivered. @param {any} delivery @returns {any[]} */
const accepted = (delivery) => (delivery.attempt_log ?? []).filter((/** @type {any} */ attempt) => !attempt.error);

/** @param {number} ms */
export const took = (ms) => (ms < 10_000 ? duration(ms) : span(ms));

/** When the receiver got it first: a second sending does not make it late. @param {any} delivery @returns {number|null} in ms after the event was accepted */
export function tookMs(delivery) {
  const [first] = accepted(delivery);
  const at = first ? Date.parse(first.started_at) + first.duration_ms : Date.parse(delivery.delivered_at ?? '');
  return Number.isNaN(at) ? null : at - Date.parse(delivery.created_at);
}

/** It was accepted, and sent again all the same; empty otherwise. @param {any} delivery @param {string} who */
function gotAgain(delivery, who) {
  const [first, ...later] = accepted(delivery);
  const last = (delivery.attempt_log ?? []).at(-1);
  if (!first || first === last) return '';
  const before = words.gotBefore(who, first.number, took(tookMs(delivery) ?? 0));
  return later.at(-1) === last && delivery.status === 'delivered' ? `${before} ${words.gotAgain(took(Date.parse(last.started_at) - Date.parse(first.started_at)), later.length + 1)}` : before;
}

/**
 * Whose turn it is, and when.
 * @param {any} delivery @param {{now: number, nextProbe?: string|null}} at
 */
export function turn(delivery, { now, nextProbe }) {
  const say = words.turn;
  const wait = delivery.next_attempt_at ? Date.parse(delivery.next_attempt_at) - now : 0;
  switch (delivery.status) {
    case 'pending': return delivery.trigger === 'replay' || delivery.attempts > 0 ? say.pendingAgain : wait > 1000 ? say.pendingAt(span(wait)) : say.pendingFirst;
    case 'retrying': return wait > 1000 ? say.retrying(span(wait)) : say.retryDue;
    case 'parked': {
      if (delivery.parked_reason !== 'endpoint_failing') return /** @type {any} */ (say)[delivery.parked_reason] ?? say.parked;
      const probe = nextProbe ? Date.parse(nextProbe) - now : 0;
      return say.endpoint_failing(probe > 1000 ? say.probe(span(probe)) : '');
    }
    case 'failed': return delivery.trigger === 'test' ? say.failedTest : say.failed;
    case 'cancelled': return say.cancelled[delivery.cancel_reason] ?? '';
    case 'delivered': return delivery.attempts > 1 ? say.deliveredLate(delivery.attempts) : '';
    default: return '';
  }
}

/**
 * The delivery in two or three sentences.
 * @param {any} delivery @param {{now: number, who: string, nextProbe?: string|null, canSend?: boolean, canChange?: boolean, signed?: boolean}} at what the reader may do: send again, change the endpoint
 */
export function sentence(delivery, at) {
  const { canSend = true, canChange = true, signed = true } = at;
  const log = delivery.attempt_log ?? [];
  const last = log.at(-1);
  const n = alike(log);
  const repeated = n > 1 && messages.endpoint.did[last.error];
  const again = gotAgain(delivery, at.who);
  if (again && delivery.status === 'delivered') return again;
  const what = !last ? (delivery.status === 'cancelled' ? words.turn.neverTried : '') : repeated ? words.again(at.who, repeated(statusName(last.response?.status)), n) : happened(last, at.who);
  const open = delivery.status !== 'delivered';
  const waited = delivery.was_parked ? Date.parse(delivery.was_parked.until) - Date.parse(delivery.was_parked.from) : 0;
  const parked = !open && waited > LONG_MS ? words.parkedBecause(took(waited), words.parkedWhy[delivery.was_parked.reason]) : '';
  const after = delivery.status === 'failed' && delivery.trigger !== 'test' ? (canSend ? words.todo : words.todoOfOthers).replay
    : delivery.status === 'cancelled' && delivery.cancel_reason === 'endpoint_disabled' ? (canSend && canChange ? words.todo : words.todoOfOthers).switchOn : '';
  return [again, what, turn(delivery, at), parked, open && last ? todo(last, canChange, signed) : '', after].filter(Boolean).join(' ');
}

/**
 * The steps of a delivery, newest first.
 * @param {any} delivery
 * @returns {({kind: 'next', at: string|null} | {kind: 'state'} | {kind: 'parked', from: string, until: string, reason: string} | {kind: 'attempt', attempt: any, gap: number} | {kind: 'accepted', at: string})[]}
 *   `state`: parked, cancelled or given up, which no attempt tells
 */
export function steps(delivery) {
  const log = delivery.attempt_log ?? [];
  const attempts = log.map((/** @type {any} */ attempt, /** @type {number} */ n) => ({
    kind: /** @type {const} */ ('attempt'), attempt, gap: Date.parse(attempt.started_at) - (n === 0 ? Date.parse(delivery.created_at) : Date.parse(log[n - 1].started_at) + log[n - 1].duration_ms),
  }));
  const ahead = ['pending', 'retrying'].includes(delivery.status) ? [{ kind: /** @type {const} */ ('next'), at: delivery.next_attempt_at ?? null }] : [];
  const state = ['parked', 'cancelled'].includes(delivery.status) ? [{ kind: /** @type {const} */ ('state') }] : [];
  const was = delivery.was_parked ? [{ kind: /** @type {const} */ ('parked'), ...delivery.was_parked }] : [];
  const since = (/** @type {any} */ attempt) => !was[0] || attempt.attempt.started_at >= was[0].from;
  const newest = attempts.reverse();
  return [...ahead, ...state, ...newest.filter(since), ...was, ...newest.filter((/** @type {any} */ attempt) => !since(attempt)), { kind: /** @type {const} */ ('accepted'), at: delivery.created_at }];
}
