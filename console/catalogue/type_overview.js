// What is in events of this type, who gets them, and were there any lately?
// Description and fields as a table, the example, endpoints and rules that listen in this workspace.
import { Facts, Fold, Notice, Section, Time, endpointName, html, link, may, number, useLive, useMemo } from '../shell.js';
import { JsonTree } from '../ui/json_tree.js';
import { words } from '../messages/en/catalogue.js';
import { FieldsTable } from './fields_table.js';
import { listening, ruled } from './listens.js';
import { mayDescribe, useListeners, useSeen } from './use.js';

/** So many who listen are named. */
const NAMED = 20;

/** @param {{ws: string, type: any}} props */
export default function TypeOverview({ ws, type }) {
  const text = useMemo(() => (type.schema ? JSON.stringify(type.schema, null, 2) : ''), [type.schema]);
  const example = useMemo(() => (type.example === null || type.example === undefined ? null : JSON.stringify(type.example)), [type.example]);
  return html`
    <${Facts} of=${[[words.group, type.group ?? html`<span class="muted">${words.noGroup}</span>`], [words.version, words.versionOf(type.version)], [words.created, html`<${Time} whole at=${type.created_at} />`], [words.updated, html`<${Time} whole at=${type.updated_at} />`], [words.seen, html`<${Seen} ws=${ws} type=${type.name} />`]]} />
    ${type.description && html`<p class="words" dir="auto">${type.description}</p>`}
    <${Section} title=${words.fields} note=${type.schema && words.fieldsNote(words.versionOf(type.version))}>
      ${type.schema ? html`<${FieldsTable} schema=${type.schema} /><${Fold} label=${words.schemaText}><${JsonTree} text=${text} label=${words.schemaText} /><//><${Strictness} ws=${ws} />`
    : html`<p class="muted">${words.noSchema} ${mayDescribe() && html`<a href=${link('catalogue', type.name, { tab: 'versions', add: 1 })}>${words.addSchema}</a>`}</p>`}
    <//>
    <${Section} title=${words.example}>${example === null ? html`<p class="muted">${words.noExample}</p>` : html`<${JsonTree} text=${example} label=${words.example} root="data" />`}<//>
    <${Listens} ws=${ws} type=${type.name} />`;
}

/** What happens to an event that does not fit. @param {{ws: string}} props */
function Strictness({ ws }) {
  const { data } = useLive(may('workspaces:ro') ? `/v1/workspaces/${ws}` : null, {}, { every: 0 });
  return data && html`<p class="hint">${words.misfitsAre[data.strict]} <a href=${link('settings')}>${words.toStrict}</a></p>`;
}

/** @param {{ws: string, type: string}} props */
function Seen({ ws, type }) {
  const seen = useSeen(ws);
  if (!seen.ready) return html`<span class="muted">–</span>`;
  const row = seen.of.get(type);
  if (!row) return seen.all ? words.seenDayNone : words.seenNoneOf(seen.looked);
  return html`<a href=${link('events', '', { event_type: type })}>${number(row.count)}${seen.all ? '' : '+'}</a><span class="muted">, ${words.lastOne} <${Time} at=${row.last_at} /></span>`;
}

/** @param {{ws: string, type: string}} props */
function Listens({ ws, type }) {
  const { endpoints, rules, more } = useListeners(ws);
  if (!endpoints && !rules) return null;
  const [gets, waits] = [listening(endpoints ?? [], type), ruled(rules ?? [], type)];
  const pattern = (/** @type {string[]} */ events) => (events.length ? (events.includes(type) ? '' : words.byPattern(events.find((e) => e.endsWith('.*') && type.startsWith(e.slice(0, -1))) ?? '')) : words.allTypes);
  return html`<${Section} title=${words.listens} note=${words.listensNote}>
    ${more && html`<${Notice}>${words.listensMore}<//>`}
    <div class="columns">
      ${endpoints && html`<div><h3>${words.endpoints}</h3>${gets.length === 0 ? html`<p class="muted">${words.noEndpoints}</p>` : html`<ul class="listeners">${gets.slice(0, NAMED).map((e) => html`<li key=${e.id}><a class="cut" href=${link('endpoints', e.id)}><bdi>${endpointName(e)}</bdi></a><span class="muted">${[!e.active && words.off, pattern(e.events)].filter(Boolean).join(' · ')}</span></li>`)}</ul>${gets.length > NAMED && html`<p class="muted">${words.andMore(gets.length - NAMED)}</p>`}`}</div>`}
      ${rules && html`<div><h3>${words.rules}</h3>${waits.length === 0 ? html`<p class="muted">${words.noRules}</p>` : html`<ul class="listeners">${waits.slice(0, NAMED).map((r) => html`<li key=${r.id}><a class="cut" href=${link('rules', r.id)}><bdi>${r.name}</bdi></a><span class="muted">${[!r.active && words.off, pattern(r.when?.events ?? [])].filter(Boolean).join(' · ')}</span></li>`)}</ul>${waits.length > NAMED && html`<p class="muted">${words.andMore(waits.length - NAMED)}</p>`}`}</div>`}
    </div>
  <//>`;
}
