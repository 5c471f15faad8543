// Which keys are there, what may each do, and is it still needed?
// Those of this workspace or of all; never used, unused for long and ending ones are marked.
import { Badge, Empty, Fresh, Loaded, May, Notice, Page, Pager, Segments, Table, Time, html, link, route, session, setQuery, useClock, useLive, useLiveList } from '../shell.js';
import { words } from '../messages/en/keys.js';
import { endOf, idleDays, useOf } from '../manage/key_state.js';
import { sentences } from '../manage/scopes.js';
import { styles } from '../manage/styles.js';

await styles;

/** @param {{ws: string}} props */
export default function Keys({ ws }) {
  const { query } = route.value;
  const all = query.get('of') === 'all';
  const list = useLiveList('/v1/api-keys', { workspace_id: all ? null : ws, limit: 50, cursor: query.get('cursor'), before: query.get('before') }, { every: 30_000 });
  const me = useLive('/v1/me');
  const now = useClock(60_000);
  const idle = list.rows.filter((key) => ['never', 'idle'].includes(useOf(key, now))).length;
  return html`<${Page} title=${words.title} note=${words.note} actions=${html`<${May} scope="admin"><a class="button primary" href=${link('keys', 'new', { of: query.get('of') })}>${words.new}</a><//>`}>
    ${session.value?.workspace_id === null && html`<div class="row of-line"><span class="muted">${words.which}</span><${Segments} label=${words.which} value=${all ? 'all' : ''} options=${[['', words.onlyHere], ['all', words.everywhere]]} change=${(/** @type {string} */ of) => setQuery({ of, cursor: null, before: null })} /></div>`}
    <${Fresh} list=${list} />
    <${Loaded} of=${list}>${() => (list.rows.length === 0 ? html`<${Empty} title=${all ? words.emptyAll : words.empty} actions=${html`<${May} scope="admin"><a class="button primary" href=${link('keys', 'new')}>${words.new}</a><//>`}>${all ? '' : words.emptyHint}<//>` : html`
      ${idle > 0 && html`<div class="above"><${Notice} icon="clock">${words.idleNote(idle)}<//></div>`}
      <${Table} label=${words.title} rows=${list.rows} href=${(/** @type {any} */ key) => link('keys', key.id)} columns=${[
    { head: words.name, main: true, width: '24%', cell: (/** @type {any} */ key) => html`<span class="name-badge"><bdi class="cut" title=${key.name}>${key.name}</bdi>${key.id === me.data?.api_key.id && html`<${Badge}>${words.yours}<//>`}</span>` },
    { head: words.may, cell: (/** @type {any} */ key) => html`<${Sentence} scopes=${key.scopes} />` },
    { head: words.roles, width: '120px', narrow: 'hide', cell: (/** @type {any} */ key) => (key.roles.length ? html`<span class="cut" title=${key.roles.join(', ')}>${key.roles.join(', ')}</span>` : html`<span class="muted">–</span>`) },
    { head: words.used, width: '172px', cell: (/** @type {any} */ key) => html`<${Used} of=${key} now=${now} />` },
    { head: words.ends, width: '136px', cell: (/** @type {any} */ key) => html`<${Ends} of=${key} now=${now} />` },
  ]} /><${Pager} list=${list} />`)}<//>
  <//>`;
}

/** On one line in a list. @param {{scopes: string[]}} props */
function Sentence({ scopes }) {
  const text = sentences(scopes, words.scopes).join('; ');
  return html`<span class="cut block" title=${text}>${text[0].toUpperCase()}${text.slice(1)}</span>`;
}

/** @param {{of: any, now: number}} props */
export function Used({ of: key, now }) {
  const use = useOf(key, now);
  if (use === 'fresh') return html`<span class="muted">${words.fresh}</span>`;
  if (use === 'never') return html`<${Badge} tone="warn">${words.never}<//>`;
  return use === 'idle' ? html`<${Badge} tone="warn">${words.idle(idleDays(key, now))}<//>` : html`<span title=${words.usedHint}><${Time} at=${key.last_used_at} /></span>`;
}

/** @param {{of: any, now: number}} props */
export function Ends({ of: key, now }) {
  const end = endOf(key, now);
  if (end === 'endless') return html`<span class="muted">${words.endless}</span>`;
  if (end === 'over') return html`<${Badge} tone="bad">${words.over}<//>`;
  return html`<span class=${end === 'soon' ? 'warn-text' : ''}><${Time} at=${key.expires_at} /></span>`;
}
