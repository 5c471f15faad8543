// Which events did not fit the catalogue?
// Counts by type of a workspace that warns, with the places of the last payload that were wrong; never its values.
import { Empty, Loaded, Loading, Table, Time, html, link, may, number, useLive } from '../shell.js';
import { words } from '../messages/en/catalogue.js';

/** @param {{ws: string}} props */
export default function MisfitList({ ws }) {
  const live = useLive('/v1/event-types/mismatches', { workspace_id: ws }, { every: 10_000 });
  const workspace = useLive(may('workspaces:ro') ? `/v1/workspaces/${ws}` : null);
  if (workspace.loading) return html`<${Loading} />`;
  const [none, why] = words.fitNone[workspace.data?.strict] ?? words.fitNone.unknown;
  return html`<${Loaded} of=${live}>${(/** @type {any} */ found) => (found.data.length === 0
    ? html`<${Empty} title=${none} actions=${html`<a class="button" href=${link('settings')}>${words.toSettings}</a>`}>${why}<//>`
    : html`<p class="muted">${words.fitLead}</p><${Table} label=${words.mismatches} rows=${found.data} id=${(/** @type {any} */ r) => r.name} href=${(/** @type {any} */ r) => link('catalogue', r.name)} columns=${[
      { head: words.type, main: true, width: '26%', cell: (/** @type {any} */ r) => html`<bdi class="mono">${r.name}</bdi>` },
      { head: words.notDescribed, width: '112px', align: /** @type {const} */ ('right'), cell: (/** @type {any} */ r) => times(r.undescribed) },
      { head: words.wasArchived, width: '104px', align: /** @type {const} */ ('right'), cell: (/** @type {any} */ r) => times(r.archived) },
      { head: words.misfit, width: '136px', align: /** @type {const} */ ('right'), cell: (/** @type {any} */ r) => times(r.mismatched) },
      { head: words.place, cell: (/** @type {any} */ r) => html`<span title=${r.errors.map((/** @type {any} */ e) => `${e.pointer} ${e.detail}`).join('\n')}>${r.errors.length ? html`<span class="mono">${r.errors[0].pointer}</span> ${r.errors[0].detail}` : html`<span class="muted">–</span>`}</span>` },
      { head: words.last, width: '112px', cell: (/** @type {any} */ r) => html`<${Time} at=${r.last_at} />` },
    ]} />`)}<//>`;
}

/** @param {number} n */
const times = (n) => (n ? number(n) : html`<span class="muted">–</span>`);
