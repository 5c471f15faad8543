// Who invoked what, for whom, and how did it end?
// All invocations of the workspace or of one action, newest first; a row opens one of them.
import { ChoiceFilter, Empty, Filters, Fresh, Loaded, NoMatch, Pager, Partial, Status, Table, TextFilter, Time, duration, html, link, route, statusWord, useLiveList } from '../shell.js';
import { words } from '../messages/en/actions.js';

/** @param {any} invoker */
export const who = (invoker) => (invoker.type === 'rule' ? html`<a href=${link('rules', invoker.id)}>${words.byRule}</a>` : html`<bdi class="cut" title=${invoker.id}>${invoker.name}</bdi>`);

/** @param {{ws: string, action?: any}} props `action`: only of this one */
export default function Log({ ws, action }) {
  const { query } = route.value;
  const filters = { ...(action ? {} : { action: words.action.toLowerCase() }), status: words.status.toLowerCase() };
  const name = action?.name ?? query.get('action');
  const list = useLiveList('/v1/invocations', { workspace_id: ws, limit: 50, action: name, status: query.get('status'), cursor: query.get('cursor'), before: query.get('before') });
  const nothing = list.data && list.rows.length === 0 && !list.next;
  const filtered = Object.keys(filters).some((f) => query.get(f));
  if (nothing && !filtered && !query.get('cursor') && !query.get('before')) return html`<${Empty} title=${words.noLog}>${words.noLogHint}<//>`;
  return html`<${Filters} names=${Object.keys(filters)}>${!action && html`<${TextFilter} name="action" label=${words.action} />`}<${ChoiceFilter} name="status" label=${words.status} options=${words.statuses.map((s) => [s, statusWord(s)])} /><//>
    <${Fresh} list=${list} />
    <${Loaded} of=${list} rows=${8}>${() => (nothing ? html`<${NoMatch} what=${words.logThings} filters=${filters} />` : html`${list.rows.length === 0 && html`<${Partial} />`}<${Table} label=${words.log} rows=${list.rows} href=${(/** @type {any} */ i) => link('actions', i.action, { tab: 'log', invocation: i.id })} columns=${[
    { head: words.when, width: '128px', main: Boolean(action), cell: (/** @type {any} */ i) => html`<${Time} at=${i.started_at} />` },
    { head: words.status, width: '124px', cell: (/** @type {any} */ i) => html`<${Status} of=${i.status} />` },
    ...(action ? [] : [{ head: words.action, main: true, width: '24%', cell: (/** @type {any} */ i) => html`<span class="mono">${i.action}</span>` }]),
    { head: words.who, cell: (/** @type {any} */ i) => html`<span title=${i.client ?? undefined}>${who(i.invoker)}${i.client && html` <span class="muted">${/^Mozilla\//.test(i.client) ? words.inBrowser : i.client}</span>`}</span>` },
    { head: words.forWhom, width: '14%', cell: (/** @type {any} */ i) => (i.actor ? html`<bdi>${i.actor}</bdi>` : html`<span class="muted">–</span>`) },
    { head: words.answer, width: '112px', align: 'right', cell: (/** @type {any} */ i) => html`<span class=${`mono ${i.error ? 'bad-text' : ''}`}>${i.error && i.error !== 'http_status' ? i.error.replaceAll('_', ' ') : i.response_status ?? '–'}</span>` },
    { head: words.took, width: '80px', align: 'right', narrow: 'hide', cell: (/** @type {any} */ i) => (i.ended_at ? duration(Date.parse(i.ended_at) - Date.parse(i.started_at)) : '–') },
  ]} /><${Pager} list=${list} further=${list.rows.length === 0} />`)}<//>`;
}
