// What needs a person now, and how did the last day go?
// A work list with the button beside each line, then the day in bars, then the last failures.
import {
  Bars, Confirm, EndpointName, Icon, Loaded, Loading, May, Notice, Opens, Outcome, Page, Problem, Section, State, Status, Table, Time, count, duration, endpointName, endpointState, fill, healthWords, html, link, may, messages, number,
  percent, post, route, span, toast, useClock, useEffect, useEndpoints, useLive, useMemo, useState, Failed,
} from '../shell.js';
import { switchOn } from '../endpoint/was_off.js';

const words = messages.overview;
/** So many failed deliveries are counted; more are "100+". */
const COUNTED = 100;
const SOON_MS = 48 * 3_600_000;
/** A test that failed is no work: who sent it saw the answer, and no replay sends it again. @param {any[]} failed */
const unexpected = (failed) => failed.filter((d) => d.trigger !== 'test');
/** Of so many endpoints it is counted how many deliveries wait for them. */
const PARKED_OF = 10;
/** So long a failing endpoint is left to its retries. */
const LASTING_MS = 60_000;

/** @param {{ws: string}} props */
export default function Overview({ ws }) {
  const endpoints = useLive(may('webhooks:ro') ? '/v1/webhook-endpoints' : null, { workspace_id: ws, limit: 250 }, { every: 15_000 });
  // Beyond the first 250, those are asked for that may need somebody.
  const more = Boolean(endpoints.data?.next);
  const failing = useLive(more ? '/v1/webhook-endpoints' : null, { workspace_id: ws, limit: 250, state: 'failing' }, { every: 15_000 });
  const off = useLive(more ? '/v1/webhook-endpoints' : null, { workspace_id: ws, limit: 250, state: 'disabled' }, { every: 15_000 });
  const named = useEndpoints(more ? ws : null);
  // One request for both: who has failed deliveries, and the last ten of them.
  const failures = useLive('/v1/deliveries', { workspace_id: ws, status: 'failed', limit: COUNTED }, { every: 15_000 });
  const day = useLive(`/v1/workspaces/${ws}/statistics`, {}, { every: 30_000 });
  const workspace = useLive(may('workspaces:ro') ? `/v1/workspaces/${ws}` : null, {}, { every: 60_000 });
  const byId = useMemo(() => new Map([failing, off, endpoints].flatMap((list) => list.data?.data ?? []).map((/** @type {any} */ e) => [e.id, e])), [endpoints.data, failing.data, off.data]);
  const names = useMemo(() => new Map([...named, ...byId]), [named, byId]);
  const listed = may('webhooks:ro') ? endpoints : failures;
  // What the list of work will be is known when both are there; what is below would move.
  const ready = (listed.data || listed.error) && (failures.data || failures.error) && !failing.loading && !off.loading;
  const failed = unexpected(failures.data?.data ?? []);
  const refresh = () => { for (const list of [endpoints, failing, off, failures]) list.refresh(); };
  if (endpoints.data?.data.length === 0) {
    return html`<${Page} title=${words.title}><${State} title=${words.empty} actions=${html`<${May} scope="webhooks"><a class="button primary" href=${route.value.app === 'portal' ? link('endpoints', 'new') : link('setup')}>${words.start}</a><//>`}>${words.emptyHint} ${may('webhooks') && words.emptyFirst}<//><//>`;
  }
  return html`<${Page} title=${words.title}>
    <${Section} title=${words.needs}><${Loaded} of=${ready ? listed : { ...listed, loading: true }} rows=${3}>${() => html`<${WorkList} endpoints=${[...byId.values()]} failed=${failed} more=${Boolean(failures.data?.next)} byId=${names} workspace=${workspace.data} refresh=${refresh} />`}<//><//>
    ${ready && html`<${Section} title=${words.day} note=${words.approximate} actions=${html`<span class="legend"><span><i></i>${words.delivered}</span><span><i class="bad"></i>${words.failedCount}</span></span>`}>
      <${Loaded} quiet=${listed.stale} of=${day} loading=${html`<${Loading} rows=${1} height=${200} />`}>${(/** @type {any} */ data) => html`<${Day} data=${data} />`}<//>
    <//>
    <${Section} title=${words.failures} actions=${html`<a href=${link('deliveries', '', { status: 'failed' })}>${words.all}</a>`}>
      <${Loaded} quiet=${listed.stale} of=${failures} rows=${5}>${() => (failed.length === 0 ? html`<p class="muted">${words.noFailures}</p>` : html`<${FailureTable} groups=${alike(failed).slice(0, 10)} more=${Boolean(failures.data?.next)} byId=${names} />`)}<//>
    <//>`}
  <//>`;
}

