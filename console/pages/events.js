// Which events came in?
// A live list with filters in the address; a search in payloads says how far it has looked.
import { Badge, Empty, Filters, Fresh, Id, Loaded, Loading, May, NoMatch, Page, Pager, Partial, Table, TextFilter, Time, TimeFilter, html, isUid, link, may, relative, route, useLive, useLiveList, useTimeRange } from '../shell.js';
import { words } from '../messages/en/events.js';
import { TypeFilter } from './event/types.js';
import { styles } from './delivery/styles.js';

await styles;

const LIMIT = 50;
const FILTERS = { event_type: words.typeFilter, text: words.textFilter, idempotency_key: words.keyFilter, period: words.period, since: words.period, until: words.period };

/** @param {{ws: string}} props */
export default function Events({ ws }) {
  const { query } = route.value;
  const within = { workspace_id: ws, event_type: query.get('event_type'), ...useTimeRange() };
  const ask = { ...within, limit: LIMIT, ...Object.fromEntries(['text', 'idempotency_key', 'cursor', 'before'].map((name) => [name, query.get(name)])) };
  const list = useLiveList('/v1/events', ask);
  // The search goes through payloads; the event that has just this id stands on top.
  const text = query.get('text') ?? '';
  const [own] = useLive(isUid(text) ? '/v1/events' : null, { ...within, uid: text }).data?.data ?? [];
  const rows = own && !list.rows.some((e) => e.id === own.id) ? [own, ...list.rows] : list.rows;
  const used = Object.fromEntries(Object.entries(FILTERS).filter(([name]) => query.get(name)));
  const partial = list.next && (list.searched || list.rows.length < LIMIT);
  const send = html`<${May} scope="events"><a class="button primary" href=${link('events', 'send')}>${words.send}</a><//>`;
  return html`<${Page} title=${words.title} actions=${(list.rows.length > 0 || list.next || list.previous || Object.keys(used).length > 0) && send}>
    <${Filters} names=${Object.keys(FILTERS)}>
      <${TypeFilter} label=${words.type} />
      <${TextFilter} name="text" label=${words.text} minLength=${3} width="280px" />
      <${TimeFilter} />
    <//>
    <${Fresh} list=${list} />
    <${Loaded} of=${list} rows=${12} loading=${rows.length > 0 ? html`<${List} ws=${ws} rows=${rows} /><${Loading} rows=${3} />` : undefined}>${() => html`
      ${rows.length > 0 && html`<${List} ws=${ws} rows=${rows} />`}
      ${rows.length === 0 && !list.next && (Object.keys(used).length || list.previous ? html`<${NoMatch} what=${words.things} filters=${used} />` : html`<${Empty} title=${words.empty} actions=${send}>${may('events') ? words.emptyHint : words.emptyPortal}<//>`)}
      ${partial && html`<${Partial} looked=${list.searched && words.looked(list.searched.events)} backTo=${list.searched?.back_to} />`}
      <${Pager} list=${{ ...list, rows }} further=${partial} />`}<//>
  <//>`;
}

/** A row is short: so much of what stands before the text is shown. */
const BEFORE = 16;
/** Where a search found its text. @param {{of: string, text: string}} props */
function Excerpt({ of, text }) {
  const at = of.indexOf(text);
  return html`<span class="cut muted mono excerpt"><bdi>…${of.slice(Math.max(0, at - BEFORE), at)}<mark>${text}</mark>${of.slice(at + text.length)}…</bdi></span>`;
}

/** Columns that only some workspaces need; one that was shown stays, so that pages do not differ. @type {Set<string>} */
const needed = new Set();
/** @param {string} column @param {boolean} now */
const need = (column, now) => (now ? needed.add(column) : needed).has(column);

/** @param {{ws: string, rows: any[]}} props */
const List = ({ ws, rows }) => html`<${Table} label=${words.title} rows=${rows} href=${(/** @type {any} */ e) => link('events', e.id)} columns=${[
  { head: words.time, width: '128px', cell: (/** @type {any} */ e) => html`<${Time} at=${e.created_at} clock=${['period', 'since', 'until', 'cursor', 'before'].some((name) => route.value.query.has(name))} />` },
  { head: words.type, main: true, cell: (/** @type {any} */ e) => html`${e.excerpt ? html`<span class="two-lines"><bdi title=${e.type}>${e.type}</bdi><${Excerpt} of=${e.excerpt} text=${route.value.query.get('text') ?? ''} /></span>` : html`<bdi title=${e.type}>${e.type}</bdi>`}${e.erased_at && html` <${Badge}>${words.erasedBadge}<//>`}${e.deliver_at && Date.parse(e.deliver_at) > Date.now() && html` <${Badge} tone="warn">${words.later(relative(e.deliver_at))}<//>`}` },
  ...(need(`${ws} channels`, rows.some((e) => e.channels.length)) ? [{ head: words.channels, width: '16%', phone: /** @type {const} */ ('hide'), cell: (/** @type {any} */ e) => (e.channels.length ? html`<bdi>${e.channels.join(', ')}</bdi>` : html`<span class="muted">–</span>`) }] : []),
  ...(need(`${ws} uid`, rows.some((e) => e.uid) || route.value.query.has('text')) ? [{ head: words.uid, width: '16%', phone: /** @type {const} */ ('hide'), narrow: /** @type {const} */ ('hide'), cell: (/** @type {any} */ e) => (e.uid ? html`<bdi title=${e.uid}>${e.uid}</bdi>` : html`<span class="muted">–</span>`) }] : []),
  { head: words.id, width: '152px', phone: 'hide', cell: (/** @type {any} */ e) => html`<${Id} id=${e.id} />` },
  { head: words.deliveries, width: '104px', align: 'right', cell: (/** @type {any} */ e) => (e.deliveries ? words.many(e.deliveries) : html`<span class="warn-text">0</span>`) },
  { head: words.skipped, width: '88px', align: 'right', cell: (/** @type {any} */ e) => html`<span class="muted">${words.many(e.skipped)}</span>` },
]} />`;
