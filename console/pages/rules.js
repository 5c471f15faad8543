// Which rules does the workspace have, and what did they do lately?
// A sentence for each rule, how often it fired in 24 hours, when last, its mode, and a switch.
import { Confirm, Empty, Filters, Loaded, May, NoMatch, Page, Pager, Problem, Status, Switch, Table, TextFilter, ChoiceFilter, Time, endpointName, html, link, may, number, patch, relative, route, toast, useEndpoints, useLive, useLiveList, useMemo, useState } from '../shell.js';
import { texts } from '../messages/en/rules.js';
import { fromText } from '../rules/draft.js';
import { sentence } from '../rules/sentence.js';
import { styles } from '../rules/styles.js';

await styles;

/** @param {{ws: string}} props */
export default function Rules({ ws }) {
  const { query } = route.value;
  const filters = { name: texts.columns.name, active: texts.columns.state };
  const list = useLiveList('/v1/rules', { workspace_id: ws, limit: 25, name: query.get('name'), active: query.get('active'), cursor: query.get('cursor'), before: query.get('before') }, { every: 15_000 });
  const endpoints = useEndpoints(ws);
  const nameOf = (/** @type {string} */ id) => (endpoints.get(id) ? endpointName(endpoints.get(id)) : id);
  const figures = useFigures(ws);
  const isFiltered = Object.keys(filters).some((name) => query.get(name));
  const isNone = list.data !== undefined && list.rows.length === 0 && !isFiltered && !query.get('cursor') && !query.get('before');
  const begin = html`<a class="button primary" href=${link('rules', 'new')}>${texts.newRule}</a>`;
  const columns = [
    { head: texts.columns.rule, main: true, cell: (/** @type {any} */ rule) => html`<span class="r-rule-cell"><span class="r-rule-name"><bdi>${rule.name}</bdi></span><${Sentence} rule=${rule} nameOf=${nameOf} /></span>` },
    ...(may('events:ro') ? [{ head: texts.columns.fired, width: '104px', align: /** @type {const} */ ('right'), cell: (/** @type {any} */ rule) => html`<${Fired} of=${figures.of.get(rule.id)} rule=${rule} figures=${figures} />` },
    { head: texts.columns.last, width: '144px', cell: (/** @type {any} */ rule) => html`<${Last} of=${figures.of.get(rule.id)} figures=${figures} />` }] : []),
    { head: texts.columns.mode, width: '112px', cell: (/** @type {any} */ rule) => html`<${Status} of=${rule.active ? (rule.mode === 'live' ? 'live' : 'watching') : 'off'} />` },
    ...(may('rules') ? [{ head: texts.columns.on, width: '60px', cell: (/** @type {any} */ rule) => html`<${OnSwitch} rule=${rule} done=${list.refresh} />` }] : []),
  ];
  return html`<div class="rules-page"><${Page} title=${texts.title} actions=${!isNone && html`<${May} scope="rules">${begin}<//>`} note=${texts.lead}>
    ${!isNone && html`<${Filters} names=${Object.keys(filters)}><${TextFilter} name="name" label=${texts.columns.name} /><${ChoiceFilter} name="active" label=${texts.columns.state} options=${[['true', texts.switchedOn], ['false', texts.switchedOff]]} /><//>`}
    <${Loaded} of=${list} rows=${5}>${() => (list.rows.length === 0 ? (isFiltered ? html`<${NoMatch} what=${texts.rules} filters=${filters} />` : html`<${Empty} title=${texts.noRules} actions=${html`<${May} scope="rules">${begin}<//>`}>${texts.noRulesHint}<//>`)
    : html`<div class="r-rules-list"><${Table} label=${texts.title} rows=${list.rows} columns=${columns} href=${(/** @type {any} */ rule) => link('rules', rule.id)} /></div><${Pager} list=${list} />`)}<//>
  <//></div>`;
}

/** What the rule says. @param {{rule: any, nameOf: (id: string) => string}} props */
export function Sentence({ rule, nameOf }) {
  const draft = fromText(JSON.stringify(rule));
  return draft && html`<span class="sentence">${sentence(draft, nameOf).map(({ text, as }, place) => (as === 'text' ? text : html`<bdi key=${place} class=${as}>${text}</bdi>`))}</span>`;
}

/** @param {{of: any, rule: any, figures: any}} props */
function Fired({ of, rule, figures }) {
  if (!of) return html`<span class="muted">…</span>`;
  const count = rule.mode === 'watch' ? of.would_have_fired : of.fired;
  const least = figures.at_least ? texts.lookedBack(number(figures.events), relative(figures.oldest_at)) : undefined;
  return html`<span class=${count === 0 ? 'muted' : ''} title=${least}>${figures.at_least ? (count === 0 ? '–' : `${number(count)}+`) : number(count)}</span>`;
}

/** @param {{of: any, figures: any}} props */
function Last({ of, figures }) {
  if (!of) return html`<span class="muted">…</span>`;
  return html`<${Time} at=${of.last_at} none=${figures.at_least ? texts.notSeen : texts.notToday} />`;
}

/** @param {{rule: any, done: () => void}} props */
function OnSwitch({ rule, done }) {
  const [isBusy, setBusy] = useState(false);
  const [asks, setAsks] = useState(false);
  const change = async (/** @type {boolean} */ active) => {
    setBusy(true);
    try {
      await patch(`/v1/rules/${rule.id}`, { active });
      toast(active ? texts.onNow(rule.name) : texts.offNow(rule.name), { action: { label: texts.undo, run: () => change(!active) } });
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      toast(error.message, { kind: 'failed' });
    }
    setBusy(false);
    done();
  };
  const ask = (/** @type {boolean} */ active) => (!active && rule.mode === 'live' ? setAsks(true) : change(active));
  return html`<${Switch} on=${rule.active} busy=${isBusy} label=${texts.switchOf(rule.name)} change=${ask} />${asks && html`<${Confirm} title=${texts.offTitle(rule.name)} confirm=${texts.switchOff} close=${() => setAsks(false)} run=${() => change(false)}><p>${texts.offWords}</p><//>`}`;
}

/** How often each rule fired in 24 hours, and when last: one request for all rows. @param {string} ws */
function useFigures(ws) {
  const since = useMemo(() => new Date(Date.now() - 86_400_000).toISOString(), []);
  const read = useLive(may('events:ro') ? '/v1/rules/statistics' : null, { workspace_id: ws, since }, { every: 60_000 });
  return { ...read.data, of: new Map(read.data?.data.map((/** @type {any} */ of) => [of.rule_id, of])) };
}
