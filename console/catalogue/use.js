// Who listens to the types of a workspace, and how often was each seen in a day?
// Three requests for all rows: endpoints, rules, and the newest events of 24 hours by type.
import { may, session, useLive, useMemo } from '../shell.js';

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

/** The newest events of 24 hours by type. @param {string} ws @returns {{of: Map<string, {count: number, last_at: string}>, all: boolean, looked: number, ready: boolean}} */
export function useSeen(ws) {
  const since = useMemo(dayAgo, []);
  const { data } = useLive(may('events:ro') ? '/v1/event-types/counts' : null, { workspace_id: ws, since });
  return useMemo(() => ({ of: new Map(data?.data.map((/** @type {any} */ row) => [row.name, row])), all: Boolean(data) && !data.at_least, looked: data?.events ?? 0, ready: Boolean(data) }), [data]);
}
