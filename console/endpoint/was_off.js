// What did an endpoint miss while it was off?
// The period is kept in this tab, because the API no longer says when an endpoint was off once it is on again.
import { link, may, navigate, patch, signal, toast } from '../shell.js';

const STORE = 'posthorn.was_off';
/** Period by endpoint. @type {import('../vendor/preact-htm-signals.js').Signal<Record<string, {since: string, until: string}>>} */
export const wasOff = signal(readKept());
function readKept() {
  try { return JSON.parse(sessionStorage.getItem(STORE) ?? '{}'); } catch { return {}; }
}

/** @param {string} id @param {{since: string, until: string}} [period] none: it is seen to */
export function setWasOff(id, period) {
  const { [id]: _, ...others } = wasOff.value;
  wasOff.value = period ? { ...others, [id]: period } : others;
  sessionStorage.setItem(STORE, JSON.stringify(wasOff.value));
}

const DAY_MS = 86_400_000;
/**
 * The form of a replay of what it missed. What was under way when it went off was cancelled, and accepted before.
 * @param {{id: string, created_at: string}} endpoint @param {{since?: string|null, until?: string}} period
 */
export function replayMissed({ id, created_at: made }, { since, until }) {
  const from = since && new Date(Math.max(Date.parse(made), Date.parse(since) - DAY_MS)).toISOString();
  return link('replays', 'new', { endpoint_id: id, status: 'all', since: from, until });
}

/**
 * Events of an endpoint that failed were parked and are sent now; of others they were skipped, and only a replay sends them.
 * @param {any} endpoint @param {{parked: string, skipped: string, replay: string}} words
 */
export async function switchOn(endpoint, words) {
  await patch(`/v1/webhook-endpoints/${endpoint.id}`, { active: true });
  const { id, disabled_at: since, disabled_reason: reason } = endpoint;
  if (reason === 'failing' || !since || !may('deliveries')) { toast(reason === 'failing' ? words.parked : words.skipped); return; }
  const period = { since, until: new Date().toISOString() };
  setWasOff(id, period);
  toast(words.skipped, { ms: 10_000, action: { label: words.replay, run: () => navigate(replayMissed(endpoint, period)) } });
}
