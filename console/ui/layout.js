// What is around every page?
// Left navigation, workspace, the page's head with crumb and buttons; the portal's variant without the product's name.
import { html, signal, useEffect } from '../vendor/preact-htm-signals.js';
import { call, may, session } from '../api.js';
import { keyName } from '../keys.js';
import { messages } from '../messages/en.js';
import { link, route } from '../router.js';
import { Icon } from './icon.js';
import { Boundary } from './states.js';
import { announce, Toasts } from './toast.js';

/** Each page of the navigation: [page, scope that it needs, also in the portal]. */
const PAGES = /** @type {[string, [string, string, boolean][]][]} */ ([
  ['watch', [['overview', 'deliveries:ro', true], ['endpoints', 'webhooks:ro', true], ['deliveries', 'deliveries:ro', true], ['events', 'events:ro', true], ['replays', 'deliveries:ro', false]]],
  ['build', [['setup', 'webhooks', false], ['catalogue', '', true], ['rules', 'rules:ro', false], ['actions', 'actions:ro', false], ['sources', 'sources:ro', false], ['developers', '', false]]],
  ['manage', [['keys', 'admin:ro', false], ['portal', 'workspaces:ro', false], ['notifications', 'webhooks:ro', false], ['audit', 'admin:ro', false], ['settings', 'workspaces:ro', false]]],
]);

/** @param {string} page */
export const pageName = (page) => /** @type {any} */ (messages.nav)[page === 'keys' ? 'keys_page' : page] ?? page;

/** The pages that this session may open, in groups. @returns {[string, string[]][]} */
export function visiblePages() {
  const portal = route.value.app === 'portal';
  return PAGES.map(([group, pages]) => /** @type {[string, string[]]} */ ([group, pages.filter(([page, scope, inPortal]) => (!portal || (inPortal && (look.value.pages ?? [page]).includes(page))) && (!scope || may(scope))).map(([page]) => page)]))
    .filter(([, pages]) => pages.length > 0);
}

/** The first page that this session may open. */
export const firstPage = () => visiblePages()[0]?.[1][0] ?? 'overview';

/**
 * Why this session may not open a page: the scope that it lacks, or 'portal' for a page that a customer's portal does not have.
 * The portal links to replays and to the signature doctor from its other pages.
 * @param {string} page
 */
export function lacking(page) {
  const [, scope, inPortal] = PAGES.flatMap(([, pages]) => pages).find(([name]) => name === page) ?? ['', '', false];
  if (route.value.app === 'portal' && !['replays', 'developers'].includes(page) && !(inPortal && (look.value.pages ?? [page]).includes(page))) return 'portal';
  return scope && !may(scope) ? scope : '';
}

/** What the portal looks like; portal.js fills it. @type {import('../vendor/preact-htm-signals.js').Signal<{name?: string|null, accent?: string|null, logo?: string|null, theme?: string, origins?: string[], refresh_url?: string|null, return_url?: string|null, hide_branding?: boolean, pages?: string[]|null, lang?: string|null}>} */
export const look = signal({});

/** Names of workspaces, kept for the tab: one request less on each page. */
const NAMES = 'posthorn.workspaces';
export const workspaceNames = signal(/** @type {Record<string, string>} */ (readNames()));
function readNames() {
  try { return JSON.parse(sessionStorage.getItem(NAMES) ?? '{}'); } catch { return {}; }
}
/** @param {{id: string, name: string}[]} workspaces */
export function rememberNames(workspaces) {
  workspaceNames.value = { ...workspaceNames.value, ...Object.fromEntries(workspaces.map((w) => [w.id, w.name])) };
  sessionStorage.setItem(NAMES, JSON.stringify(workspaceNames.value));
}
/** After a logout. */
export function forgetNames() {
  workspaceNames.value = {};
  sessionStorage.removeItem(NAMES);
}
/** A workspace of the address that does not exist. */
export const missing = signal('');
/** @param {string} ws */
async function learnName(ws) {
  if (!ws || workspaceNames.value[ws]) return;
  try {
    if (may('workspaces:ro')) { rememberNames([(await call('GET', `/v1/workspaces/${ws}`)).data]); return; }
    const { data } = await call('GET', '/v1/me');
    if (data.workspace_name && data.api_key.workspace_id === ws) rememberNames([{ id: ws, name: data.workspace_name }]);
  } catch (error) {
    // Otherwise the id is shown.
    if (/** @type {any} */ (error).status === 404) missing.value = ws;
  }
}

const menuOpen = signal(false);

