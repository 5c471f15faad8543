// What became of an event at every endpoint?
// Deliveries first, then who was skipped and why; endpoints that do not want the type are many, and folded.
import { EndpointName, Loaded, May, Outcome, Pager, SelectionBar, Table, html, link, may, route, setQuery, signal, useEffect, useLiveList, useMemo, useState } from '../../shell.js';
import { words } from '../../messages/en/events.js';
import { State } from '../delivery/state.js';
import { ReplayTo } from './replay_to.js';
import { WhyNot } from './why_not.js';

/** So many that do not want the type are shown without being asked for. */
const SHOWN = 3;
const NOT_WANTED = 'type_not_subscribed';

/** Deliveries first, then those that were skipped for a reason that is not their type. @param {any[]} rows */
export function inOrder(rows) {
  const place = (/** @type {any} */ row) => (row.status !== 'skipped' ? 0 : row.reason !== NOT_WANTED ? 1 : 2);
  return [...rows].sort((a, b) => place(a) - place(b));
}

/**
 * The ledger with its dialogs. `sendTo`: a signal of the endpoints that the dialog begins with, null while it is closed.
 * @param {{ws: string, event: any, endpoints: Map<string, any>, sendTo: import('../../vendor/preact-htm-signals.js').Signal<string[]|null>, every?: number, onRows?: (rows: any[]) => void, onLoaded?: () => void}} props
 */
export function Ledger({ ws, event, endpoints, sendTo, every = 5000, onRows, onLoaded }) {
  const { query } = route.value;
  const list = useLiveList(`/v1/events/${event.id}/deliveries`, { workspace_id: ws, limit: 250, cursor: query.get('cursor'), before: query.get('before') }, { every, id: (/** @type {any} */ row) => row.endpoint_id });
  const selection = useMemo(() => signal(/** @type {Set<string>} */ (new Set())), [event.id]);
  const why = query.get('why');
  const closeWhy = () => setQuery({ why: null }, { replace: true });
  const done = () => { selection.value = new Set(); list.refresh(); };
  useEffect(() => { onRows?.(list.rows); }, [list.rows]);
  useEffect(() => { if (!list.loading) onLoaded?.(); }, [list.loading]);
  return html`
    <${Loaded} of=${list} rows=${5}>${() => (list.rows.length === 0 ? html`<p class="muted">${words.ledgerEmpty}</p>` : html`<${Rows} list=${list} event=${event} endpoints=${endpoints} selection=${selection} />`)}<//>
    <${SelectionBar} selection=${selection}><${May} scope="deliveries"><button class="button primary small" onClick=${() => { sendTo.value = [...selection.value]; }}>${words.selected}</button><//><//>
    ${why && html`<${WhyNot} key=${why} ws=${ws} event=${event} endpointId=${why} endpoints=${endpoints} close=${closeWhy} replay=${() => { closeWhy(); sendTo.value = [why]; }} />`}
    ${sendTo.value && html`<${ReplayTo} ws=${ws} event=${event} rows=${list.rows} endpoints=${endpoints} chosen=${sendTo.value} close=${() => { sendTo.value = null; }} done=${done} />`}`;
}

/** @param {{list: import('../../live.js').LiveList, event: any, endpoints: Map<string, any>, selection: any}} props */
function Rows({ list, event, endpoints, selection }) {
  const [all, setAll] = useState(false);
  const rows = inOrder(list.rows);
  const unwanted = rows.filter((row) => row.reason === NOT_WANTED);
  const folded = !all && unwanted.length > SHOWN;
  const shown = folded ? rows.filter((row) => row.reason !== NOT_WANTED) : rows;
  const why = (/** @type {any} */ row) => setQuery({ why: row.endpoint_id });
  const canSend = may('deliveries') && !event.erased_at;
  return html`
    ${shown.length > 0 && html`<${Table} label=${words.ledger} rows=${shown} id=${(/** @type {any} */ row) => row.endpoint_id} selection=${canSend ? selection : undefined} keys=${{ w: [words.why, why] }}
      group=${(/** @type {any} */ row) => (row.status === 'skipped' ? words.groups.skipped : words.groups.got)}
      href=${(/** @type {any} */ row) => (row.id ? link('deliveries', row.id) : link('events', event.id, { why: row.endpoint_id }))} columns=${[
    { head: words.endpoint, main: true, cell: (/** @type {any} */ row) => html`<${EndpointName} plain id=${row.endpoint_id} of=${endpoints} />` },
    { head: words.status, width: '34%', cell: (/** @type {any} */ row) => html`<${State} row=${row} />` },
    { head: words.answer, width: '128px', phone: 'hide', cell: (/** @type {any} */ row) => (row.id ? html`<${Outcome} status=${row.response_status} error=${row.last_error} />` : '') },
    { head: words.attempts, width: '80px', align: 'right', phone: 'hide', narrow: 'hide', cell: (/** @type {any} */ row) => row.attempts ?? '' },
    { head: words.reason, width: '88px', align: 'right', cell: (/** @type {any} */ row) => row.status === 'skipped' && html`<button type="button" class="plain" onClick=${() => why(row)}>${words.why}</button>` },
  ]} />`}
    ${unwanted.length > SHOWN && html`<button type="button" class="plain fold-rows" aria-expanded=${all ? 'true' : 'false'} onClick=${() => setAll(!all)}>${all ? words.hideSkipped : words.showSkipped(unwanted.length)}</button>`}
    <${Pager} list=${list} />`;
}
