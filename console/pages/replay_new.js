// What would a replay send, and shall it?
// The settings, then always a dry run of just these settings: count, duration, the first ten; only then the button that sends.
import {
  AreaField, CheckField, Failed, Field, Forbidden, FormEnd, Loading, Notice, Outcome, Page, Problem, Section, Segments, SelectField, State, Status, Table, TextField, Time, endpointName, html, link, may, navigate, number, patch, post, route, toast, useEndpoints, useForm, useLive, useMemo, useState, zone,
} from '../shell.js';
import { words } from '../messages/en/replays.js';
import { lastsMs } from './replay/progress.js';
import { bodyOf, fromQuery, toLocal } from './replay/settings.js';
import { styles } from './delivery/styles.js';

await styles;

/** In hours. */
const PERIODS = /** @type {[string, string][]} */ ([['1', '1 h'], ['24', '24 h'], ['168', '7 days'], ['720', '30 days']]);

/** @param {{ws: string}} props */
export default function ReplayNew({ ws }) {
  if (may('deliveries')) return html`<${New} ws=${ws} />`;
  return html`<${Page} title=${words.newTitle} crumbs=${[[words.title, link('replays')]]}><${Forbidden} scope="deliveries" /><//>`;
}

/** @param {{ws: string}} props */
function New({ ws }) {
  const endpoints = useEndpoints(ws);
  const initial = useMemo(() => fromQuery(route.value.query, Date.now()), []);
  const [counted, setCounted] = useState(/** @type {{of: string, plan: any, body: any}|null} */ (null));
  const form = useForm(initial, async (value) => {
    const body = bodyOf(value);
    if (!value.endpoint_id) throw new Problem(422, { title: words.needEndpoint, errors: [{ pointer: '/endpoint_id', detail: words.needEndpoint }] }, null);
    if (!body.since) throw new Problem(422, { title: words.needSince, errors: [{ pointer: '/since', detail: words.needSince }] }, null);
    const plan = await post(`/v1/webhook-endpoints/${value.endpoint_id}/replay`, { ...body, dry_run: true });
    setCounted({ of: JSON.stringify(value), plan, body });
  }, { draft: `replay.${ws}.${route.value.query}` });
  const endpoint = endpoints.get(form.value.endpoint_id);
  const [switched, setSwitched] = useState('');
  const isOff = (/** @type {any} */ e) => !e.active && e.id !== switched;
  const off = Boolean(endpoint) && isOff(endpoint);
  const switchOn = () => patch(`/v1/webhook-endpoints/${endpoint.id}`, { active: true }).then(() => setSwitched(endpoint.id));
  const onlySwitchOn = () => switchOn().then(() => toast(words.switchedOn), (problem) => toast(problem.message, { kind: 'failed' }));
  const options = /** @type {[string, string][]} */ ([['', words.choose], ...[...endpoints.values()].map((e) => [e.id, `${endpointName(e)}${isOff(e) ? words.off : ''}`])]);
  if (form.value.endpoint_id && !endpoints.has(form.value.endpoint_id)) options.push([form.value.endpoint_id, form.value.endpoint_id]);
  // The preset that gave the period, as long as nobody types another.
  const [preset, setPreset] = useState({ hours: '24', since: route.value.query.get('since') ? '' : initial.since });
  const last = (/** @type {string} */ hours) => {
    const since = toLocal(new Date(Date.now() - Number(hours) * 3_600_000).toISOString());
    setPreset({ hours, since });
    form.set({ since, until: '' });
  };
  const chosen = form.value.since === preset.since && form.value.until === '' ? preset.hours : '';
  const stale = counted !== null && counted.of !== JSON.stringify(form.value);
  return html`<${Page} title=${words.newTitle} note=${words.newNote} crumbs=${[[words.title, link('replays')]]}>
    <div class="columns replay-new">
      <form onSubmit=${form.submit} aria-label=${words.newTitle}>
        <${SelectField} form=${form} name="endpoint_id" label=${words.endpoint} options=${options} />
        ${off && html`<div class="field"><${Notice} tone="warn" actions=${may('webhooks') ? html`<button type="button" class="button small" onClick=${onlySwitchOn}>${words.switchOn}</button>` : html`<a class="button small" href=${link('endpoints', endpoint.id)}>${words.openEndpoint}</a>`}>${words.offWarn}<//></div>`}
        <div class="field"><div class="label" aria-hidden="true"><span>${words.presets}</span></div><${Segments} label=${words.presets} value=${chosen} options=${PERIODS} change=${last} /></div>
        <div class="columns pair"><${TextField} form=${form} name="since" label=${words.since} hint=${words.sinceHint(zone())} type="datetime-local" step="1" /><${TextField} form=${form} name="until" label=${words.until} hint=${words.untilHint} type="datetime-local" step="1" /></div>
        <${Field} label=${words.selection} error=${form.error('/status')}>${(/** @type {any} */ a) => html`<div class="radios" role="radiogroup" aria-label=${words.selection}>${Object.entries(words.selections).map(([value, word], n) => html`<label key=${value}><input type="radio" name="status" ...${n === 0 ? { id: a.id } : {}} checked=${form.value.status === value} onChange=${() => form.set({ status: value })} /><span><span>${word}</span><span class="hint">${words.selectionHints[value]}</span></span></label>`)}</div>`}<//>
        <${AreaField} form=${form} name="event_types" label=${words.typesLabel} hint=${words.typesHint} optional rows="1" pointer="/event_types/*" />
        ${['failed', 'all'].includes(form.value.status) && html`<${CheckField} form=${form} name="include_delivered" label=${words.include} hint=${words.includeHint} />`}
        <${FormEnd} form=${form} save=${counted ? words.again : words.preview} working=${words.counting} quiet=${counted !== null && !stale} shown=${['/endpoint_id', '/since', '/until', '/status', '/include_delivered']} />
      </form>
      <${Plan} counted=${counted} stale=${stale} saving=${form.saving} endpoint=${endpoint} endpointId=${form.value.endpoint_id} off=${off} switchOn=${switchOn} forget=${form.reset} />
    </div>
  <//>`;
}

