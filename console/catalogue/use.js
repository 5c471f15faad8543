// Who listens to the types of a workspace, and how often was each seen in a day?
// Three requests for all rows: endpoints, rules, and the last 250 events of 24 hours.
import { may, session, useLive, useMemo } from '../shell.js';
import { counted } from './listens.js';

/** One catalogue for all: a key of one workspace reads it. */
export const mayDescribe = () => may('catalogue') && session.value?.workspace_id === null;

const MOST = 250;
const HOUR_MS = 3_600_000;
/** From the full minute, so that the same question is asked again. */
export const dayAgo = () => new Date(Math.floor(Date.now() / 60_000) * 60_000 - 24 * HOUR_MS).toISOString();

/** @param {string} ws @returns {{endpoints: any[]|null, rules: any[]|null, more: boolean, failed: boolean}} null: not known */
export function useListeners(ws) {
  const endpoints = useLive(may('webhooks:ro') ? '/v1/webhook-endpoints' : null, { workspace_id: ws, limit: MOST });
  const rules = useLive(may('rules:ro') ? '/v1/rules' : null, { workspace_id: ws, limit: MOST });
  return { endpoints: endpoints.data?.data ?? null, rules: rules.data?.data ?? null, more: Boolean(endpoints.data?.next || rules.data?.next), failed: Boolean(endpoints.error || rules.error) };
}

/** @param {string} ws @param {string} [type] of one type only @returns {{counts: Map<string, number>, all: boolean, looked: number, ready: boolean, last: string|null}} */
export function useSeen(ws, type) {
  const since = useMemo(dayAgo, []);
  const live = useLive(may('events:ro') ? '/v1/events' : null, { workspace_id: ws, since, limit: MOST, event_type: type });
  return useMemo(() => ({ counts: counted(live.data?.data ?? []), all: Boolean(live.data) && !live.data.next, looked: live.data?.data.length ?? 0, ready: Boolean(live.data), last: live.data?.data[0]?.created_at ?? null }), [live.data]);
}
