// Why did an endpoint get an event, or why not?
// Each rule of the endpoint with its verdict; of the filter each condition, green or red, with the value found.
import { Dialog, Failed, Icon, Loading, May, Notice, endpointName, html, link, may, messages, useLive } from '../../shell.js';
import { words } from '../../messages/en/events.js';
import { holds, shownValue, tree } from './conditions.js';

/** @param {{ws: string, event: any, endpointId: string, endpoints: Map<string, any>, close: () => void, replay: () => void}} props */
export function WhyNot({ ws, event, endpointId, endpoints, close, replay }) {
  const live = useLive(`/v1/events/${event.id}/explain`, { workspace_id: ws, endpoint_id: endpointId });
  const known = endpoints.get(endpointId);
  const endpoint = useLive(may('webhooks:ro') && !known ? `/v1/webhook-endpoints/${endpointId}` : null, { workspace_id: ws });
  const about = known ?? endpoint.data;
  const name = about ? endpointName(about) : endpointId;
  const e = live.data;
  const got = Boolean(e?.delivery);
  const failing = Boolean(about) && !about.active && about.disabled_reason === 'failing';
  // Room for parked deliveries is a question only for an endpoint that is off for failing.
  const verdicts = (e?.rules ?? []).filter((/** @type {any} */ v) => v.rule !== 'parked' || !v.passed || failing);
  return html`<${Dialog} wide title=${words.whyTitle(name, got)} close=${close}>
    ${live.error ? html`<${Failed} problem=${live.error} retry=${live.refresh} compact />` : !e ? html`<${Loading} rows=${5} />` : html`
      <p>${e.recorded === null || e.recorded === undefined ? words.recorded.none : e.recorded.status === 'delivery' ? words.recorded.delivery : words.recorded.skipped(words.skip[e.recorded.reason] ?? e.recorded.reason, Boolean(about?.rule_id))}</p>
      ${e.changed_since && html`<${Notice} tone="warn">${words.changed}<//>`}
      ${e.forwarded_by.length > 0 && html`<${Notice}>${words.forwarded} ${e.forwarded_by.map((/** @type {any} */ f) => html`<a key=${f.rule_id + f.step} href=${link('rules', f.rule_id)}>${words.openRule}</a> `)}<//>`}
      ${e.rules.length === 0 ? html`<p class="muted">${event.type === 'posthorn.test' || e.passes === null && about ? words.test : words.deleted}</p>` : html`<ul class="verdicts">${verdicts.map((/** @type {any} */ verdict) => html`<${Verdict} key=${verdict.rule} verdict=${verdict} e=${e} filter=${about?.filter} failing=${failing} />`)}</ul>`}
      ${e.passes !== null && !got && (e.passes || e.changed_since) && html`<p class="muted">${e.passes ? words.passesNow : words.passesNot}</p>`}
      <div class="row end">
        <button class="button" autofocus onClick=${close}>${messages.form.close}</button>
        ${about && html`<a class="button" href=${about.rule_id ? link('rules', about.rule_id) : link('endpoints', endpointId, { tab: 'settings' })}>${about.rule_id ? words.openRule : words.openEndpoint}</a>`}
        ${got ? html`<a class="button" href=${link('deliveries', e.delivery.id)}>${words.openDelivery}</a>`
    : about?.active && !event.erased_at && html`<${May} scope="deliveries"><button class="button primary" onClick=${replay}>${words.sendNow}</button><//>`}
      </div>`}
  <//>`;
}

/** @param {{verdict: any, e: any, filter: any, failing: boolean}} props */
function Verdict({ verdict, e, filter, failing }) {
  const say = words.rules[verdict.rule === 'active' && failing ? 'failing' : verdict.rule];
  const [yes, no] = say ?? [() => verdict.rule, () => verdict.rule];
  return html`<li class=${verdict.passed ? 'good' : 'bad'}><${Icon} name=${verdict.passed ? 'check' : 'cross'} label=${verdict.passed ? words.yes : words.no} />
    <div class="what"><p>${verdict.passed ? yes(verdict, e) : no(verdict, e)}</p>
    ${verdict.rule === 'filter' && verdict.conditions.length > 0 && (filter ? html`<div class="conditions"><${Row} row=${tree(filter, verdict.conditions)} /></div>` : html`<p class="muted">${words.noFilterRight}</p>`)}</div></li>`;
}

/** @param {{row: import('./conditions.js').Row}} props @returns {any} */
function Row({ row }) {
  const held = holds(row);
  const mark = held === null ? html`<${Icon} name="dash" />` : html`<${Icon} name=${held ? 'check' : 'cross'} label=${held ? words.yes : words.no} />`;
  const tone = held === null ? '' : held ? 'good' : 'bad';
  if (row.kind === 'group') return html`<div class="condition-group"><p class=${`condition ${tone}`}>${mark}<span>${words.match[row.match]}</span></p><div>${row.rows.map((inner, n) => html`<${Row} key=${n} row=${inner} />`)}</div></div>`;
  const finding = row.finding && html`<span class="finding">${found(row.finding)}</span>`;
  if (row.kind === 'element') return html`<div class="condition-group"><p class=${`condition ${tone}`}>${mark}<span><code>${row.path}</code> ${words.element}</span>${finding}</p><div>${row.inner.map((inner, n) => html`<${Row} key=${n} row=${inner} />`)}</div></div>`;
  const exists = row.operator === '$exists';
  return html`<p class=${`condition ${tone}`}>${mark}<span><code>${row.path}</code> ${exists ? (row.value ? words.present : words.missing) : words.operators[row.operator] ?? row.operator} ${!exists && html`<code>${shownValue(row.value)}</code>`} ${row.exactCase && words.exactCase}</span>${finding}</p>`;
}

/** @param {import('./conditions.js').Finding} finding */
function found({ found: values, reason }) {
  const why = reason ? words.reasons[reason] ?? reason : '';
  if (values.length === 0) return why;
  return html`${words.foundWord} <code>${values.map(shownValue).join(', ')}</code>${why && `, ${why}`}`;
}