/** @param {{endpoints: any[], failed: any[], more: boolean, byId: Map<string, any>, workspace: any, refresh: () => void}} props */
function WorkList({ endpoints, failed, more, byId, workspace, refresh }) {
  const now = useClock(1000);
  const failedOf = Object.groupBy(failed, (d) => d.endpoint_id);
  // What has lost deliveries comes first, then what is off, then what fails for longest; a failure that the next retry may mend is no work.
  const isLasting = (/** @type {any} */ { health }) => health.circuit === 'open' || now - Date.parse(health.failing_since) > LASTING_MS;
  const rank = (/** @type {any} */ e) => (failedOf[e.id] ? 0 : e.active ? 2 : 1);
  const needy = endpoints.filter((e) => (e.active ? endpointState(e) === 'failing' && (failedOf[e.id] || isLasting(e)) : e.disabled_reason !== 'manual')).sort((a, b) => rank(a) - rank(b) || sinceOf(a) - sinceOf(b));
  const line = (/** @type {any} */ e) => html`<${NeedyLine} key=${e.id} endpoint=${e} counted=${needy.indexOf(e) < PARKED_OF} failed=${failedOf[e.id] ?? []} more=${more} now=${now} refresh=${refresh} />`;
  const others = Object.keys(failedOf).filter((id) => !needy.some((e) => e.id === id));
  const most = workspace?.max_events_per_day ?? null;
  const lines = [
    ...(most !== null && (most === 0 || workspace.events_today >= most) ? [html`<${Line} key="quota" icon="ban" tone="bad" title=${words.usedUp} words=${words.usedUpWords(most)}><a class="button small" href=${link('settings')}>${words.toSettings}</a><//>`] : []),
    ...needy.filter((e) => rank(e) === 0).map(line),
    ...others.map((id) => html`<${Line} key=${id} icon="cross" tone="bad" title=${html`<${EndpointName} id=${id} of=${byId} />`} words=${words.failed(howMany(failedOf[id] ?? [], more))}><${FailedButtons} id=${id} endpoint=${byId.get(id)} failed=${failedOf[id] ?? []} more=${more} refresh=${refresh} /><//>`),
    ...needy.filter((e) => rank(e) > 0).map(line),
    ...endpoints.map((e) => [e, Math.min(...e.old_secrets.map((/** @type {any} */ s) => Date.parse(s.expires_at) - now))]).filter(([, left]) => left > 0 && left < SOON_MS).map(([e, left]) => html`<${Line} key=${`o${e.id}`} icon="clock" tone="quiet" title=${html`<${EndpointName} id=${e.id} of=${byId} />`} words=${words.overlap(span(left))}><a class="button small" href=${link('endpoints', e.id, { tab: 'settings' })}>${words.open}</a><//>`),
  ];
  const brief = endpoints.filter((e) => e.active && endpointState(e) === 'failing').length;
  if (lines.length === 0) return html`<${Notice} tone="good"><strong>${words.nothing}</strong> ${brief > 0 ? words.retried(brief) : words.nothingHint}<//>`;
  return html`<ul class="work-list">${lines}</ul>`;
}

/** @param {any} endpoint */
const sinceOf = ({ health, disabled_at: at }) => Date.parse(at ?? health.failing_since);

/** @param {any[]} failed @param {boolean} more */
const howMany = (failed, more) => `${number(failed.length)}${more ? '+' : ''}`;

/** An endpoint that is failing or was switched off. @param {{endpoint: any, counted: boolean, failed: any[], more: boolean, now: number, refresh: () => void}} props `counted`: whether it is asked how much is parked, which lists do not say */
function NeedyLine({ endpoint, counted, failed, more, now, refresh }) {
  const one = useLive(counted ? `/v1/webhook-endpoints/${endpoint.id}` : null, {}, { every: 60_000 });
  const { parked, parked_exact } = one.data?.health ?? {};
  const known = healthWords({ ...endpoint, health: { ...endpoint.health, parked, parked_exact } }, now);
  const health = endpoint.active ? words.failing(known) : words.disabled(known);
  return html`<${Line} tone="bad" icon=${endpoint.active ? 'warn' : 'pause'} title=${html`<a href=${link('endpoints', endpoint.id)}><bdi>${endpointName(endpoint)}</bdi></a>`} words=${failed.length ? words.also(health, words.failed(howMany(failed, more))) : health}>
    ${endpoint.active ? failed.length > 0 && html`<${ReplayButton} endpoint=${endpoint} failed=${failed} more=${more} refresh=${refresh} />` : html`<${May} scope="webhooks"><${SwitchOn} endpoint=${endpoint} done=${refresh} /><//>`}
    <a class="button small" href=${link('endpoints', endpoint.id)}>${words.open}</a>
  <//>`;
}

/** @param {{id: string, endpoint: any, failed: any[], more: boolean, refresh: () => void}} props */
const FailedButtons = ({ id, endpoint, failed, more, refresh }) => html`${endpoint?.active && html`<${ReplayButton} endpoint=${endpoint} failed=${failed} more=${more} refresh=${refresh} />`}<a class="button small" href=${link('deliveries', '', { status: 'failed', endpoint_id: id })}>${words.open}</a>`;

/** @param {{endpoint: any, failed: any[], more: boolean, refresh: () => void}} props */
const ReplayButton = ({ endpoint, failed, more, refresh }) => html`<${May} scope="deliveries"><${Opens} class="button small" label=${words.replay(howMany(failed, more))}>${(/** @type {() => void} */ close) => html`<${ReplayDialog} endpoint=${endpoint} since=${failed.at(-1)?.created_at} close=${close} done=${refresh} />`}<//><//>`;

