// What became of one delivery, whose turn is it, and what can one do?
// A sentence, the facts, the timeline with request and answer of each attempt, and the payload; updates itself.
import {
  Copy, EndpointName, Facts, Id, Loaded, May, Page, Section, Status, Time, endpointName, html, link, may, navigate, route, textOf, toast,
  useClock, useEffect, useKeys, useLive, useMemo, useState, Problem,
} from '../shell.js';
import { words } from '../messages/en/deliveries.js';
import { SendAgain } from './delivery/again.js';
import { Body } from './delivery/body.js';
import { Missing } from './delivery/missing.js';
import { madeBy } from './event/derived.js';
import { sendAgain } from './delivery/selection.js';
import { copyCurl, curlOf } from './delivery/state.js';
import { maybeSignature, sentence, took, tookMs } from './delivery/story.js';
import { Timeline } from './delivery/timeline.js';
import { styles } from './delivery/styles.js';

await styles;

/** After what was awaited, an answer is asked for so soon. */
const SOON_MS = 800;

/** @param {{ws: string, id: string}} props */
export default function Delivery({ ws, id }) {
  const live = useLive(`/v1/deliveries/${id}`, { workspace_id: ws }, { every: 5000 });
  const delivery = live.data;
  const endpoint = useLive(delivery && may('webhooks:ro') ? `/v1/webhook-endpoints/${delivery.endpoint_id}` : null, { workspace_id: ws }, { every: delivery?.status === 'parked' ? 15_000 : 0 });
  const endpoints = useMemo(() => new Map(endpoint.data ? [[endpoint.data.id, endpoint.data]] : []), [endpoint.data]);
  const read = useLive(delivery && may('events:ro') ? `/v1/events/${delivery.event_id}` : null, { workspace_id: ws }, { read: textOf });
  const event = useMemo(() => (read.data ? JSON.parse(read.data) : null), [read.data]);
  useAwaited(delivery, live.refresh);
  const name = endpoint.data ? endpointName(endpoint.data) : '';
  return html`<${Page} title=${delivery ? `${delivery.event_type}${name && ` → ${name}`}` : words.delivery} crumbs=${[[words.title, link('deliveries')]]}
    heading=${delivery && html`<bdi>${delivery.event_type}</bdi>${name && html` <span class="muted" aria-hidden="true">→</span> <bdi>${name}</bdi>`}`}
    actions=${delivery && html`<${Actions} delivery=${delivery} erased=${Boolean(event?.erased_at)} endpoints=${endpoints} refresh=${live.refresh} />`}>
    ${live.error?.status === 404 ? html`<${Missing} ws=${ws} id=${id} />` : html`<${Loaded} of=${live} rows=${8}>${(/** @type {any} */ d) => html`
      <${Story} delivery=${d} endpoint=${endpoint.data} endpoints=${endpoints} />
      <${May} scope="events:ro"><${Body} delivery=${d} live=${read} /><//>`}<//>`}
  <//>`;
}

/** Asks again right after the next attempt is due, and quickly while one is under way. @param {any} delivery @param {() => Promise<void>} refresh */
function useAwaited(delivery, refresh) {
  const due = delivery?.next_attempt_at ?? null;
  const status = delivery?.status;
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    if (!['pending', 'retrying'].includes(status)) return;
    const wait = due ? Date.parse(due) - Date.now() + SOON_MS : SOON_MS * 1.5 ** Math.min(turn, 8);
    if (wait > 600_000) return;
    const timer = setTimeout(async () => { await refresh(); setTurn(turn + 1); }, Math.max(wait, SOON_MS * 1.5 ** Math.min(turn, 8)));
    return () => clearTimeout(timer);
  }, [status, due, turn]);
  useEffect(() => setTurn(0), [status, due]);
}

