// Which replays of periods were made?
// A list that updates itself while one of them runs.
import { Empty, EndpointName, Fresh, Loaded, May, Page, Pager, Status, Table, Time, html, link, number, relative, route, useEndpoints, useLiveList } from '../shell.js';
import { words } from '../messages/en/replays.js';
import { share } from './replay/progress.js';
import { styles } from './delivery/styles.js';

await styles;

/** @param {{ws: string}} props */
export default function Replays({ ws }) {
  const { query } = route.value;
  const list = useLiveList('/v1/replays', { workspace_id: ws, limit: 50, cursor: query.get('cursor'), before: query.get('before') });
  const endpoints = useEndpoints(ws);
  const create = html`<${May} scope="deliveries"><a class="button primary" href=${link('replays', 'new')}>${words.create}</a><//>`;
  return html`<${Page} title=${words.title} actions=${list.rows.length > 0 && create}>
    <${Loaded} of=${list} rows=${6}>${() => (list.rows.length === 0 && !list.next ? html`<${Empty} title=${words.empty} actions=${create}>${words.emptyHint}<//>` : html`
      <${Fresh} list=${list} />
      <${Table} label=${words.title} rows=${list.rows} href=${(/** @type {any} */ r) => link('replays', r.id)} columns=${[
    { head: words.time, width: '128px', cell: (/** @type {any} */ r) => html`<${Time} at=${r.created_at} />` },
    { head: words.status, width: '184px', cell: (/** @type {any} */ r) => html`<${Status} of=${r.status} word=${r.status === 'cancelled' ? words.stopped : undefined}>${r.status === 'running' && r.total && words.percent(share(r))}<//>` },
    { head: words.endpoint, main: true, cell: (/** @type {any} */ r) => html`<${EndpointName} plain id=${r.endpoint_id} of=${endpoints} />` },
    { head: words.what, width: '22%', cell: (/** @type {any} */ r) => words.selections[r.settings.status] },
    { head: words.period, width: '240px', phone: 'hide', narrow: 'hide', cell: (/** @type {any} */ r) => html`<span class="muted" title=${`${r.settings.since} – ${r.settings.until ?? r.created_at}`}>${relative(r.settings.since)} – ${relative(r.settings.until ?? r.created_at)}</span>` },
    { head: words.examined, width: '96px', align: 'right', phone: 'hide', cell: (/** @type {any} */ r) => number(r.examined) },
    { head: words.sent, width: '80px', align: 'right', cell: (/** @type {any} */ r) => number(r.sent) },
  ]} /><${Pager} list=${list} />`)}<//>
  <//>`;
}
