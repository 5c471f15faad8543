// When did the rule fire, and why did it not?
// What each step did with each event of the rule's types, and how often, by the reason.
import { ChoiceFilter, Empty, Filters, Fresh, Id, Loaded, NoMatch, Pager, Status, Table, Time, TimeFilter, html, link, number, relative, route, useLive, useLiveList, useTimeRange } from '../shell.js';
import { texts } from '../messages/en/rules.js';

const FILTERS = /** @type {Record<string, string>} */ ({ result: texts.resultWord, period: texts.periodWord, since: texts.periodWord, until: texts.periodWord });

/** @param {{ruleId: string, steps: import('./draft.js').Step[]}} props */
export function Firings({ ruleId, steps }) {
  const query = route.value.query;
  const range = useTimeRange();
  const list = useLiveList(`/v1/rules/${ruleId}/firings`, { result: query.get('result') ?? undefined, ...range, cursor: query.get('cursor') ?? undefined, before: query.get('before') ?? undefined, limit: 50 }, { id: (row) => row.event_id });
  const isFiltered = Object.keys(FILTERS).some((name) => query.get(name));
  const isSeveral = steps.length > 1;
  const columns = [
    { head: texts.columns.time, width: '150px', cell: (/** @type {any} */ row) => html`<${Time} at=${row.accepted_at} />` },
    { head: texts.columns.type, main: true, cell: (/** @type {any} */ row) => html`<bdi class="mono cut">${row.event_type}</bdi>` },
    { head: texts.columns.outcome, width: '280px', cell: (/** @type {any} */ row) => html`<${Outcomes} steps=${row.steps} isSeveral=${isSeveral} all=${steps} />` },
    { head: texts.columns.delivery, width: '190px', cell: (/** @type {any} */ row) => html`<${Deliveries} steps=${row.steps} />` },
  ];
  return html`<div class="r-firings">
    <${Statistics} ruleId=${ruleId} range=${range} steps=${steps} />
    <${Filters} names=${Object.keys(FILTERS)}><${ChoiceFilter} name="result" label=${texts.resultWord} options=${Object.entries(texts.results)} /><${TimeFilter} /><//>
    <${Loaded} of=${list} rows=${10}>${() => html`
      <${Fresh} list=${list} />
      ${list.rows.length === 0 ? (isFiltered ? html`<${NoMatch} what=${texts.firings} filters=${FILTERS} />` : html`<${Empty} title=${texts.noFirings}>${texts.noFiringsHint}<//>`)
    : html`<${Table} label=${texts.firings} columns=${columns} rows=${list.rows} id=${(/** @type {any} */ row) => row.event_id} href=${(/** @type {any} */ row) => link('events', row.event_id)} />`}
      <${Pager} list=${list} />`}<//>
  </div>`;
}

/** Its place among the steps as they are now; its id if it was removed. @param {any[]} steps @param {string} id */
const numberOf = (steps, id) => { const at = steps.findIndex((step) => step.id === id); return at === -1 ? id : at + 1; };

/** What each step did; once if they all did the same. @param {{steps: any[], isSeveral: boolean, all: any[]}} props */
function Outcomes({ steps, isSeveral, all }) {
  const isSame = steps.every((step) => step.result === steps[0].result && step.reason === steps[0].reason);
  const shown = isSame ? steps.slice(0, 1) : steps;
  return html`<span class="r-firing-steps">${shown.map((step) => html`<span key=${step.step}>${isSeveral && !isSame && html`<span class="muted">${texts.stepNumber(numberOf(all, step.step))} </span>`}<${Status} of=${LOOK[step.result]} word=${texts.results[step.result]}>${step.reason && `· ${texts.skips[step.reason]}`}<//></span>`)}</span>`;
}

/** @param {{steps: any[]}} props */
function Deliveries({ steps }) {
  const made = steps.filter((step) => step.delivery_id);
  return made.length === 0 ? html`<span class="muted">–</span>` : html`<span class="r-firing-steps">${made.map((step) => html`<${Id} key=${step.step} id=${step.delivery_id} href=${link('deliveries', step.delivery_id)} />`)}</span>`;
}

/** @type {Record<string, string>} */
const LOOK = { fired: 'delivered', would_have_fired: 'watching', not_fired: 'skipped' };

/** @param {{ruleId: string, range: any, steps: import('./draft.js').Step[]}} props */
function Statistics({ ruleId, range, steps }) {
  const { data } = useLive(`/v1/rules/${ruleId}/statistics`, range);
  if (!data) return html`<div class="r-firing-statistics"></div>`;
  return html`<div class="r-firing-statistics">
    <p class="muted">${data.events === 0 ? texts.noEventsYet : texts.lookedAt(number(data.events), relative(data.oldest_at))}</p>
    <dl>${data.steps.map((/** @type {any} */ step) => html`<div key=${step.step}>${steps.length > 1 && html`<dt>${texts.stepNumber(numberOf(steps, step.step))}</dt>`}<dd>
      ${(step.fired > 0 || step.would_have_fired === 0) && html`<span><strong class="number">${number(step.fired)}</strong> ${texts.results.fired.toLowerCase()}</span>`}
      ${step.would_have_fired > 0 && html`<span><strong class="number">${number(step.would_have_fired)}</strong> ${texts.results.would_have_fired.toLowerCase()}</span>`}
      ${Object.entries(step.not_fired).map(([reason, count]) => html`<span key=${reason} class="muted"><span class="number">${number(Number(count))}</span> ${texts.didNot(texts.skips[reason] ?? reason)}</span>`)}
    </dd></div>`)}</dl>
  </div>`;
}
