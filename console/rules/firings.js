// When did the rule fire, and why did it not?
// What each step did with each event of the rule's types, and how often, by the reason.
import { ChoiceFilter, Empty, Filters, Fresh, Id, Loaded, Loading, NoMatch, Pager, Problem, Status, Table, Time, TimeFilter, html, link, may, number, post, relative, route, useEffect, useLive, useLiveList, useState, useTimeRange } from '../shell.js';
import { texts } from '../messages/en/rules.js';
import { RECENT } from './backtest.js';
import { whyNot } from './why_not.js';

const FILTERS = /** @type {Record<string, string>} */ ({ result: texts.resultWord, period: texts.periodWord, since: texts.periodWord, until: texts.periodWord });

/** So many of the values that did not meet the conditions are said, the most frequent first. */
const MOST_FOUND = 5;

/** @param {{ruleId: string, steps: import('./draft.js').Step[], saved: import('./draft.js').Draft}} props `saved`: the rule as it is saved */
export function Firings({ ruleId, steps, saved }) {
  const query = route.value.query;
  const range = useTimeRange();
  const list = useLiveList(`/v1/rules/${ruleId}/firings`, { result: query.get('result') ?? undefined, ...range, cursor: query.get('cursor') ?? undefined, before: query.get('before') ?? undefined, limit: 50 }, { id: (row) => row.event_id });
  const isFiltered = Object.keys(FILTERS).some((name) => query.get(name));
  const isSeveral = steps.length > 1;
  const tested = useTested(ruleId, saved, list.rows);
  const modes = modesOf(list.rows, saved.mode);
  const found = (/** @type {any} */ row) => {
    const event = isUnmet(row) && tested.get(row.event_id);
    const why = event && !event.matched && whyNot(saved.filter, event);
    return why || null;
  };
  const instead = Object.entries(Object.groupBy([...tested.values()].filter((event) => !event.matched).map((event) => whyNot(saved.filter, event)).filter(Boolean), (why) => String(why))).sort(([, one = []], [, other = []]) => other.length - one.length).slice(0, MOST_FOUND);
  const columns = [
    { head: texts.columns.time, width: '150px', cell: (/** @type {any} */ row) => html`<${Time} at=${row.accepted_at} />` },
    { head: texts.columns.type, main: true, width: '24%', cell: (/** @type {any} */ row) => html`<bdi class="mono cut">${row.event_type}</bdi>` },
    { head: texts.columns.outcome, cell: (/** @type {any} */ row) => html`<${Outcomes} steps=${row.steps} isSeveral=${isSeveral} all=${steps} unmet=${found(row)} />` },
    { head: texts.columns.delivery, width: '190px', cell: (/** @type {any} */ row) => html`<${Deliveries} steps=${row.steps} />` },
  ];
  return html`<div class="r-firings">
    <${Statistics} ruleId=${ruleId} range=${range} steps=${steps} />
    ${instead.length > 0 && html`<p class="muted r-instead">${texts.foundInstead(RECENT)} <bdi>${instead.map(([why, all = []]) => `${why} (${number(all.length)})`).join(' · ')}</bdi></p>`}
    <${Filters} names=${Object.keys(FILTERS)}><${ChoiceFilter} name="result" label=${texts.resultWord} options=${Object.entries(texts.results)} /><${TimeFilter} /><//>
    <${Loaded} of=${list} loading=${html`<p class="muted">${texts.reading}</p><${Loading} rows=${10} />`}>${() => html`
      <${Fresh} list=${list} />
      ${list.rows.length === 0 ? (isFiltered ? html`<${NoMatch} what=${texts.firings} filters=${FILTERS} />` : html`<${Empty} title=${texts.noFirings}>${texts.noFiringsHint}<//>`)
    : html`<${Table} label=${texts.firings} columns=${columns} rows=${list.rows} id=${(/** @type {any} */ row) => row.event_id} href=${(/** @type {any} */ row) => link('events', row.event_id)} group=${modes && ((/** @type {any} */ row) => texts.modeThen[modes.get(row.event_id) ?? saved.mode])} />`}
      <${Pager} list=${list} />`}<//>
  </div>`;
}

/** Its conditions were not met. @param {any} row */
const isUnmet = (row) => row.steps.some((/** @type {any} */ step) => step.reason === 'filter');

