// How does an endpoint do, in one line and a quieter second one?
// Pure: state, since when, what waits, and what happens next; the same words in the list and on the page of one.
import { lastAnswer, span } from '../shell.js';
import { words } from '../messages/en/endpoints.js';

/** The figures cover the last 24 whole hours, so they are complete only for endpoints made within the last 23. */
const LATELY_MS = 23 * 3_600_000;

/** Whether the endpoint is so new that its figures of the last day are all that there is. @param {any} endpoint @param {number} now */
export const isNew = (endpoint, now) => now - Date.parse(endpoint.created_at) < LATELY_MS;

/** The exact counts, which only one endpoint's figures have, are there before the others. A test that failed counts in them. @param {any} figures */
const isUnused = (figures) => figures?.total.attempts === 0 && !figures.exact?.delivered;

/**
 * @param {any} endpoint @param {number} now @param {any} [figures] of the last 24 hours
 * @returns {{state: 'healthy'|'unused'|'failing'|'disabled', line: string, next: string}}
 */
export function stateWords(endpoint, now, figures) {
  const { health } = endpoint;
  const parked = health?.parked > 0 ? words.parked(health.parked, health.parked_exact !== false) : '';
  if (!endpoint.active) {
    const kept = endpoint.disabled_reason === 'failing';
    const line = endpoint.disabled_at ? words.offSince(span(now - Date.parse(endpoint.disabled_at))) : words.offPlain;
    const why = words.off[endpoint.disabled_reason];
    return { state: 'disabled', line, next: [kept ? words.offKeptShort : words.offSkippedShort, parked, why].filter(Boolean).join(' · ') };
  }
  if (!health?.failures && !parked && isUnused(figures) && isNew(endpoint, now)) return { state: 'unused', line: words.unused, next: '' };
  if (!health?.failures) return { state: 'healthy', line: words.healthy, next: parked };
  const line = health.failing_since ? words.failingFor(span(now - Date.parse(health.failing_since))) : words.failures(health.failures);
  const next = health.next_probe_at ? words.nextProbe(Date.parse(health.next_probe_at) - now) : health.circuit === 'open' ? '' : words.retryNow;
  return { state: 'failing', line, next: [lastAnswer(health), next, parked, words.failures(health.failures)].filter(Boolean).join(' · ') };
}

/** How many more failures switch a failing endpoint off, and when at the earliest; '' if the time is over. @param {any} endpoint @param {number} now */
export function towardsOff({ health, disable }, now) {
  const at = Date.parse(health.failing_since) + disable.window_seconds * 1000;
  return { more: Math.max(disable.consecutive_failures - health.failures, 1), at: at > now ? new Date(at).toISOString() : '' };
}

/** What an endpoint gets: at most three types, how many more, and what narrows them down. @param {any} endpoint */
export function wants(endpoint) {
  const { events, channels, filter } = endpoint;
  const shown = events.slice(0, events.length === 4 ? 4 : 3);
  return { all: events.length === 0, shown, more: events.length - shown.length, rest: events.slice(shown.length), filtered: Boolean(filter), channels };
}
