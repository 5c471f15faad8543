// What may one key do, who used it last, and how is it changed or ended?
// The secret once after it was made or rotated; old secrets with their ends; what it changed, from the audit log.
import {
  Badge, Confirm, Facts, Field, Id, Loaded, May, Notice, Opens, Page, Section, Time, forget, html, link, may, navigate, post, relative, remove, session, setSession, span, toast, useClock, useLive, useState,
} from '../shell.js';
import { words } from '../messages/en/keys.js';
import { AuditList } from '../manage/audit_list.js';
import { sentences } from '../manage/scopes.js';
import { ShownOnce, showOnce } from '../manage/shown_once.js';
import { styles } from '../manage/styles.js';
import { Ends, Used } from './keys.js';

await styles;

/** @param {{ws: string, id: string}} props */
export default function OneKey({ ws, id }) {
  const live = useLive(`/v1/api-keys/${id}`, {}, { every: 30_000 });
  const me = useLive('/v1/me');
  const own = me.data?.api_key.id === id;
  const name = live.data?.name ?? words.key;
  return html`<${Page} title=${name} heading=${html`<bdi>${name}</bdi>`} crumbs=${[[words.title, link('keys', '', { of: live.data && live.data.workspace_id === null ? 'all' : null })]]}
    actions=${live.data && html`<${May} scope="admin"><${Rotate} of=${live.data} done=${live.refresh} /><${Revoke} of=${live.data} own=${own} /><//>`}>
    <${ShownOnce} id=${id} title=${words.secretTitle} hint=${words.secretHint} copy=${words.copySecret} done=${words.secretDone} />
    <${Loaded} of=${live}>${(/** @type {any} */ key) => html`<${About} of=${key} own=${own} /><${Did} ws=${ws} of=${key} />`}<//>
  <//>`;
}

/** @param {{of: any, own: boolean}} props */
function About({ of: key, own }) {
  const now = useClock(30_000);
  const old = (key.old_keys ?? []).filter((/** @type {any} */ k) => Date.parse(k.expires_at) > now);
  return html`
    ${own && html`<${Notice}>${words.yoursHint}<//>`}
    ${old.map((/** @type {any} */ k) => html`<${Notice} key=${k.expires_at} icon="clock">${words.oldEnds(span(Date.parse(k.expires_at) - now))}<//>`)}
    <${Facts} of=${[
    [words.used, html`<${Used} of=${key} now=${now} />`], [words.ends, html`<${Ends} of=${key} now=${now} />`],
    [words.roles, key.roles.length ? key.roles.map((/** @type {string} */ role) => html`<${Badge} key=${role}>${role}<//> `) : html`<span class="muted">${words.none}</span>`],
    [words.workspace, key.workspace_id ? words.onlyHere : words.everywhere], [words.created, html`<${Time} whole at=${key.created_at} />`], [words.id, html`<${Id} id=${key.id} />`],
  ]} />
    <${Section} title=${words.may}><ul class="may-list">${sentences(key.scopes, words.scopes).map((text) => html`<li key=${text}>${text}</li>`)}</ul>
      <p class="muted mono">${key.scopes.join(', ')}</p><//>`;
}

/** The last changes that were made with it. @param {{ws: string, of: any}} props */
function Did({ ws, of: key }) {
  const live = useLive(may('admin:ro') ? '/v1/audit' : null, { workspace_id: key.workspace_id ?? ws, actor: key.id, limit: 5 });
  if (!live.data) return null;
  return html`<${Section} title=${words.did} actions=${html`<a href=${link('audit', '', { actor: key.id })}>${words.didAll}</a>`}>
    ${live.data.data.length === 0 ? html`<p class="muted">${words.didNothing}</p>` : html`<${AuditList} rows=${live.data.data} />`}<//>`;
}

/** @param {{of: any, done: () => Promise<void>}} props */
const Rotate = ({ of: key, done }) => html`<${Opens} label=${words.rotate}>${(/** @type {() => void} */ close) => html`<${RotateDialog} of=${key} close=${close} done=${done} />`}<//>`;

/** @param {{of: any, close: () => void, done: () => Promise<void>}} props */
function RotateDialog({ of: key, close, done }) {
  const [overlap, setOverlap] = useState('86400');
  const run = async () => {
    const made = await post(`/v1/api-keys/${key.id}/rotate`, { overlap_seconds: Number(overlap) });
    showOnce(key.id, made.key);
    toast(words.rotated);
    scrollTo(0, 0);
    done();
  };
  return html`<${Confirm} title=${words.rotateTitle(key.name)} confirm=${words.rotate} close=${close} run=${run}><p>${words.rotateWords}</p>
    <${Field} label=${words.overlap}>${(/** @type {any} */ a) => html`<select ...${a} value=${overlap} onChange=${(/** @type {any} */ e) => setOverlap(e.target.value)}>${words.overlaps.map(([v, word]) => html`<option key=${v} value=${v}>${word}</option>`)}</select>`}<//><//>`;
}

/** @param {{of: any, own: boolean}} props */
const Revoke = ({ of: key, own }) => html`<${Opens} class="button danger-text" label=${words.revoke}>${(/** @type {() => void} */ close) => html`<${Confirm} danger title=${words.revokeTitle(key.name)} type=${key.name.trim()} confirm=${words.revoke} close=${close}
  run=${async () => {
    await remove(`/v1/api-keys/${key.id}`);
    toast(words.revoked);
    if (own && session.value) { setSession(null); forget(); navigate('/console/login'); } else navigate(link('keys'));
  }}><p>${words.revokeWords}</p>${own && html`<p><strong>${words.revokeOwn}</strong></p>`}${key.last_used_at && html`<p>${words.usedLately(relative(key.last_used_at))}</p>`}<//>`}<//>`;
