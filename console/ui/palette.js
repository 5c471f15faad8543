// How does one get anywhere by typing?
// ⌘K or `/`: pages, endpoints, event types, rules, workspaces; any pasted id opens its page. Loaded when first opened.
import {
  Dialog, Icon, call, endpointName, get, html, isUid, link, may, messages, navigate, openTab, pageName, pageOfId, rememberNames, route, session, shortUrl, useEffect, useRef, useState, visiblePages,
} from '../shell.js';

/** @typedef {{kind: string, word: string, note?: string, to: string, icon: string}} Hit */
const words = messages.palette;

/** @param {{kind?: string, close: () => void}} props `kind`: only `workspaces` */
export function Palette({ kind, close }) {
  const [text, setText] = useState('');
  const [at, setAt] = useState(0);
  const [remote, setRemote] = useState(/** @type {Hit[]} */ ([]));
  const list = useRef(/** @type {HTMLElement|null} */ (null));
  const found = remote.filter((h) => has(`${h.word} ${h.note ?? ''}`, text));
  const own = found.filter((h) => h.kind === words.ids);
  const hits = kind === 'workspaces' ? [...remote, ...newWorkspace('')] : [...idHits(text), ...own, ...pageHits(text), ...newWorkspace(text.trim() || '-'), ...found.filter((h) => !own.includes(h)), ...payloadHits(text.trim())];

  useEffect(() => {
    let over = false;
    const ask = setTimeout(async () => {
      const found = await (kind === 'workspaces' ? workspaces(text) : things(text.trim()));
      if (!over) setRemote(found);
    }, text ? 150 : 0);
    return () => { over = true; clearTimeout(ask); };
  }, [text, kind]);
  useEffect(() => setAt(0), [text]);
  useEffect(() => { list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' }); }, [at]);

  const open = (/** @type {Hit|undefined} */ hit, /** @type {any} */ event = {}) => {
    if (!hit) return;
    if (event.metaKey || event.ctrlKey) { openTab(hit.to); return; }
    close();
    navigate(hit.to);
  };
  const key = (/** @type {KeyboardEvent} */ e) => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[e.key];
    if (by) { e.preventDefault(); setAt(Math.max(0, Math.min(hits.length - 1, at + by))); }
    if (e.key === 'Enter' && !e.isComposing) { e.preventDefault(); open(hits[at], e); }
  };
  let group = '';
  return html`<${Dialog} bare title=${kind === 'workspaces' ? messages.nav.switchWorkspace : words.label} close=${close}>
    <div class="palette">
      <div class="palette-input"><${Icon} name="search" /><input type="text" role="combobox" aria-expanded="true" aria-controls="palette-list" aria-activedescendant=${`hit-${at}`} aria-label=${words.label} placeholder=${kind === 'workspaces' ? messages.nav.switchWorkspace : words.placeholder}
        autocomplete="off" spellcheck=${false} value=${text} onInput=${(/** @type {any} */ e) => setText(e.target.value)} onKeyDown=${key} autofocus /></div>
      <div class="palette-list" id="palette-list" role="listbox" aria-label=${words.label} ref=${list}>
        ${hits.map((hit, n) => {
    const heading = hit.kind !== group && hit.kind;
    group = hit.kind;
    return html`${heading && html`<div key=${heading} class="palette-group" role="presentation">${heading}</div>`}
            <div key=${hit.to} id=${`hit-${n}`} class="hit" role="option" aria-selected=${n === at ? 'true' : 'false'} onClick=${(/** @type {Event} */ e) => open(hit, e)} onPointerMove=${() => setAt(n)}><${Icon} name=${hit.icon} /><bdi class="cut">${hit.word}</bdi>${hit.note && html`<bdi class="note cut">${hit.note}</bdi>`}</div>`;
  })}
        ${hits.length === 0 && html`<p class="muted pad">${words.none}</p>`}
      </div>
    </div>
  <//>`;
}

/** @param {string} hay @param {string} needle */
const has = (hay, needle) => needle.toLowerCase().split(/\s+/).every((word) => hay.toLowerCase().includes(word));

/** @param {string} text @returns {Hit[]} */
function idHits(text) {
  const found = pageOfId(text);
  return found ? [{ kind: words.ids, word: `${words.open} ${found.id}`, note: pageName(found.page), to: found.page === 'keys' ? link('keys', '', { key: found.id }) : link(found.page, found.id), icon: found.page === 'keys' ? 'keys_page' : found.page }] : [];
}

/** @param {string} text @returns {Hit[]} */
const pageHits = (text) => visiblePages().flatMap(([, pages]) => pages).filter((p) => has(pageName(p), text)).map((p) => ({ kind: words.pages, word: pageName(p), to: link(p), icon: p === 'keys' ? 'keys_page' : p }));

/** Made in the settings. @param {string} text @returns {Hit[]} */
const newWorkspace = (text) => (may('workspaces') && session.value?.workspace_id === null && has(words.newWorkspace, text) ? [{ kind: words.pages, word: words.newWorkspace, note: pageName('settings'), to: link('settings', '', { new: 1 }), icon: 'plus' }] : []);

/** A number of an invoice, an address: what the payload of an event says. @param {string} text @returns {Hit[]} */
const payloadHits = (text) => (text.length < 2 || pageOfId(text) || !visiblePages().some(([, pages]) => pages.includes('events')) ? [] : [{ kind: pageName('events'), word: words.inPayloads(text), to: link('events', '', { text }), icon: 'search' }]);

/** What has just this `uid`: the id that the product gave it. @param {string} path @param {string} uid @param {any} query @param {string} page @param {(it: any) => string} name @returns {Promise<Hit[]>} */
const ofUid = (path, uid, query, page, name) => quietly(async () => {
  const { data } = await get(path, { workspace_id: route.value.ws, ...query });
  return data.filter((/** @type {any} */ it) => it.uid === uid).map((/** @type {any} */ it) => ({ kind: words.ids, word: `${words.open} ${uid}`, note: name(it), to: link(page, it.id), icon: page }));
});

/** @param {() => Promise<Hit[]>} ask @returns {Promise<Hit[]>} */
const quietly = (ask) => ask().catch(() => []);

/** Endpoints, types and rules that contain the text, and what has it as its own id; a failed search finds nothing and is no error. @param {string} text @returns {Promise<Hit[]>} */
async function things(text) {
  if (text.length < 2 || pageOfId(text)) return [];
  const workspace_id = route.value.ws;
  const endpoint = (/** @type {any} */ e) => ({ kind: words.endpoints, word: e.description || shortUrl(e.url), note: e.description ? shortUrl(e.url) : '', to: link('endpoints', e.id), icon: 'endpoints' });
  const endpoints = (/** @type {any} */ query) => quietly(async () => (await get('/v1/webhook-endpoints', { workspace_id, limit: 6, ...query })).data.map(endpoint));
  const found = await Promise.all([
    isUid(text) && may('events:ro') ? ofUid('/v1/events', text, { uid: text }, 'events', (e) => e.type) : [],
    isUid(text) && may('webhooks:ro') ? ofUid('/v1/webhook-endpoints', text, { limit: 250 }, 'endpoints', endpointName) : [],
    may('webhooks:ro') ? endpoints({ description: text }) : [],
    may('webhooks:ro') ? endpoints({ url: text }) : [],
    quietly(async () => (await get('/v1/event-types', { name: text })).data.slice(0, 6).map((/** @type {any} */ t) => ({ kind: words.types, word: t.name, note: t.title, to: link('catalogue', t.name), icon: 'catalogue' }))),
    may('rules:ro') ? quietly(async () => (await get('/v1/rules', { workspace_id, name: text, limit: 6 })).data.map((/** @type {any} */ r) => ({ kind: words.rules, word: r.name, to: link('rules', r.id), icon: 'rules' }))) : [],
  ]);
  return [...new Map(found.flat().map((hit) => [hit.to, hit])).values()];
}

/** @param {string} text @returns {Promise<Hit[]>} */
const workspaces = (text) => quietly(async () => {
  const { data } = (await call('GET', '/v1/workspaces', { query: { name: text, limit: 50 } })).data;
  rememberNames(data);
  return data.map((/** @type {any} */ w) => ({ kind: words.workspaces, word: w.name, note: w.uid ?? '', to: link(route.value.page || 'overview', '', {}, w.id), icon: w.id === route.value.ws ? 'check' : 'right' }));
});