/**
 * Whether the rule was live or only watched, as far as the rows say; null if nothing divides them. What did not fire says
 * neither: it is counted with the older row, so that the divider stands where the other mode was seen first.
 * @param {any[]} rows newest first @param {'live'|'watch'} mode of now @returns {Map<string, 'live'|'watch'>|null}
 */
export function modesOf(rows, mode) {
  const seen = rows.map((row) => row.steps.map((/** @type {any} */ step) => MODES[step.result]).find(Boolean));
  if (seen.every((each) => !each || each === mode)) return null;
  const oldest = seen.findLast(Boolean);
  const modes = new Map();
  let last = oldest;
  for (let at = rows.length - 1; at >= 0; at -= 1) {
    last = seen[at] ?? last;
    modes.set(rows[at].event_id, last);
  }
  return modes;
}

/** @type {Record<string, 'live'|'watch'|undefined>} */
const MODES = { fired: 'live', would_have_fired: 'watch' };

/**
 * What the saved rule finds in its newest events, by their ids: an older one's values are on its own page.
 * @param {string} ruleId @param {import('./draft.js').Draft} saved @param {any[]} rows @returns {Map<string, any>}
 */
function useTested(ruleId, saved, rows) {
  const [events, setEvents] = useState(/** @type {Map<string, any>} */ (new Map()));
  // Once for what is listed first, and again when a row comes that was not tried.
  const missing = may('rules') ? rows.slice(0, RECENT).find((row) => isUnmet(row) && !events.has(row.event_id))?.event_id : undefined;
  useEffect(() => {
    if (!missing) return;
    post('/v1/rules/test', { rule_id: ruleId, recent: RECENT }, { key: '' })
      .then((result) => setEvents(new Map(result.events.map((/** @type {any} */ event) => [event.id, event]))), (error) => { if (!(error instanceof Problem)) throw error; });
  }, [missing, saved]);
  return events;
}

/** Its place among the steps as they are now; its id if it was removed. @param {any[]} steps @param {string} id */
const numberOf = (steps, id) => { const at = steps.findIndex((step) => step.id === id); return at === -1 ? id : at + 1; };

/** What each step did; once if they all did the same. @param {{steps: any[], isSeveral: boolean, all: any[], unmet: string|null}} props `unmet`: the value that was found */
function Outcomes({ steps, isSeveral, all, unmet }) {
  const isSame = steps.every((step) => step.result === steps[0].result && step.reason === steps[0].reason);
  const shown = isSame ? steps.slice(0, 1) : steps;
  return html`<span class="r-firing-steps">${shown.map((step) => html`<span key=${step.step}>${isSeveral && !isSame && html`<span class="muted">${texts.stepNumber(numberOf(all, step.step))} </span>`}<${Status} of=${LOOK[step.result]} word=${texts.results[step.result]}>${step.reason && html`<bdi class="cut" title=${texts.skips[step.reason]}>${(step.reason === 'filter' && unmet) || texts.skips[step.reason]}</bdi>`}<//></span>`)}</span>`;
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
  const place = (/** @type {any} */ { step }) => { const at = steps.findIndex(({ id }) => id === step); return at === -1 ? steps.length : at; };
  return html`<div class="r-firing-statistics">
    <p class="muted">${data.events === 0 ? texts.noEventsYet : texts.lookedAt(number(data.events), relative(data.oldest_at))}</p>
    <dl>${[...data.steps].sort((one, other) => place(one) - place(other)).map((/** @type {any} */ step) => html`<div key=${step.step}>${steps.length > 1 && html`<dt>${texts.stepNumber(numberOf(steps, step.step))}</dt>`}<dd>
      ${(step.fired > 0 || step.would_have_fired === 0) && html`<span><strong class="number">${number(step.fired)}</strong> ${texts.results.fired.toLowerCase()}</span>`}
      ${step.would_have_fired > 0 && html`<span><strong class="number">${number(step.would_have_fired)}</strong> ${texts.results.would_have_fired.toLowerCase()}</span>`}
      ${Object.entries(step.not_fired).map(([reason, count]) => html`<span key=${reason} class="muted"><span class="number">${number(Number(count))}</span> ${texts.didNot(texts.skips[reason] ?? reason)}</span>`)}
    </dd></div>`)}</dl>
  </div>`;
}
