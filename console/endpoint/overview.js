// How does one endpoint do, and what does it get?
// What is wrong now and whose turn it is, the last 24 hours, the settings as sentences, the last deliveries.
import { Bars, Copy, Facts, Icon, Id, Loaded, Loading, May, Notice, Section, Time, duration, fill, html, link, may, messages, number, percent, relative, span, statusWord, useLive } from '../shell.js';
import { words } from '../messages/en/endpoint.js';
import { words as form } from '../messages/en/endpoint_form.js';
import { whyFailed } from './exchange.js';
import { DeliveryTable, pageOfArray } from './list.js';
import { towardsOff } from './state.js';
import { PRESETS } from './values.js';
import { replayMissed, setWasOff, wasOff } from './was_off.js';

const LAST = 6;

/** @param {{endpoint: any, figures: import('../live.js').Live}} props `figures`: of the last 24 hours */
export default function Overview({ endpoint, figures }) {
  const path = `/v1/webhook-endpoints/${endpoint.id}`;
  const allowed = may('deliveries:ro');
  const last = useLive(allowed ? `${path}/deliveries` : null, { limit: LAST }, { every: 5000, read: pageOfArray });
  const bad = isBad(endpoint);
  // The oldest parked delivery is the one that probes: its last answer is the endpoint's.
  const probed = useLive(bad && allowed ? '/v1/undelivered' : null, { workspace_id: endpoint.workspace_id, endpoint_id: endpoint.id, status: 'parked', limit: 1 }, { every: 30_000 });
  const workspace = useLive(bad && may('workspaces:ro') ? `/v1/workspaces/${endpoint.workspace_id}` : null);
  // Drawn at once when all is there: each part would push down what is below it.
  if ([figures, last, probed, workspace].some((live) => live.loading)) return html`<${Loading} rows=${8} />`;
  return html`
    <${Trouble} endpoint=${endpoint} bad=${bad} oldest=${probed.data?.data[0]} last=${last.data?.data ?? []} days=${workspace.data?.retention_days} />
    <${May} scope="deliveries:ro"><${Section} title=${words.day} note=${words.approximate}><${Loaded} of=${figures}>${(/** @type {any} */ data) => html`<${Day} data=${data} endpoint=${endpoint} />`}<//><//><//>
    <div class="two-parts">
      <${Section} title=${words.settings}><${Facts} class="lines" of=${factsOf(endpoint)} /><//>
      <${May} scope="deliveries:ro"><${Section} title=${words.last} actions=${html`<a href=${link('deliveries', '', { endpoint_id: endpoint.id, status: 'skipped', event_type: endpoint.events.join(',') })}>${words.notGot}</a><a href="?tab=deliveries">${words.all}</a>`}>
        <${Loaded} of=${last} rows=${LAST}>${(/** @type {any} */ page) => (page.data.length ? html`<${DeliveryTable} brief rows=${page.data} label=${words.last} />` : html`<p class="muted">${words.noDeliveries}. ${words.noDeliveriesHint}</p>`)}<//><//><//>
    </div>`;
}

/** @param {any} endpoint */
const isBad = ({ active, health, disabled_reason: reason }) => (active ? health?.failures > 0 : reason !== 'manual');

/** Why it failed last, whose turn it is, and what helps; the head of the page says since when. @param {{endpoint: any, bad: boolean, oldest: any, last: any[], days?: number}} props `oldest`: of those parked; `days`: how long they are kept */
function Trouble({ endpoint, bad, oldest, last, days }) {
  const { active, health, disabled_reason: reason } = endpoint;
  const off = wasOff.value[endpoint.id];
  if (active && !bad) return off ? html`<${WasOff} endpoint=${endpoint} period=${off} />` : null;
  // Off by hand: whatever failed before is not why. A test says nothing of the endpoint's health.
  const failed = bad && [oldest, ...last].find((d) => d?.last_error && d.trigger !== 'test');
  const saidOff = may('webhooks') && may('deliveries') ? words.turns : words.turnsOfOthers;
  const turn = active ? (health.circuit === 'open' ? words.turns.open : words.turns.retrying) : saidOff[reason] ?? saidOff.manual;
  // One failure of many allowed ones is no reason to warn.
  const near = active && health.failures * 2 >= endpoint.disable.consecutive_failures && towardsOff(endpoint, Date.now());
  const kept = oldest && days ? words.kept(days, relative(Date.parse(oldest.created_at) + days * 86_400_000)) : '';
  return html`<${Notice} tone=${bad ? 'bad' : 'info'} icon=${active ? 'warn' : 'pause'}
    actions=${!active && reason !== 'failing' ? html`<${May} scope="deliveries"><a class="button small" href=${replayMissed(endpoint, { since: endpoint.disabled_at })}>${words.replayMissed}</a><//>` : failed && html`<a class="button small" href=${link('deliveries', failed.id)}>${words.openDelivery}</a>`}>
    ${failed && html`<p><strong>${words.lastFailed(whyFailed(failed))}</strong></p>`}<p>${turn}</p>${(near || kept) && html`<p>${near && words.willBeOff(near.more, near.at && relative(near.at))} ${kept}</p>`}<//>`;
}

