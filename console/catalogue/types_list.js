// Which types are described?
// Under their groups, with version, who listens and how often each was seen; found by name, title and state.
import { Badge, ChoiceFilter, Empty, Filters, Loaded, NoMatch, Notice, Table, TextFilter, html, link, number, route, useLive, useState } from '../shell.js';
import { words } from '../messages/en/catalogue.js';
import { grouped, listening, ruled } from './listens.js';
import { mayDescribe, useListeners, useSeen } from './use.js';

const filters = { q: words.text.toLowerCase(), state: words.state.toLowerCase() };
/** So many rows are drawn at first: the catalogue comes whole, up to 2,000 types. */
const ROWS = 200;

/** @param {{ws: string}} props */
export default function TypesList({ ws }) {
  const { query } = route.value;
  const live = useLive('/v1/event-types', {}, { every: 30_000 });
  const listeners = useListeners(ws);
  const seen = useSeen(ws);
  const [shown, setShown] = useState(ROWS);
  return html`
    ${live.data?.data.length !== 0 && html`<${Filters} names=${Object.keys(filters)}><${TextFilter} name="q" label=${words.text} width="240px" /><${ChoiceFilter} name="state" label=${words.state} options=${words.states} /><//>`}
    <${Loaded} of=${live} rows=${10}>${(/** @type {any} */ catalogue) => {
    if (catalogue.data.length === 0) return html`<${Nothing} />`;
    const found = search(catalogue.data, query.get('q') ?? '', query.get('state') ?? '');
    if (found.length === 0) return html`<${NoMatch} what=${words.things} filters=${Object.fromEntries(Object.entries(filters).filter(([name]) => query.get(name)))} />`;
    const rows = grouped(found).flatMap(([, types]) => types);
    return html`${listeners.more && html`<${Notice}>${words.listensMore}<//>`}
      <${Rows} rows=${rows.slice(0, shown)} listeners=${listeners} seen=${seen} />
      ${rows.length > shown && html`<div class="pager"><button class="button" onClick=${() => setShown(shown + ROWS)}>${words.more(Math.min(ROWS, rows.length - shown))}</button></div>`}`;
  }}<//>`;
}

const Nothing = () => html`<${Empty} icon="catalogue" title=${words.empty} actions=${mayDescribe() && html`<a class="button primary" href=${link('catalogue', '', { view: 'new' })}>${words.describe}</a><a class="button" href=${link('catalogue', '', { view: 'import' })}>${words.import}</a>`}>${words.emptyHint} ${mayDescribe() ? words.starters : words.emptyAsk}<//>`;

/** @param {any[]} types @param {string} text @param {string} state */
function search(types, text, state) {
  const wanted = text.trim().toLowerCase();
  const fits = (/** @type {any} */ t) => (state === '' ? true : state === 'current' ? !t.deprecated && !t.archived : Boolean(t[state]));
  return types.filter((t) => fits(t) && (!wanted || t.name.toLowerCase().includes(wanted) || t.title.toLowerCase().includes(wanted)));
}

/** @param {{rows: any[], listeners: ReturnType<typeof useListeners>, seen: ReturnType<typeof useSeen>}} props */
const Rows = ({ rows, listeners, seen }) => html`<${Table} label=${words.title} rows=${rows} id=${(/** @type {any} */ t) => t.name} href=${(/** @type {any} */ t) => link('catalogue', t.name)}
  group=${rows.some((t) => t.group) ? (/** @type {any} */ t) => t.group ?? words.noGroup : undefined} columns=${[
  { head: words.type, main: true, cell: (/** @type {any} */ t) => html`<span class="two-lines" title=${t.name}><span class="type-name"><bdi class="cut mono">${t.name}</bdi><${States} type=${t} /></span><bdi class="cut">${t.title}</bdi></span>` },
  { head: words.description, width: '32%', narrow: 'hide', phone: 'hide', cell: (/** @type {any} */ t) => html`<span class="muted" dir="auto" title=${t.description}>${t.description}</span>` },
  { head: words.version, width: '104px', cell: (/** @type {any} */ t) => html`<span class=${t.version ? '' : 'muted'}>${words.versionOf(t.version)}</span>` },
  ...(listeners.endpoints || listeners.rules ? [{ head: words.listens, width: '176px', cell: (/** @type {any} */ t) => who(t.name, listeners) }] : []),
  ...(seen.ready ? [{ head: words.seen, width: '120px', align: /** @type {const} */ ('right'), cell: (/** @type {any} */ t) => html`<span title=${seen.all ? undefined : words.seenOf(seen.looked)}>${seen.of.has(t.name) ? `${number(seen.of.get(t.name)?.count ?? 0)}${seen.all ? '' : '+'}` : html`<span class="muted">${words.notSeen}</span>`}</span>` }] : []),
]} />`;

/** @param {string} type @param {ReturnType<typeof useListeners>} listeners */
function who(type, listeners) {
  // What is switched off does not listen; the type's own page names it all the same.
  const on = (/** @type {any[]|null} */ of) => (of ?? []).filter((each) => each.active);
  const text = words.listeners(listening(on(listeners.endpoints), type).length, ruled(on(listeners.rules), type).length);
  return text || html`<span class="muted">${words.nobody}</span>`;
}

/** @param {{type: any}} props */
export const States = ({ type }) => html`${type.deprecated && html`<${Badge} tone="warn">${words.deprecated}<//>`}${type.archived && html`<${Badge}>${words.archived}<//>`}${type.hidden && html`<${Badge}>${words.hidden}<//>`}`;
