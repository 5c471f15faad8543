// Which rules does the workspace have, and what did they do lately?
// A sentence for each rule, how often it fired in 24 hours, when last, its mode, and a switch.
import { Empty, Filters, Loaded, May, NoMatch, Page, Pager, Problem, Status, Switch, Table, TextFilter, ChoiceFilter, Time, endpointName, get, html, link, may, number, patch, route, toast, useEffect, useEndpoints, useLiveList, useState } from '../shell.js';
import { texts } from '../messages/en/rules.js';
import { fromText } from '../rules/draft.js';
import { sentence } from '../rules/sentence.js';
import { styles } from '../rules/styles.js';

await styles;

/** Requests at once for the figures of the rows. */
const AT_ONCE = 3;

/** @param {{ws: string}} props */
export default function Rules({ ws }) {
  const { query } = route.value;
  const filters = { name: texts.columns.name, active: texts.columns.state };
  const list = useLiveList('/v1/rules', { workspace_id: ws, limit: 25, name: query.get('name'), active: query.get('active'), cursor: query.get('cursor'), before: query.get('before') }, { every: 15_000 });
  const endpoints = useEndpoints(ws);
  const nameOf = (/** @type {string} */ id) => (endpoints.get(id) ? endpointName(endpoints.get(id)) : id);
  const figures = useFigures(may('events:ro') ? list.rows : []);
  const isFiltered = Object.keys(filters).some((name) => query.get(name));
  const begin = html`<a class="button primary" href=${link('rules', 'new')}>${texts.newRule}</a>`;
  const columns = [
    { head: texts.columns.rule, main: true, cell: (/** @type {any} */ rule) => html`<span class="r-rule-cell"><span class="r-rule-name"><bdi>${rule.name}</bdi></span><${Sentence} rule=${rule} nameOf=${nameOf} /></span>` },
    { head: texts.columns.fired, width: '104px', align: /** @type {const} */ ('right'), cell: (/** @type {any} */ rule) => html`<${Fired} of=${figures[rule.id]} mode=${rule.mode} />` },
    { head: texts.columns.last, width: '120px', cell: (/** @type {any} */ rule) => (figures[rule.id] ? html`<${Time} at=${figures[rule.id].last} none=${texts.never} />` : html`<span class="muted">…</span>`) },
    { head: texts.columns.mode, width: '112px', cell: (/** @type {any} */ rule) => html`<${Status} of=${rule.active ? (rule.mode === 'live' ? 'live' : 'watching') : 'off'} />` },
    ...(may('rules') ? [{ head: texts.columns.on, width: '60px', cell: (/** @type {any} */ rule) => html`<${OnSwitch} rule=${rule} done=${list.refresh} />` }] : []),
  ];
  return html`<div class="rules-page"><${Page} title=${texts.title} actions=${html`<${May} scope="rules">${begin}<//>`} note=${texts.lead}>
    <${Filters} names=${Object.keys(filters)}><${TextFilter} name="name" label=${texts.columns.name} /><${ChoiceFilter} name="active" label=${texts.columns.state} options=${[['true', texts.switchedOn], ['false', texts.switchedOff]]} /><//>
    <${Loaded} of=${list} rows=${5}>${() => (list.rows.length === 0 ? (isFiltered ? html`<${NoMatch} what=${texts.rules} filters=${filters} />` : html`<${Empty} title=${texts.noRules} actions=${html`<${May} scope="rules">${begin}<//>`}>${texts.noRulesHint}<//>`)
    : html`<div class="r-rules-list"><${Table} label=${texts.title} rows=${list.rows} columns=${columns} href=${(/** @type {any} */ rule) => link('rules', rule.id)} /></div><${Pager} list=${list} />`)}<//>
  <//></div>`;
}

/** What the rule says. @param {{rule: any, nameOf: (id: string) => string}} props */
export function Sentence({ rule, nameOf }) {
  const draft = fromText(JSON.stringify(rule));
  return draft && html`<span class="sentence">${sentence(draft, nameOf).map(({ text, as }, place) => (as === 'text' ? text : html`<bdi key=${place} class=${as}>${text}</bdi>`))}</span>`;
}

/** @param {{of: any, mode: string}} props */
function Fired({ of, mode }) {
  if (!of) return html`<span class="muted">…</span>`;
  if (of.failed) return html`<span class="muted" title=${of.failed}>–</span>`;
  const count = mode === 'watch' ? of.wouldHave : of.fired;
  return html`<span class=${count === 0 ? 'muted' : ''} title=${of.complete ? undefined : texts.notAllFirings}>${number(count)}${of.complete ? '' : '+'}</span>`;
}

/** @param {{rule: any, done: () => void}} props */
function OnSwitch({ rule, done }) {
  const [isBusy, setBusy] = useState(false);
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
  return html`<${Switch} on=${rule.active} busy=${isBusy} label=${texts.switchOf(rule.name)} change=${change} />`;
}

/** How often each rule fired in 24 hours, and when last. A few at once: each reads up to 2,000 events. @param {any[]} rules */
function useFigures(rules) {
  const [figures, setFigures] = useState(/** @type {Record<string, any>} */ ({}));
  const ids = rules.map((rule) => `${rule.id} ${rule.mode}`).join();
  useEffect(() => {
    let isOver = false;
    const waiting = [...rules];
    const work = async () => {
      for (let rule = waiting.shift(); rule && !isOver; rule = waiting.shift()) {
        const { id, mode } = rule;
        const read = await figuresOf(id, mode);
        if (!isOver) setFigures((old) => ({ ...old, [id]: read }));
      }
    };
    for (let n = 0; n < AT_ONCE; n += 1) work();
    return () => { isOver = true; };
  }, [ids]);
  return figures;
}

/** @param {string} id @param {string} mode */
async function figuresOf(id, mode) {
  try {
    const since = new Date(Date.now() - 86_400_000).toISOString();
    const [statistics, last] = await Promise.all([
      get(`/v1/rules/${id}/statistics`, { since }),
      get(`/v1/rules/${id}/firings`, { result: mode === 'watch' ? 'would_have_fired' : 'fired', limit: 1 }),
    ]);
    // A rule fired as often as the busiest of its steps.
    const most = (/** @type {string} */ name) => Math.max(0, ...statistics.steps.map((/** @type {any} */ step) => step[name]));
    return { fired: most('fired'), wouldHave: most('would_have_fired'), complete: statistics.complete, last: last.data[0]?.accepted_at ?? null };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return { failed: error.message };
  }
}