/** Until it is put away. @param {{endpoint: any, period: {since: string, until: string}}} props */
const WasOff = ({ endpoint, period }) => html`<${Notice} icon="clock" actions=${html`<${May} scope="deliveries"><a class="button small" href=${replayMissed(endpoint, period)}>${words.replayMissed}</a><//><button type="button" class="icon-button" aria-label=${messages.form.close} onClick=${() => setWasOff(endpoint.id)}><${Icon} name="cross" /></button>`}>${words.wasOff(span(Date.parse(period.until) - Date.parse(period.since)))}<//>`;

/** @param {{data: any, endpoint: any}} props */
function Day({ data, endpoint }) {
  const { total, exact } = data;
  // The head of the page is newer than the figures, and must not say another number.
  const { parked, parked_exact: known } = endpoint.health;
  const waiting = Object.entries({ ...exact, ...(known && { parked }) }).filter(([status, n]) => n > 0 && status !== 'delivered' && !(status === 'failed' && n === total.failed));
  return html`<dl class="figures">
      <div><dt>${words.delivered}</dt><dd>${number(total.delivered)}</dd></div><div><dt>${words.failed}</dt><dd class=${total.failed ? 'bad-text' : ''}>${number(total.failed)}</dd></div>
      <div><dt>${words.success}</dt><dd>${percent(total.success_rate)}</dd></div><div><dt>${words.p95}</dt><dd>${duration(total.p95_ms)}</dd></div>
      ${waiting.map(([status, n]) => html`<div key=${status}><dt>${status === 'failed' ? words.notReplayed : `${words.now} ${statusWord(status).toLowerCase()}`}</dt><dd><a href=${link('endpoints', endpoint.id, { tab: 'deliveries', status })}>${number(Number(n))}</a></dd></div>`)}
    </dl><${Bars} data=${fill(data.data)} label=${words.day} none=${parked > 0 ? words.noneButParked(parked, known) : undefined} />`;
}

/** @param {any} e @returns {[string, any][]} */
function factsOf(e) {
  const delays = e.retry.schedule_seconds ?? PRESETS[e.retry.preset] ?? [];
  const { rate_limit: rate } = e;
  const limits = [rate?.per_second && words.perSecond(rate.per_second), rate?.per_minute && words.perMinute(rate.per_minute), e.max_concurrency && words.atOnce(e.max_concurrency)].filter(Boolean);
  return [
    [words.url, e.url.length > 160 ? html`<span class="break few-lines" dir="ltr" title=${e.url}>${e.url}</span><${Copy} text=${e.url} />` : html`<span class="break" dir="ltr">${e.url}</span> <${Copy} text=${e.url} />`],
    [words.gets, e.events.length ? html`<span class="break">${e.events.join(', ')}</span>` : words.everyType],
    [words.channels, e.channels.length > 0 && html`<span class="break">${e.channels.join(', ')}</span>`],
    [words.filter, Boolean(e.filter) && html`<code class="break">${JSON.stringify(e.filter)}</code>`],
    [words.sends, `${words.bodies[e.body] ?? e.body}${e.template ? ` ${words.hasTemplate}` : ''}${e.method === 'POST' ? '' : `, ${e.method}`}, ${words.profiles[e.signature.profile]}`],
    [words.headers, Object.keys(e.headers).length > 0 && html`<span class="mono break">${Object.keys(e.headers).join(', ')}</span>`],
    [words.retries, form.schedule(delays)],
    [words.offAfter, words.offAfterWords(e.disable.consecutive_failures, e.disable.window_seconds)],
    [words.limits, limits.join(', ') || words.noLimits],
    [words.delay, e.delay_seconds > 0 && words.delayed(e.delay_seconds)],
    [words.id, html`<${Id} whole id=${e.id} />`],
    [words.uid, e.uid ? html`<span class="mono break">${e.uid}</span>` : false],
    [words.created, html`<${Time} whole at=${e.created_at} />`],
    [words.changed, e.updated_at !== e.created_at && html`<${Time} whole at=${e.updated_at} />`],
    [words.history, may('admin:ro') && html`<a href=${link('audit', '', { target: e.id })}>${words.whoChanged}</a>`],
  ];
}
