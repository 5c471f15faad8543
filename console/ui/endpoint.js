// How is an endpoint named, and what does one say about its health?
// One sentence with the time and the next step; names by id for lists that show only ids.
import { html, useEffect, useMemo, useState } from '../vendor/preact-htm-signals.js';
import { get, may } from '../api.js';
import { shortId, shortUrl, span } from '../format.js';
import { useClock, useLive } from '../live.js';
import { messages } from '../messages/en.js';
import { link } from '../router.js';
import { Status } from './status.js';

/** @param {any} endpoint an endpoint, or the step of a rule */
export const endpointName = (endpoint) => (endpoint.rule_id ? messages.endpoint.rule(endpoint.description, endpoint.rule_step ?? '') : endpoint.description || shortUrl(endpoint.url));

/** @param {any} endpoint @returns {'healthy'|'failing'|'disabled'} */
export function endpointState(endpoint) {
  if (!endpoint.active) return 'disabled';
  return (endpoint.health?.failures ?? 0) > 0 ? 'failing' : 'healthy';
}

/** "answered 500"; empty where it is not known. @param {any} health */
export const lastAnswer = (health) => messages.endpoint.did[health?.last_error]?.(`${health.response_status ?? ''}`) ?? '';

/**
 * "for 12 min · answered 500 · 7 failures in a row · next probe in 40 s"; empty for one that is well.
 * @param {any} endpoint @param {number} now
 */
export function healthWords(endpoint, now) {
  const words = messages.endpoint;
  const { health } = endpoint;
  const parked = health?.parked > 0 && words.parked(health.parked, health.parked_exact !== false);
  if (!endpoint.active) return [words.off[endpoint.disabled_reason] ?? '', endpoint.disabled_at && words.since(span(now - Date.parse(endpoint.disabled_at))), parked].filter(Boolean).join(' · ');
  if (!health?.failures) return '';
  return [
    health.failing_since && words.failingFor(span(now - Date.parse(health.failing_since))),
    lastAnswer(health), words.failures(health.failures), parked,
    health.next_probe_at && words.probe(Math.max(0, Date.parse(health.next_probe_at) - now)),
  ].filter(Boolean).join(' · ');
}

/** @param {{endpoint: any, brief?: boolean}} props `brief`: only the word */
export function EndpointStatus({ endpoint, brief }) {
  const state = endpointState(endpoint);
  const now = useClock(state === 'healthy' ? 60_000 : 1000);
  return html`<${Status} of=${state}>${!brief && healthWords(endpoint, now)}<//>`;
}

const LIST = '/v1/webhook-endpoints';
/** Of 250 endpoints each; what is beyond is shown by its id. */
const MOST_PAGES = 8;
/** The pages after the first, for a minute: every page of the console asks for the names. @type {Map<string, Promise<any[]>>} */
const restOf = new Map();

/** @param {Record<string, any>} query @param {string} next */
async function readRest(query, next) {
  const rows = [];
  for (let n = 1, cursor = next; cursor && n < MOST_PAGES; n += 1) {
    const page = await get(LIST, { ...query, cursor });
    rows.push(...page.data);
    cursor = page.next;
  }
  return rows;
}

/** The endpoints of a workspace by id, for names in lists; steps of rules too, after the endpoints. @param {string|null} ws null: none @returns {Map<string, any>} */
export function useEndpoints(ws) {
  const query = { workspace_id: ws, limit: 250, include_rules: may('rules:ro') || undefined };
  const first = useLive(ws !== null && may('webhooks:ro') ? LIST : null, query);
  const next = first.data?.next;
  const [rest, setRest] = useState(/** @type {{of: string|null, rows: any[]}} */ ({ of: null, rows: [] }));
  useEffect(() => {
    if (!next) return;
    const key = `${ws} ${next} ${Math.floor(Date.now() / 60_000)}`;
    const asked = restOf.get(key) ?? readRest(query, next);
    restOf.clear();
    restOf.set(key, asked);
    let over = false;
    // Without them ids are shown, as of those that are beyond.
    asked.then((rows) => { if (!over) setRest({ of: ws, rows }); }, () => restOf.delete(key));
    return () => { over = true; };
  }, [ws, next]);
  return useMemo(() => new Map([...first.data?.data ?? [], ...(rest.of === ws ? rest.rows : [])].sort((a, b) => Number(Boolean(a.rule_id)) - Number(Boolean(b.rule_id))).map((e) => [e.id, e])), [first.data, rest]);
}

/** An endpoint's name as a link; its id as long as the name is unknown. @param {{id: string, of: Map<string, any>, plain?: boolean}} props `plain`: inside of a row that is a link */
export function EndpointName({ id, of, plain }) {
  const known = of.get(id);
  const name = known ? html`<bdi class="cut" title=${known.url}>${endpointName(known)}</bdi>` : html`<span class="mono muted" title=${id}>${shortId(id)}</span>`;
  return plain || !may('webhooks:ro') ? name : html`<a class="cut" href=${known?.rule_id ? link('rules', known.rule_id) : link('endpoints', id)}>${name}</a>`;
}
