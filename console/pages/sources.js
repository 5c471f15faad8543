// Which providers post here, and how certain is it that it is they?
// One row a source with its provider, what its signature proves and its state.
import { ChoiceFilter, Empty, Filters, Fresh, Loaded, May, NoMatch, Page, Pager, Status, Table, Time, html, link, may, navigate, route, useKeys, useLiveList } from '../shell.js';
import { providers } from '../messages/en/providers.js';
import { words } from '../messages/en/sources.js';

const filters = { provider: words.provider.toLowerCase() };
/** @param {string} name */
export const providerName = (name) => providers[name]?.name ?? name;

/** @param {{ws: string}} props */
export default function Sources({ ws }) {
  const { query } = route.value;
  const list = useLiveList('/v1/sources', { workspace_id: ws, limit: 50, provider: query.get('provider'), cursor: query.get('cursor'), before: query.get('before') }, { every: 15_000 });
  useKeys(may('sources') ? { n: [words.add, () => navigate(link('sources', 'new'))] } : {});
  const nothing = list.data && list.rows.length === 0 && !list.next;
  const add = html`<${May} scope="sources"><a class="button primary" href=${link('sources', 'new')}>${words.add}</a><//>`;
  if (nothing && !query.get('provider') && !query.get('cursor') && !query.get('before')) return html`<${Page} title=${words.title}><${Empty} title=${words.empty} actions=${add}>${words.emptyHint}<//><//>`;
  return html`<${Page} title=${words.title} note=${words.lead} actions=${add}>
    <${Filters} names=${Object.keys(filters)}><${ChoiceFilter} name="provider" label=${words.provider} options=${Object.entries(providers).map(([name, p]) => [name, p.name])} /><//>
    <${Fresh} list=${list} />
    <${Loaded} of=${list} rows=${6}>${() => (nothing ? html`<${NoMatch} what=${words.things} filters=${filters} />` : html`<${Table} label=${words.title} rows=${list.rows} href=${(/** @type {any} */ s) => link('sources', s.id)} columns=${[
    { head: words.name, main: true, cell: (/** @type {any} */ s) => html`<span class="two-lines"><bdi class="cut" title=${s.name}>${s.name}</bdi><span class="cut">${providerName(s.provider)}</span></span>` },
    { head: words.scheme, width: '22%', narrow: 'hide', phone: 'hide', cell: (/** @type {any} */ s) => html`<span class="mono muted">${s.scheme}</span>` },
    { head: words.proof, width: '140px', cell: (/** @type {any} */ s) => html`<span class=${s.auth_strength === 'signed' ? '' : 'warn-text'} title=${words.strengths[s.auth_strength]?.[1]}>${words.strengths[s.auth_strength]?.[0] ?? s.auth_strength}</span>` },
    { head: words.state, width: '112px', cell: (/** @type {any} */ s) => html`<${Status} of=${s.active ? 'active' : 'off'} />` },
    { head: words.created, width: '128px', cell: (/** @type {any} */ s) => html`<${Time} at=${s.created_at} />` },
  ]} /><${Pager} list=${list} />`)}<//>
  <//>`;
}