/** @param {{icon: string, tone: string, title: any, words: any, children?: any}} props */
const Line = ({ icon, tone, title, words: said, children }) => html`<li class=${tone}><${Icon} name=${icon} /><div class="what"><div class="cut">${title}</div><p>${said}</p></div><div class="row">${children}</div></li>`;

/** @param {{endpoint: any, done: () => void}} props */
function SwitchOn({ endpoint, done }) {
  const [busy, setBusy] = useState(false);
  const go = async () => {
    setBusy(true);
    try {
      await switchOn(endpoint, words.on);
      done();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      toast(error.message, { kind: 'failed' });
    } finally { setBusy(false); }
  };
  return html`<button class="button small" disabled=${busy} onClick=${go}>${words.switchOn}</button>`;
}

/** Counts first, then asks. @param {{endpoint: any, since: string, close: () => void, done: () => void}} props */
function ReplayDialog({ endpoint, since, close, done }) {
  const [plan, setPlan] = useState(/** @type {any} */ (null));
  const path = `/v1/webhook-endpoints/${endpoint.id}/replay`;
  const body = { since, status: 'failed' };
  useEffect(() => { post(path, { ...body, dry_run: true }).then(setPlan, setPlan); }, []);
  const total = plan && !(plan instanceof Problem) && `${plan.complete ? '' : 'At least '}${count(plan.count, 'delivery', 'deliveries')}`;
  const run = async () => { await post(path, body); toast(words.replayed(plan.count)); done(); };
  if (plan instanceof Problem) return html`<${Confirm} title=${words.replayTitle} close=${close} confirm=${messages.form.close} run=${async () => {}}><${Failed} problem=${plan} compact /><//>`;
  return html`<${Confirm} title=${words.replayTitle} close=${close} ready=${Boolean(plan)} confirm=${plan?.count ? words.replayConfirm(plan.count) : plan ? messages.form.close : words.counting} run=${plan?.count ? run : async () => {}}>
    <p aria-live="polite">${!plan ? words.counting : plan.count === 0 ? words.nothingToReplay : words.replayWords(total, endpointName(endpoint))} ${plan?.count > 0 && endpoint.health.circuit === 'open' && words.replayParked}</p>
  <//>`;
}

/** @param {{data: any}} props */
function Day({ data }) {
  const { total } = data;
  return html`<dl class="figures">
    <div><dt>${words.delivered}</dt><dd>${number(total.delivered)}</dd></div><div><dt>${words.failedCount}</dt><dd class=${total.failed ? 'bad-text' : ''}>${number(total.failed)}</dd></div>
    <div><dt>${words.success}</dt><dd>${percent(total.success_rate)}</dd></div><div><dt>${words.p95}</dt><dd>${duration(total.p95_ms)}</dd></div>
  </dl><${Bars} data=${fill(data.data)} label=${words.day} />`;
}

/** Equal failures are one row, so that different ones are seen: the newest of each, with their number. @param {any[]} failed newest first @returns {{last: any, n: number}[]} */
function alike(failed) {
  const groups = new Map();
  for (const d of failed) {
    const key = [d.endpoint_id, d.event_type, d.last_error, d.response_status].join(' ');
    const group = groups.get(key);
    if (group) group.n += 1; else groups.set(key, { last: d, n: 1 });
  }
  return [...groups.values()];
}

/** @param {{groups: {last: any, n: number}[], more: boolean, byId: Map<string, any>}} props `more`: not all were counted */
const FailureTable = ({ groups, more, byId }) => html`<${Table} label=${words.failures} rows=${groups} id=${(/** @type {any} */ g) => g.last.id} href=${(/** @type {any} */ g) => link('deliveries', g.last.id)} columns=${[
  { head: words.status, width: '112px', cell: (/** @type {any} */ g) => html`<${Status} of=${g.last.status} />` },
  { head: words.type, main: true, width: '30%', cell: (/** @type {any} */ g) => g.last.event_type },
  { head: words.endpoint, cell: (/** @type {any} */ g) => html`<${EndpointName} plain id=${g.last.endpoint_id} of=${byId} />` },
  { head: words.answer, width: '136px', cell: (/** @type {any} */ g) => html`<${Outcome} status=${g.last.response_status} error=${g.last.last_error} />` },
  ...(groups.some((g) => g.n > 1) ? [{ head: words.equal, width: '96px', align: /** @type {const} */ ('right'), cell: (/** @type {any} */ g) => (g.n > 1 ? html`<a href=${link('deliveries', '', { status: 'failed', endpoint_id: g.last.endpoint_id, event_type: g.last.event_type, error: g.last.last_error })}>${number(g.n)}${more ? '+' : ''}</a>` : '1') }] : []),
  { head: words.lastTime, width: '136px', align: 'right', cell: (/** @type {any} */ g) => html`<${Time} at=${g.last.created_at} />` },
]} />`;