/** Nothing is to be sent, perhaps because what was missed waits by itself. @param {{endpointId: string}} props */
function Nothing({ endpointId }) {
  const { exact } = useLive(`/v1/webhook-endpoints/${endpointId}/statistics`, {}).data ?? {};
  const waiting = ['parked', 'retrying'].filter((status) => exact?.[status] > 0);
  return html`<${State} title=${words.nothing} actions=${waiting.length > 0 && waiting.map((status) => html`<a key=${status} class="button" href=${link('endpoints', endpointId, { tab: 'deliveries', status })}>${words.seeWaiting[status](exact[status])}</a>`)}>
    ${waiting.length > 0 ? waiting.map((status) => `${words.waiting[status](exact[status])} `) : words.nothingHint}<//>`;
}

/** What the dry run says. @param {{counted: {plan: any, body: any}|null, stale: boolean, saving: boolean, endpoint: any, endpointId: string, off: boolean, switchOn: () => Promise<void>, forget: () => void}} props `off`: nothing is sent before it is on */
function Plan({ counted, stale, saving, endpoint, endpointId, off, switchOn, forget }) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState(/** @type {Problem|null} */ (null));
  const replays = useLive(counted ? '/v1/replays' : null, { workspace_id: route.value.ws, limit: 20 }, { every: 5000 });
  if (saving && !counted) return html`<${Section} title=${words.would}><${Loading} rows=${5} /><//>`;
  if (!counted) return html`<div></div>`;
  const { plan } = counted;
  if (plan.count === 0 && plan.complete) return html`<${Section} title=${words.would}><${Nothing} endpointId=${endpointId} /><//>`;
  const run = async () => {
    setBusy(true);
    setProblem(null);
    try {
      if (off) await switchOn();
      const replay = await post(`/v1/webhook-endpoints/${endpointId}/replay`, counted.body);
      forget();
      navigate(link('replays', replay.id));
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      setProblem(error);
      setBusy(false);
    }
  };
  const running = replays.data?.data.find((/** @type {any} */ r) => r.status === 'running' && r.endpoint_id === endpointId);
  const none = plan.count === 0;
  const total = none ? words.noneSoFar : `${plan.complete ? '' : words.atLeast}${words.deliveries(plan.count)}`;
  const limit = endpoint?.rate_limit?.per_second;
  const go = none ? words.runRest : words.run(number(plan.count) + (plan.complete ? '' : '+'));
  return html`<section class=${`section plan ${stale ? 'stale' : ''}`} aria-live="polite">
    <div class="section-head"><h2>${words.would}</h2><span class="muted">${words.wouldNote}</span></div>
    <p class="total"><strong>${total}</strong></p>
    <p class="muted">${words.lasts(lastsMs(plan.count, limit), limit && limit < 100 ? words.byLimit(limit) : '')} ${!plan.complete && words.incomplete}</p>
    ${running && html`<${Notice} tone="warn" actions=${html`<a class="button small" href=${link('replays', running.id)}>${words.open}</a>`}>${words.running}<//>`}
    ${stale && html`<${Notice} tone="warn">${words.changed}<//>`}
    ${problem && html`<${Failed} problem=${problem} compact />`}
    <div class="row"><button type="button" class="button primary" disabled=${busy || stale || (off && !may('webhooks'))} onClick=${run}>${off && may('webhooks') ? words.switchOnAnd(go) : go}</button></div>
    ${!none && html`<h3>${words.samples(plan.samples.length)}</h3>
    <${Table} label=${words.samples(plan.samples.length)} rows=${plan.samples} href=${(/** @type {any} */ d) => link('deliveries', d.id)} columns=${[
    { head: words.columns.time, width: '112px', cell: (/** @type {any} */ d) => html`<${Time} at=${d.created_at} />` },
    { head: words.columns.type, main: true, cell: (/** @type {any} */ d) => html`<bdi title=${d.event_type}>${d.event_type}</bdi>` },
    { head: words.columns.status, width: '112px', cell: (/** @type {any} */ d) => (d.status === 'pending' ? html`<${Status} of="skipped" word=${words.selections.skipped} />` : html`<${Status} of=${d.status} />`) },
    { head: words.columns.answer, width: '104px', phone: 'hide', cell: (/** @type {any} */ d) => html`<${Outcome} status=${d.response_status} error=${d.last_error} />` },
  ]} />`}
  </section>`;
}
