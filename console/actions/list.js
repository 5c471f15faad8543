// Which actions are there?
// Name and title as an agent sees them, what they do, where they go, who may invoke them.
import { Badge, Empty, Fresh, Loaded, May, Pager, Status, Table, Time, html, link, may, route, shortUrl, useLiveList } from '../shell.js';
import { words } from '../messages/en/actions.js';

/** @param {{of: string}} props */
export const Effect = ({ of }) => html`<${Badge} tone=${of === 'destructive' ? 'warn' : 'quiet'}>${words.effects[of] ?? of}<//>`;

/** @param {{ws: string}} props */
export default function List({ ws }) {
  const { query } = route.value;
  const list = useLiveList('/v1/actions', { workspace_id: ws, limit: 50, cursor: query.get('cursor'), before: query.get('before') }, { every: 15_000, id: (a) => a.name });
  return html`<${Fresh} list=${list} /><${Loaded} of=${list} rows=${6}>${() => (list.rows.length === 0 && !list.next
    ? html`<${Empty} title=${words.empty} actions=${html`<${May} scope="admin"><a class="button primary" href=${link('actions', '', { view: 'new' })}>${words.add}</a><//>`}>${words.emptyHint}${!may('admin') && ` ${words.emptyAsk}`}<//>`
    : html`<${Table} label=${words.title} rows=${list.rows} id=${(/** @type {any} */ a) => a.name} href=${(/** @type {any} */ a) => link('actions', a.name)} columns=${[
      { head: words.name, main: true, width: '30%', cell: (/** @type {any} */ a) => html`<span class="two-lines" title=${a.description}><span class="cut mono">${a.name}</span><bdi class="cut">${a.title}</bdi></span>` },
      { head: words.effect, width: '120px', cell: (/** @type {any} */ a) => html`<${Effect} of=${a.effect} />` },
      { head: words.url, phone: 'hide', cell: (/** @type {any} */ a) => html`<bdi dir="ltr" class="mono muted" title=${a.url}>${a.method} ${shortUrl(a.url)}</bdi>` },
      { head: words.roles, width: '17%', cell: (/** @type {any} */ a) => (a.roles.length ? html`<span title=${a.roles.join(', ')}>${a.roles.join(', ')}</span>` : html`<span class="warn-text">${words.nobody}</span>`) },
      { head: words.state, width: '88px', cell: (/** @type {any} */ a) => html`<${Status} of=${a.active ? 'active' : 'off'} />` },
      { head: words.updated, width: '120px', narrow: 'hide', cell: (/** @type {any} */ a) => html`<${Time} at=${a.updated_at} />` },
    ]} /><${Pager} list=${list} />`)}<//>`;
}
