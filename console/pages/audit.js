// Who changed what, when, and from what to what?
// Newest first, of the workspace or of the installation; filters in the address; each entry opens to before and after.
import { ChoiceFilter, Empty, Filters, Fresh, Loaded, NoMatch, Page, Pager, Segments, TextFilter, TimeFilter, endpointName, html, route, session, setQuery, useEndpoints, useLive, useLiveList, useMemo, useTimeRange, workspaceNames } from '../shell.js';
import { words } from '../messages/en/audit.js';
import { AuditList } from '../manage/audit_list.js';
import { styles } from '../manage/styles.js';

await styles;

const FILTERS = /** @type {Record<string, string>} */ ({ action: words.action, actor: words.actor, target: words.target, period: words.period, since: words.period, until: words.period });

/** @param {{ws: string}} props */
export default function Audit({ ws }) {
  const { query } = route.value;
  const whole = query.get('of') === 'installation';
  const ask = { workspace_id: whole ? null : ws, limit: 50, ...Object.fromEntries(['action', 'actor', 'target', 'cursor', 'before'].map((name) => [name, query.get(name)])), ...useTimeRange() };
  const list = useLiveList('/v1/audit', ask, { every: 15_000 });
  const keys = useLive('/v1/api-keys', { workspace_id: ws, limit: 250 });
  const all = useLive(session.value?.workspace_id === null ? '/v1/api-keys' : null, { limit: 250 });
  const endpoints = useEndpoints(ws);
  const names = useMemo(() => new Map([...[...endpoints.values()].map((e) => /** @type {[string, string]} */ ([e.id, endpointName(e)])), ...(keys.data?.data ?? []).map((/** @type {any} */ k) => [k.id, k.name]), ...Object.entries(workspaceNames.value)]), [endpoints, keys.data, workspaceNames.value]);
  // A revoked key is listed nowhere but in what it did.
  const seen = list.rows.map((/** @type {any} */ { actor }) => ({ id: actor.api_key_id ?? (actor.type === 'api_key' ? actor.id : null), name: actor.name })).filter((k) => k.id && k.name);
  const actors = [...new Map([...seen, ...(keys.data?.data ?? []), ...(all.data?.data ?? [])].map((k) => /** @type {[string, string]} */ ([k.id, k.name])))];
  const used = Object.fromEntries(Object.entries(FILTERS).filter(([name]) => query.get(name)));
  return html`<${Page} title=${words.title} note=${words.note}>
    <${Filters} names=${Object.keys(FILTERS)}>
      ${session.value?.workspace_id === null && html`<${Segments} label=${words.of} value=${whole ? 'installation' : ''} options=${[['', words.here], ['installation', words.installation]]} change=${(/** @type {string} */ of) => setQuery({ of, cursor: null, before: null })} />`}
      <${ChoiceFilter} name="action" label=${words.action} options=${Object.entries(words.actions)} />
      <${ChoiceFilter} name="actor" label=${words.actor} options=${actors} />
      <${TextFilter} name="target" label=${words.target} minLength=${3} width="256px" />
      <${TimeFilter} />
    <//>
    <${Fresh} list=${list} />
    <${Loaded} of=${list} rows=${10}>${() => (list.rows.length > 0 ? html`<${AuditList} rows=${list.rows} names=${names} /><${Pager} list=${list} />`
    : Object.keys(used).length ? html`<${NoMatch} what=${words.things} filters=${used} />` : html`<${Empty} title=${words.empty}>${words.emptyHint}<//>`)}<//>
  <//>`;
}
