// How are changes listed?
// One line each: time, who, what with a link to the thing as it is now; it opens to before and after.
import { Copy, Id, Instant, Time, html, link, may, shortId } from '../shell.js';
import { words } from '../messages/en/audit.js';
import { HIDDEN, brief, changesOf, nameOf, placeOf } from './audit.js';

/** @param {{rows: any[], names?: Map<string, string>}} props `names`: of things that an entry shows only by id */
export const AuditList = ({ rows, names }) => html`<ol class="audit">${rows.map((entry) => html`<${Entry} key=${entry.id} of=${entry} names=${names} />`)}</ol>`;

/** @param {{of: any, names?: Map<string, string>}} props */
function Entry({ of: entry, names }) {
  const name = nameOf(entry) ?? names?.get(entry.target.id) ?? null;
  const changes = changesOf(entry);
  const place = placeOf(entry);
  const first = brief(changes, words.gone, words.replaced);
  const key = entry.actor.api_key_id ?? (entry.actor.type === 'api_key' ? entry.actor.id : null);
  const keyName = names?.get(key) ?? (['api_key', 'session'].includes(entry.actor.type) ? entry.actor.name : null) ?? shortId(key ?? '');
  // What a new thing leaves empty says nothing.
  const shown = entry.before ? changes : changes.filter((row) => row.after !== null && !['null', '[]', '{}'].includes(row.after));
  return html`<li><details>
    <summary>
      <span class="when"><${Time} at=${entry.created_at} /></span>
      <span class="who"><${Actor} of=${entry.actor} /></span>
      <span class="what">${words.actions[entry.action] ?? entry.action} <${Thing} entry=${entry} place=${null} name=${name} /></span>
      <span class="brief mono">${entry.before && first}${entry.before && changes.length > 1 && html` <span class="muted">${words.more(changes.length - 1)}</span>`}</span>
    </summary>
    <div class="audit-body">
      ${shown.length === 0 ? html`<p class="muted">${words.noChange}</p>` : html`<table class="diff"><thead><tr><th scope="col">${words.member}</th>${entry.before && html`<th scope="col">${words.before}</th>`}${entry.after && html`<th scope="col">${words.after}</th>`}</tr></thead>
        <tbody>${shown.map((row) => html`<tr key=${row.name}><th scope="row" class="mono">${row.name}</th>${entry.before && html`<td><${Value} of=${row.before} class="old" /></td>`}${entry.after && html`<td><${Value} of=${row.after} class="new" /></td>`}</tr>`)}</tbody></table>`}
      <p class="muted row small-row"><${Instant} at=${entry.created_at} />${place && html`<span>${words.open} <${Thing} entry=${entry} place=${place} name=${name} /></span>`}<span>${words.nouns[entry.action.startsWith('action.') && entry.target.type === 'endpoint' ? 'endpointOfAction' : entry.target.type] ?? entry.target.type} <${Id} id=${entry.target.id} whole /></span>
        ${key && html`<span>${words.viaKey} ${may('admin:ro') ? html`<a href=${link('keys', key)} title=${key}><bdi>${keyName}</bdi></a>` : html`<bdi title=${key}>${keyName}</bdi>`}</span>`}
        ${entry.target.type === 'api_key' && html`<a href=${link('audit', '', { actor: entry.target.id })}>${words.itsChanges}</a>`}
        ${entry.request_id && html`<span class="id">${words.request}\u00a0<span class="mono">${entry.request_id}</span><${Copy} text=${entry.request_id} /></span>`}</p>
    </div>
  </details></li>`;
}

/** @param {{of: string|null, class: string}} props */
const Value = ({ of: value, class: side }) => (value === null || value === 'null' || value === '[]' ? html`<span class="muted">${words.gone}</span>` : value === HIDDEN ? html`<span class="muted">${words.hidden}</span>` : html`<code class=${`break ${side}`}>${value}</code>`);

/** The thing as it is now. @param {{entry: any, place: any, name: string|null}} props */
function Thing({ entry, place, name }) {
  if (entry.target.type === 'session') return null;
  const shown = name ? html`<bdi>${name}</bdi>` : html`<span class="mono">${shortId(entry.target.id)}</span>`;
  return place ? html`<a href=${link(place.page, place.id, place.query)} title=${entry.target.id}>${shown}</a>` : html`<span title=${entry.target.id}>${shown}</span>`;
}

/** @param {{of: any}} props */
function Actor({ of: actor }) {
  if (actor.type === 'posthorn') return words.posthorn;
  if (actor.type === 'operator') return words.operator;
  if (actor.type === 'portal_link') return html`<bdi class="cut" title=${actor.id}>${actor.user ? words.portalUser(actor.user) : words.portal}</bdi>`;
  const name = html`<bdi class="cut" title=${actor.name}>${actor.name}</bdi>`;
  return html`${name}${actor.type === 'session' && html`<span class="muted"> ${words.session}</span>`}`;
}