/** @param {{children?: any, commands: {palette: (kind?: string) => void, sheet: () => void, logout: () => void}}} props */
export function Shell({ children, commands }) {
  const { ws, page, path, app } = route.value;
  useEffect(() => { if (app === 'console') learnName(ws); }, [ws, app]);
  useEffect(() => {
    menuOpen.value = false;
    if (document.documentElement.dataset.framed) setTimeout(focusHeading, HEADING_MS, 8);
  }, [path]);
  const escape = (/** @type {KeyboardEvent} */ e) => { if (e.key === 'Escape') menuOpen.value = false; };
  const portal = app === 'portal';
  const name = portal ? look.value.name ?? messages.nav.portalName : workspaceNames.value[ws] ?? ws;
  return html`<div class=${`shell ${menuOpen.value ? 'menu-open' : ''}`} onKeyDown=${escape}>
    <a class="skip" href="#main" onClick=${focusMain}>${messages.skip}</a>
    <header class="bar">
      <button class="icon-button" aria-expanded=${menuOpen.value} aria-controls="nav" aria-label=${messages.nav.menu} onClick=${() => { menuOpen.value = !menuOpen.value; }}><${Icon} name=${menuOpen.value ? 'cross' : 'menu'} /></button>
      <strong class="cut">${name}</strong>
      <button class="icon-button" aria-label=${messages.nav.search} onClick=${() => commands.palette()}><${Icon} name="search" /></button>
    </header>
    <nav id="nav" aria-label=${messages.nav.label}>
      ${portal ? html`<div class="brand">${look.value.logo ? html`<img src=${look.value.logo} alt="" />` : null}<span class="cut">${name}</span></div>`
    : html`<button class="switch" title=${messages.nav.switchWorkspace} onClick=${() => commands.palette('workspaces')}><span class="mark">${[...name.replace(/^ws_/, '')][0] ?? ''}</span><bdi class="cut">${name}</bdi><${Icon} name="down" /></button>`}
      <button class="find" onClick=${() => commands.palette()}><${Icon} name="search" /><span>${messages.nav.search}</span><kbd>${keyName('mod+k')}</kbd></button>
      ${visiblePages().map(([group, pages]) => html`<div key=${group} role="group" aria-label=${/** @type {any} */ (messages.nav.groups)[group]}>
        ${!portal && html`<h2>${/** @type {any} */ (messages.nav.groups)[group]}</h2>`}
        ${pages.map((p) => html`<a key=${p} href=${link(p)} aria-current=${p === page ? 'page' : undefined}><${Icon} name=${p === 'keys' ? 'keys_page' : p} /><span>${pageName(p)}</span></a>`)}
      </div>`)}
      <div class="foot">
        ${portal && !look.value.hide_branding && html`<p class="made">${messages.nav.made}</p>`}
        <button onClick=${commands.sheet}><${Icon} name="keyboard" /><span>${messages.nav.keys}</span></button>
        ${portal ? look.value.return_url && html`<a href=${look.value.return_url} target="_top" rel="noreferrer"><${Icon} name="left" /><span>${messages.nav.back}</span></a>`
    : html`<button onClick=${commands.logout}><${Icon} name="out" /><span>${messages.nav.logout}</span></button>`}
      </div>
    </nav>
    <main id="main" tabindex="-1"><${Boundary} key=${path}>${children}<//></main>
    <${Toasts} />
  </div>`;
}

const HEADING_MS = 100;
/** In a frame as high as its content nothing else brings the top of a new page back into the window. @param {number} tries until the page is loaded, and portal.js knows what is seen */
function focusHeading(tries) {
  const heading = /** @type {HTMLElement|null} */ (document.querySelector('#main h1'));
  if (!heading || !(parseFloat(document.documentElement.style.getPropertyValue('--above')) > 0)) { if (tries > 0) setTimeout(focusHeading, HEADING_MS, tries - 1); return; }
  if (document.querySelector('#main :focus')) return;
  document.getElementById('main')?.scrollIntoView();
  heading.tabIndex = -1;
  heading.focus({ preventScroll: true });
}

/** @param {Event} event */
function focusMain(event) {
  event.preventDefault();
  document.getElementById('main')?.focus();
}

/**
 * The head of a page and what is under it.
 * @param {{title: string, heading?: any, crumbs?: [string, string][], actions?: any, note?: any, narrow?: boolean, children?: any}} props
 *   `title`: also the tab's; `heading`: in its place on the page; `crumbs`: [word, address] of the pages above; `note`: a sentence under the title
 */
export function Page({ title, heading, crumbs = [], actions, note, narrow, children }) {
  useEffect(() => {
    document.title = `${title} · ${look.value.name ?? (route.value.app === 'portal' ? messages.nav.portalName : messages.product)}`;
    // A reader hears where a link has led; the first page of a tab is said by the browser itself.
    if (history.state) announce(title);
  }, [title, look.value.name]);
  return html`<div class=${`page ${narrow ? 'narrow' : ''}`}>
    ${crumbs.length > 0 && html`<div class="crumbs">${crumbs.map(([word, href], n) => html`${n > 0 && html`<span aria-hidden="true">/</span>`}<a key=${href} href=${href}>${word}</a>`)}</div>`}
    <div class="head"><h1>${heading ?? title}</h1>${actions && html`<div class="row">${actions}</div>`}</div>
    ${note && html`<p class="lead">${note}</p>`}
    ${children}
  </div>`;
}

/** A part of a page under its own small heading. @param {{title?: any, note?: any, actions?: any, children?: any}} props */
export const Section = ({ title, note, actions, children }) => html`<section class="section">
  ${(title || actions) && html`<div class="section-head"><h2>${title}</h2>${note && html`<span class="muted">${note}</span>`}${actions && html`<div class="row">${actions}</div>`}</div>`}
  ${children}
</section>`;

/** Only for those who have the scope: what one may not do is hidden, not dead. @param {{scope: string, children?: any}} props */
export const May = ({ scope, children }) => (session.value && may(scope) ? children : null);
