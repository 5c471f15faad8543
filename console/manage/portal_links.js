// Which links into the portal are open?
// For whom, what they allow, until when; each can be ended at once. The one just made is shown once.
import { Confirm, Copy, Empty, Fold, Fresh, Icon, Loaded, May, Opens, Pager, Table, Time, html, remove, route, signal, toast, useLiveList } from '../shell.js';
import { words } from '../messages/en/portal.js';
import { sentences } from './scopes.js';
import { ShownOnce, shownOnce } from './shown_once.js';

/** The link that this tab made last. */
export const lastLink = signal(/** @type {any} */ (null));

/** What a link allows, with the words of a customer. @param {string[]} scopes */
const allows = (scopes) => sentences(scopes, words.scopesOf).join('; ');

/** @param {{ws: string}} props */
export function Links({ ws }) {
  const { query } = route.value;
  const list = useLiveList('/v1/portal-links', { workspace_id: ws, limit: 50, cursor: query.get('cursor'), before: query.get('before') }, { every: 15_000 });
  const made = lastLink.value?.workspace_id === ws ? lastLink.value : null;
  // What was made a moment ago need not wait behind "Show 1 new".
  if (made && list.fresh > 0) queueMicrotask(list.showFresh);
  return html`
    ${made && html`<${ShownOnce} id=${made.id} title=${words.onceTitle} hint=${words.onceHint} copy=${words.copy} done=${words.done}><a class="button" href=${shownOnce(made.id)} target="_blank" rel="noopener noreferrer">${words.open}<${Icon} name="external" /></a><//>`}
    <${Fresh} list=${list} />
    <${Loaded} of=${list}>${() => (list.rows.length === 0 ? html`<${Empty} title=${words.empty}>${words.emptyHint}<//>` : html`<${Table} label=${words.links} rows=${list.rows} columns=${[
    { head: words.user, main: true, width: '26%', cell: (/** @type {any} */ l) => (l.user ? html`<span class="cut block" title=${l.user}><bdi>${l.user}</bdi></span>` : html`<span class="muted">${words.noUser}</span>`) },
    { head: words.may, cell: (/** @type {any} */ l) => html`<span class="cut block first-up" title=${l.scopes.join(', ')}>${allows(l.scopes)}</span>` },
    { head: words.made, width: '128px', narrow: 'hide', cell: (/** @type {any} */ l) => html`<${Time} at=${l.created_at} />` },
    { head: words.ends, width: '144px', cell: (/** @type {any} */ l) => html`<${Time} at=${l.expires_at} />` },
    { head: '', width: '96px', align: 'right', cell: (/** @type {any} */ l) => html`<${May} scope="webhooks"><${Delete} of=${l} done=${list.refresh} /><//>` },
  ]} /><${Pager} list=${list} />`)}<//>
    <div class="below folds-end"><${Fold} label=${words.curl}><div class="with-copy"><pre class="code wrap" tabindex="0">${curl(ws)}</pre><${Copy} text=${curl(ws)} /></div><//></div>`;
}

/** @param {{of: any, done: () => Promise<void>}} props */
const Delete = ({ of: link, done }) => html`<${Opens} class="button small" label=${words.delete}>${(/** @type {() => void} */ close) => html`<${Confirm} danger title=${words.deleteTitle} confirm=${words.delete} close=${close} run=${async () => { await remove(`/v1/portal-links/${link.id}`); if (lastLink.value?.id === link.id) lastLink.value = null; toast(words.deleted); await done(); }}>${link.user && html`<p><bdi>${link.user}</bdi></p>`}<p>${words.deleteWords}</p><//>`}<//>`;

/** @param {string} ws */
const curl = (ws) => `curl -sS "${location.origin}/v1/portal-links" -H "X-API-Key: $KEY" \\
  -d '${JSON.stringify({ workspace_id: ws, scopes: words.preset[0][1], user: 'user-17' })}'`;
