// Which deliveries are there in this workspace, and what became of them?
// One live list over all endpoints; filters in the address; what is selected can be sent again after a dry run.
import {
  ChoiceFilter, Empty, EndpointName, Filters, Fresh, Loaded, May, NoMatch, Outcome, Page, Pager, Partial, SelectionBar, StatusFilter, Table, Time, TimeFilter,
  duration, endpointName, html, link, may, navigate, relative, rowId, route, signal, useEndpoints, useLiveList, useMemo, useState, useTimeRange,
} from '../shell.js';
import { words } from '../messages/en/deliveries.js';
import { SendAgain } from './delivery/again.js';
import { State, copyCurl } from './delivery/state.js';
import { TypeFilter } from './event/types.js';
import { styles } from './delivery/styles.js';

await styles;

const LIMIT = 50;
const STATUSES = ['failed', 'retrying', 'parked', 'pending', 'delivered', 'cancelled', 'skipped'];
const FILTERS = { status: words.statusFilter, event_type: words.typeFilter, endpoint_id: words.endpointFilter, error: words.errorFilter, period: words.period, since: words.period, until: words.period };

/** @param {{ws: string}} props */
export default function Deliveries({ ws }) {
  const { query } = route.value;
  const ask = { workspace_id: ws, limit: LIMIT, ...Object.fromEntries(['status', 'event_type', 'endpoint_id', 'error', 'cursor', 'before'].map((name) => [name, query.get(name)])), ...useTimeRange() };
  const list = useLiveList('/v1/deliveries', ask);
  const endpoints = useEndpoints(ws);
  const selection = useMemo(() => signal(/** @type {Set<string>} */ (new Set())), [JSON.stringify(ask)]);
  const [again, setAgain] = useState(/** @type {any[]|null} */ (null));
  const filtered = Object.keys(FILTERS).some((name) => query.get(name));
  const chosen = () => list.rows.filter((row) => selection.value.has(rowId(row)));
  const done = () => { selection.value = new Set(); list.refresh(); };
  const period = { endpoint_id: query.get('endpoint_id'), event_types: query.get('event_type'), since: ask.since, until: ask.until };
  return html`<${Page} title=${words.title} actions=${html`<${May} scope="deliveries">${(list.rows.length > 0 || filtered) && html`<a class="button" href=${link('replays', 'new', period)}>${words.replayPeriod}</a>`}<//>`}>
    <${Filters} names=${Object.keys(FILTERS)}>
      <${StatusFilter} of=${STATUSES} />
      <${TypeFilter} label=${words.type} />
      ${(may('webhooks:ro') || query.get('endpoint_id')) && html`<${ChoiceFilter} name="endpoint_id" label=${words.endpoint} options=${[...endpoints.values()].map((e) => [e.id, endpointName(e)])} />`}
      <${ChoiceFilter} name="error" label=${words.error} several options=${Object.entries(words.errors)} />
      <${TimeFilter} />
    <//>
    <${Fresh} list=${{ ...list, showFresh: () => { selection.value = new Set(); list.showFresh(); } }} />
    <${Loaded} of=${list} rows=${12}>${() => html`
      ${list.rows.length > 0 && html`<${List} list=${list} endpoints=${endpoints} selection=${selection} again=${setAgain} />`}
      ${list.rows.length === 0 && !list.next && (filtered || list.previous ? html`<${NoMatch} what=${words.things} filters=${used(query)} />`
    : html`<${Empty} title=${words.empty} actions=${html`<${May} scope="events"><a class="button primary" href=${link('events', 'send')}>${words.send}</a><//>`}>${words.emptyHint}<//>`)}
      ${list.rows.length < LIMIT && list.next && html`<${Partial} looked=${list.searched?.deliveries ? words.looked(list.searched.deliveries) : ''} backTo=${list.searched?.back_to} />`}
      <${Pager} list=${list} further=${list.rows.length < LIMIT} />`}<//>
    <${SelectionBar} selection=${selection}><${May} scope="deliveries"><button class="button primary small" onClick=${() => setAgain(chosen())}>${words.replay}</button><//><//>
    ${again && html`<${SendAgain} rows=${again} endpoints=${endpoints} close=${() => setAgain(null)} done=${done} />`}
  <//>`;
}

/** The words of the filters that are set. @param {URLSearchParams} query */
const used = (query) => Object.fromEntries(Object.entries(FILTERS).filter(([name]) => query.get(name)));

/** @param {{list: import('../live.js').LiveList, endpoints: Map<string, any>, selection: any, again: (rows: any[]) => void}} props */
function List({ list, endpoints, selection, again }) {
  const { rows } = list;
  const canSend = may('deliveries');
  const days = new Set(rows.map((row) => day(row.created_at)));
  const keys = /** @type {Record<string, [string, (row: any) => void]>} */ ({
    ...(canSend ? { r: [words.replay, (row) => { const chosen = rows.filter((each) => selection.value.has(rowId(each))); if (chosen.length) again(chosen); else if (row.id) again([row]); }] } : {}),
    ...(canSend && may('events:ro') ? { c: [words.curl, (row) => { if (row.id) copyCurl(row); }] } : {}),
    ...(may('events:ro') ? { e: [words.openEvent, (row) => navigate(link('events', row.event_id))] } : {}),
  });
  return html`<${Table} label=${words.title} rows=${rows} id=${rowId} keys=${keys} group=${days.size > 1 ? (/** @type {any} */ row) => day(row.created_at) : undefined}
    selection=${canSend ? selection : undefined} selectable=${(/** @type {any} */ row) => Boolean(row.id)}
    href=${(/** @type {any} */ row) => (row.id ? link('deliveries', row.id) : may('events:ro') ? link('events', row.event_id, { why: row.endpoint_id }) : null)} columns=${[
    { head: words.time, width: '112px', cell: (/** @type {any} */ d) => html`<${Time} at=${d.created_at} clock=${byClock()} />` },
    { head: words.status, width: '216px', cell: (/** @type {any} */ d) => html`<${State} row=${d} />` },
    { head: words.type, main: true, width: '20%', cell: (/** @type {any} */ d) => html`<bdi title=${d.event_type}>${d.event_type}</bdi>` },
    { head: words.endpoint, cell: (/** @type {any} */ d) => html`<${EndpointName} plain id=${d.endpoint_id} of=${endpoints} />` },
    { head: words.answer, width: '136px', cell: (/** @type {any} */ d) => html`<${Outcome} status=${d.response_status} error=${d.last_error} />` },
    { head: words.took, width: '80px', align: 'right', phone: 'hide', narrow: 'hide', cell: (/** @type {any} */ d) => took(d) },
    { head: words.attempts, width: '80px', align: 'right', phone: 'hide', narrow: 'hide', cell: (/** @type {any} */ d) => d.attempts ?? '–' },
  ]} />`;
}

/** Within a period, and on pages behind the first, rows are told apart by the clock. */
const byClock = () => ['period', 'since', 'until', 'cursor', 'before'].some((name) => route.value.query.has(name));

/** The duration of the last attempt; a dash where an older version made it. @param {any} row */
const took = (row) => (row.attempts > 0 ? duration(row.duration_ms) : '');

/** @param {string} at */
function day(at) {
  const [start, today] = [new Date(at), new Date()].map((d) => new Date(d.getFullYear(), d.getMonth(), d.getDate()).getTime());
  if (start === today) return words.days.today;
  return today - start < 90_000_000 ? words.days.yesterday : relative(start).replace(/ \d\d:\d\d$/, '');
}
