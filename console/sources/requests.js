// What came to a source, and was it valid?
// The last requests with verdict and reason, narrowed down by verdict; new ones wait behind a pill.
import { ChoiceFilter, Empty, Filters, Fresh, Loaded, NoMatch, Pager, Partial, Status, Table, Time, duration, html, link, route, size, useLiveList } from '../shell.js';
import { reasons } from '../messages/en/providers.js';
import { words } from '../messages/en/sources.js';

const filters = { verdict: words.verdict.toLowerCase() };
/** How each verdict looks. */
const LOOK = /** @type {Record<string, string>} */ ({ valid: 'accepted', invalid: 'invalid', error: 'retrying' });

/** @param {{of: string}} props */
export const Verdict = ({ of }) => html`<${Status} of=${LOOK[of] ?? of} word=${words.verdicts[of] ?? of} />`;

/** @param {{source: any, path: string}} props */
export default function Requests({ source, path }) {
  const { query } = route.value;
  const list = useLiveList(`${path}/requests`, { limit: 50, verdict: query.get('verdict'), cursor: query.get('cursor'), before: query.get('before') });
  const nothing = list.data && list.rows.length === 0 && !list.next;
  if (nothing && !query.get('verdict') && !query.get('cursor') && !query.get('before')) return html`<${Empty} title=${words.noRequests} actions=${html`<a class="button" href=${link('sources', source.id, { tab: 'setup' })}>${words.setUp}</a>`}>${words.noRequestsHint}<//>`;
  return html`<${Filters} names=${Object.keys(filters)}><${ChoiceFilter} name="verdict" label=${words.verdict} options=${Object.entries(words.verdicts)} /><//>
    <${Fresh} list=${list} />
    <${Loaded} of=${list} rows=${8}>${() => (nothing ? html`<${NoMatch} what=${words.requestThings} filters=${filters} />` : html`${list.rows.length === 0 && html`<${Partial} />`}<${Table} label=${words.requests} rows=${list.rows} href=${(/** @type {any} */ r) => link('sources', source.id, { request: r.id })} columns=${[
    { head: words.received, width: '136px', main: true, cell: (/** @type {any} */ r) => html`<${Time} at=${r.received_at} />` },
    { head: words.verdict, width: '128px', cell: (/** @type {any} */ r) => html`<${Verdict} of=${r.verdict} />` },
    { head: words.why, cell: (/** @type {any} */ r) => html`<span title=${r.detail ?? undefined}>${r.reason ? html`${reasons[r.reason]?.word ?? r.reason} <span class="muted no-phone">${r.detail}</span>` : html`<span class="muted">–</span>`}</span>` },
    { head: words.eventsHead, width: '152px', cell: (/** @type {any} */ r) => words.newEvents(r.accepted, r.duplicates) || html`<span class="muted">${words.none}</span>` },
    { head: words.answered, width: '88px', align: 'right', cell: (/** @type {any} */ r) => html`<span class=${`mono ${r.status >= 400 ? 'bad-text' : ''}`}>${r.status}</span>` },
    { head: words.sizeHead, width: '96px', align: 'right', narrow: 'hide', phone: 'hide', cell: (/** @type {any} */ r) => size(r.body_bytes) },
    { head: words.took, width: '80px', align: 'right', narrow: 'hide', phone: 'hide', cell: (/** @type {any} */ r) => duration(r.duration_ms) },
  ]} /><${Pager} list=${list} further=${list.rows.length === 0} />`)}<//>`;
}