/** One clock for the sentence and the timeline. @param {{delivery: any, endpoint: any, endpoints: Map<string, any>}} props */
function Story({ delivery, endpoint, endpoints }) {
  // A sending of one delivery or event has an id, too, but no page: so the replay is looked for among those that have one.
  const replays = useLive(delivery.replay_id ? '/v1/replays' : null, { workspace_id: route.value.ws, limit: 100 }, { every: 0 });
  const replay = replays.data?.data.find((/** @type {any} */ r) => r.id === delivery.replay_id);
  const now = useClock(['delivered', 'failed', 'cancelled'].includes(delivery.status) ? 60_000 : 1000);
  return html`<${Verdict} delivery=${delivery} endpoint=${endpoint} now=${now} /><${Facts} of=${facts(delivery, endpoints, replay)} />
    <${Section} title=${words.timeline}><${Timeline} delivery=${delivery} now=${now} /><//>`;
}

/** @param {{delivery: any, endpoint: any, now: number}} props */
function Verdict({ delivery, endpoint, now }) {
  const signed = endpoint?.signature?.profile !== 'none';
  const said = sentence(delivery, { now, who: words.who[route.value.app], nextProbe: endpoint?.health?.next_probe_at, canSend: may('deliveries'), canChange: may('webhooks'), signed });
  return html`<div class=${`verdict ${delivery.status}`}><${Status} of=${delivery.status} /><p>${said}</p>
    ${signed && maybeSignature(delivery.attempt_log.at(-1)) && delivery.status !== 'delivered' && may('webhooks:ro') && html`<a href=${link('developers', '', { tab: 'doctor', delivery: delivery.id, endpoint: delivery.endpoint_id })}>${words.doctor}</a>`}
  </div>`;
}

/** @param {any} d @param {Map<string, any>} endpoints @param {any} replay @param {{id: string, type: string}|null|false} [made] @returns {[string, any][]} */
const facts = (d, endpoints, replay, made = may('events:ro') && madeBy(d)) => [
  [words.facts.endpoint, html`<${EndpointName} id=${d.endpoint_id} of=${endpoints} />`],
  [words.facts.event, html`<${Id} id=${d.event_id} href=${may('events:ro') ? link('events', d.event_id) : undefined} />`],
  [words.facts.accepted, html`<${Time} whole at=${d.created_at} />`],
  [words.facts.took, d.delivered_at ? took(tookMs(d) ?? 0) : false],
  [words.facts.cause, d.trigger !== 'automatic' && html`${words.triggers[d.trigger] ?? d.trigger}${replay && html` <a href=${link('replays', replay.id)}>${words.byReplay}</a>`}`],
  [words.facts.made, made ? html`<a class="break" href=${link('events', made.id)}>${made.type}</a>` : false],
  [words.facts.id, html`<${Id} id=${d.id} />`],
];

/** @param {{delivery: any, erased: boolean, endpoints: Map<string, any>, refresh: () => Promise<void>}} props `erased`: there is nothing left to send */
function Actions({ delivery, erased, endpoints, refresh }) {
  const [asks, setAsks] = useState(false);
  const [busy, setBusy] = useState(false);
  const open = ['failed', 'cancelled', 'parked', 'retrying'].includes(delivery.status);
  const again = async () => {
    if (!open) { setAsks(true); return; }
    setBusy(true);
    try {
      await sendAgain(delivery, false);
      toast(words.againDone(1));
      await refresh();
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      toast(problem.message, { kind: 'failed' });
    } finally { setBusy(false); }
  };
  const canSend = may('deliveries') && !erased;
  const canCurl = canSend && may('events:ro');
  useKeys({
    ...(canSend ? { r: [words.replay, again] } : {}), ...(canCurl ? { c: [words.curl, () => { copyCurl(delivery); }] } : {}),
    ...(may('events:ro') ? { e: [words.openEvent, () => navigate(link('events', delivery.event_id))] } : {}),
  });
  return html`
    ${may('events:ro') && html`<a class="button" href=${link('events', delivery.event_id)}>${words.openEvent}</a>`}
    ${canCurl && html`<${Copy} text=${() => curlOf(delivery)} words=${words.curl} />`}
    ${canSend && html`<button class=${`button ${open ? 'primary' : ''}`} disabled=${busy || delivery.status === 'pending'} onClick=${again}>${words.replay}</button>`}
    ${asks && html`<${SendAgain} rows=${[delivery]} endpoints=${endpoints} close=${() => setAsks(false)} done=${refresh} />`}`;
}
