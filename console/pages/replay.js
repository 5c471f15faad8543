// How far is this replay?
// A bar with the time left while it runs, what it has sent, and a button that stops it.
import { Confirm, EndpointName, Facts, Id, Loaded, May, Opens, Page, Status, Time, duration, exact, html, link, number, post, relative, span, toast, useClock, useEndpoints, useLive } from '../shell.js';
import { words } from '../messages/en/replays.js';
import { leftMs, reached, rest, share } from './replay/progress.js';
import { styles } from './delivery/styles.js';

await styles;

/** @param {{ws: string, id: string}} props */
export default function Replay({ ws, id }) {
  const live = useLive(`/v1/replays/${id}`, {}, { every: 2000 });
  const endpoints = useEndpoints(ws);
  const replay = live.data;
  const cancel = async () => {
    await post(`/v1/replays/${id}/cancel`);
    toast(words.cancelled);
    await live.refresh();
  };
  const s = replay?.settings;
  const repeat = replay && { endpoint_id: replay.endpoint_id, since: s.since, until: s.until, status: s.status, event_types: s.event_types?.join(','), include_delivered: s.include_delivered || undefined };
  const left = replay && rest(replay);
  return html`<${Page} title=${words.replay} crumbs=${[[words.title, link('replays')]]} heading=${replay && html`${words.replay} <span class="muted" aria-hidden="true">→</span> <${EndpointName} plain id=${replay.endpoint_id} of=${endpoints} />`}
    actions=${replay && html`<${May} scope="deliveries">${replay.status === 'running' ? html`<${Opens} class="button danger-text" label=${words.cancel}>${(/** @type {() => void} */ close) => html`<${Confirm} danger title=${words.cancelTitle} confirm=${words.cancelConfirm} close=${close} run=${cancel}><p>${words.cancelWords}</p><//>`}<//>` : html`<a class="button" href=${link('replays', 'new', repeat)}>${words.repeat}</a>${left && html`<a class="button primary" href=${link('replays', 'new', { ...repeat, ...left })}>${words.rest}</a>`}`}<//>`}>
    <${Loaded} of=${live} rows=${5}>${(/** @type {any} */ r) => html`
      <${Bar} replay=${r} />
      <${Facts} of=${facts(r, endpoints)} />
      <p><a href=${link('deliveries', '', { endpoint_id: r.endpoint_id, since: r.settings.since, until: r.settings.until ?? r.created_at })}>${words.deliveriesOf}</a></p>`}<//>
  <//>`;
}

/** @param {{replay: any}} props */
function Bar({ replay }) {
  const now = useClock(replay.status === 'running' ? 1000 : 60_000);
  const done = share(replay);
  const took = span(Date.parse(replay.updated_at) - Date.parse(replay.created_at));
  const left = leftMs(replay, now);
  const at = reached(replay);
  const said = replay.status === 'running' ? `${words.state.running(words.phase[replay.progress.phase] ?? '', at ? relative(at) : '')} ${left === null ? words.state.leftUnknown : words.state.left(left)}`
    : replay.status === 'completed' ? words.state.completed(replay.sent, Date.parse(replay.updated_at) - Date.parse(replay.created_at) < 1000 ? duration(Date.parse(replay.updated_at) - Date.parse(replay.created_at)) : took) : words.state.cancelled(replay.sent);
  return html`<div class=${`verdict replay ${replay.status}`}><${Status} of=${replay.status} word=${replay.status === 'cancelled' ? words.stopped : undefined}>${replay.status === 'running' && replay.total && words.percent(done)}<//><p>${said}</p>
    ${replay.status === 'running' && replay.total && html`<progress value=${done} max="1" aria-label=${words.progress}></progress>`}</div>`;
}

/** @param {any} r @param {Map<string, any>} endpoints @returns {[string, any][]} */
const facts = (r, endpoints) => [
  [words.facts.sent, html`<strong>${number(r.sent)}</strong>${r.total !== null && r.status !== 'completed' && html` <span class="muted">${words.ofTotal(r.total)}</span>`}`],
  [words.facts.examined, number(r.examined)],
  [words.facts.endpoint, html`<${EndpointName} id=${r.endpoint_id} of=${endpoints} />`],
  [words.facts.what, `${words.selections[r.settings.status]}${r.settings.include_delivered ? `, ${words.delivered}` : ''}`],
  [words.facts.types, words.types(r.settings.event_types ?? [])],
  [words.facts.period, html`<${Time} at=${r.settings.since} /> – <${Time} at=${r.settings.until ?? r.created_at} /><span class="exact">${exact(r.settings.since)} – ${exact(r.settings.until ?? r.created_at)}</span>`],
  [words.facts.started, html`<${Time} whole at=${r.created_at} />`],
  [words.facts.ended, r.status !== 'running' ? html`<${Time} whole at=${r.updated_at} />` : false],
  [words.facts.id, html`<${Id} id=${r.id} />`],
];
