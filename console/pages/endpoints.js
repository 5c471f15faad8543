// Which endpoints are there, and how do they do?
// State in words with its next step, what each gets, and the last 24 hours of all rows by one request.
import {
  ChoiceFilter, Empty, Filters, Fresh, Icon, Loaded, May, NoMatch, Notice, Page, Pager, Sparkline, Table, TextFilter, duration, endpointName, fill, html, link, may, navigate, percent, route, shortUrl,
  useKeys, useLive, useLiveList, useMemo,
} from '../shell.js';
import { wants } from '../endpoint/state.js';
import { StateCell } from '../endpoint/state_line.js';
import { words } from '../messages/en/endpoints.js';

/** So many figures are answered at once, so many rows a page has. */
const ROWS = 50;
const filters = { state: words.state.toLowerCase(), event_type: words.type.toLowerCase(), q: words.text.toLowerCase() };

/** @param {{ws: string}} props */
export default function Endpoints({ ws }) {
  const { query } = route.value;
  const list = useFound(ws, query);
  const ids = list.rows.slice(0, ROWS).map((e) => e.id);
  const figures = useLive(ids.length && may('deliveries:ro') ? '/v1/statistics' : null, { workspace_id: ws, endpoint_ids: ids.join(',') }, { every: 30_000 });
  const byId = useMemo(() => new Map((figures.data?.data ?? []).map((/** @type {any} */ s) => [s.endpoint_id, s])), [figures.data]);
  const types = useLive('/v1/event-types').data?.data ?? [];
  const filtered = Object.keys(filters).some((name) => query.get(name));
  const first = !filtered && !query.get('cursor') && !query.get('before');
  useKeys(may('webhooks') ? { n: [words.add, () => navigate(link('endpoints', 'new'))] } : {});
  if (list.data && list.rows.length === 0 && first && !list.next) return html`<${Page} title=${words.title}><${Nothing} /><//>`;
  return html`<${Page} title=${words.title} actions=${html`<${May} scope="webhooks"><a class="button primary" href=${link('endpoints', 'new')}><${Icon} name="plus" />${words.add}</a><//>`}>
    <${Filters} names=${Object.keys(filters)}>
      <${TextFilter} name="q" label=${words.textHint} width="240px" /><${ChoiceFilter} name="state" label=${words.state} options=${words.states} />
      <${TextFilter} name="event_type" label=${words.type} list=${types.map((/** @type {any} */ t) => t.name)} />
    <//>
    <${Fresh} list=${list} />
    ${figures.error && html`<${Notice} tone="warn">${words.statsFailed}<//>`}
    <${Loaded} of=${list} rows=${8}>${() => (list.rows.length === 0 && !list.next
    ? html`<${NoMatch} what=${words.things} filters=${Object.fromEntries(Object.entries(filters).filter(([name]) => query.get(name)))} />`
    : html`${list.tooMany && html`<${Notice}>${words.tooMany}<//>`}<${Rows} rows=${list.rows} byId=${byId} /><${Pager} list=${list} />`)}<//>
  <//>`;
}

const Nothing = () => html`<${Empty} icon="endpoints" title=${words.empty} actions=${html`<${May} scope="webhooks">${route.value.app === 'portal' ? html`<a class="button primary" href=${link('endpoints', 'new')}>${words.add}</a>` : html`<a class="button primary" href=${link('setup')}>${words.setUp}</a><a class="button" href=${link('endpoints', 'new')}>${words.add}</a>`}<//>`}>${words.emptyHint} ${may('webhooks') && words.emptyFirst}<//>`;

/**
 * The page of the list. A text is looked for in descriptions and in URLs, which the API asks one by one.
 * @param {string} ws @param {URLSearchParams} query @returns {import('../live.js').LiveList & {tooMany?: boolean}}
 */
function useFound(ws, query) {
  const ask = { workspace_id: ws, limit: ROWS, state: query.get('state'), event_type: query.get('event_type') };
  const text = query.get('q');
  const paged = useLiveList(text ? null : '/v1/webhook-endpoints', { ...ask, cursor: query.get('cursor'), before: query.get('before') });
  const named = useLiveList(text ? '/v1/webhook-endpoints' : null, { ...ask, description: text });
  const addressed = useLiveList(text ? '/v1/webhook-endpoints' : null, { ...ask, url: text });
  if (!text) return paged;
  const both = new Map([...named.rows, ...addressed.rows].map((e) => [e.id, e]));
  const rows = [...both.values()].sort((a, b) => (a.id < b.id ? 1 : -1));
  const half = named.error || named.loading ? named : addressed;
  return { ...half, rows: rows.slice(0, ROWS), tooMany: rows.length > ROWS || Boolean(named.next || addressed.next), fresh: 0, freshMore: false, next: null, previous: null };
}

/** @param {{rows: any[], byId: Map<string, any>}} props */
const Rows = ({ rows, byId }) => html`<${Table} label=${words.title} rows=${rows} href=${(/** @type {any} */ e) => link('endpoints', e.id)} columns=${[
  { head: words.state, width: '30%', cell: (/** @type {any} */ e) => html`<${StateCell} endpoint=${e} figures=${byId.get(e.id)} />` },
  { head: words.endpoint, main: true, cell: (/** @type {any} */ e) => html`<${Name} endpoint=${e} />` },
  { head: words.wants, width: '18%', narrow: 'hide', cell: (/** @type {any} */ e) => html`<${Wants} endpoint=${e} />` },
  ...(may('deliveries:ro') ? [
    { head: words.day, width: '120px', cell: (/** @type {any} */ e) => html`<${Day} of=${byId.get(e.id)} />` },
    { head: words.success, width: '80px', align: 'right', cell: (/** @type {any} */ e) => html`<span title=${words.successTitle} class=${rate(byId.get(e.id)) < 0.9 ? 'bad-text' : ''}>${percent(byId.get(e.id)?.total.success_rate)}</span>` },
    { head: words.p95, width: '72px', align: 'right', cell: (/** @type {any} */ e) => html`<span title=${words.p95Title}>${duration(byId.get(e.id)?.total.p95_ms)}</span>` },
  ] : []),
]} />`;

/** @param {any} figures */
const rate = (figures) => figures?.total.success_rate ?? 1;

/** @param {{endpoint: any}} props */
const Name = ({ endpoint }) => html`<span class="two-lines" title=${endpoint.url}><bdi class="cut">${endpointName(endpoint)}</bdi><bdi dir="ltr" class="cut">${endpoint.description ? shortUrl(endpoint.url) : words.noName}</bdi></span>`;

/** @param {{endpoint: any}} props */
function Wants({ endpoint }) {
  const { all, shown, more, rest, filtered, channels } = wants(endpoint);
  const narrowed = [filtered && words.filtered, channels.length && words.channels(channels)].filter(Boolean).join(' · ');
  return html`<span class="two-lines"><span class="cut" title=${endpoint.events.join('\n')}>${all ? words.everyType : shown.join(', ')}</span>
    ${(more > 0 || narrowed) && html`<span class="cut" title=${rest.join('\n')}>${[more > 0 && words.more(more), narrowed].filter(Boolean).join(' · ')}</span>`}</span>`;
}

/** @param {{of: any}} props */
const Day = ({ of }) => (of ? html`<${Sparkline} data=${fill(of.data)} label=${words.day} />` : html`<span class="spark-space"></span>`);
