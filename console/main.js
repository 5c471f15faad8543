// What happens when the console is opened?
// Takes a one-time or portal token from the address, starts routing and keys, and draws the page of the route.
import {
  Forbidden, Loading, NotLoaded, Page, Shell, State, dress, enterPortal, firstPage, forget, forgetNames, hasDrafts, html, lacking, leavePortal, link, login, loginReason, logout, look, messages, missing, moduleOf, navigate, on, pageName, render, route, session, setSession, shareSession, signal,
  startKeys, startRouter, toast, useEffect, useKeys, useState, visiblePages,
} from './shell.js';

const overlay = signal(/** @type {{of: 'palette'|'sheet', kind?: string}|null} */ (null));

/** The page of each module that `moduleOf` names. The server reads from here what it puts into which pack. */
const PAGES = /** @type {Record<string, () => Promise<any>>} */ ({
  action: () => import('./pages/action.js'), action_edit: () => import('./pages/action_edit.js'), actions: () => import('./pages/actions.js'),
  audit: () => import('./pages/audit.js'), catalogue: () => import('./pages/catalogue.js'), deliveries: () => import('./pages/deliveries.js'),
  delivery: () => import('./pages/delivery.js'), dev_components: () => import('./pages/dev_components.js'),
  developers: () => import('./pages/developers.js'), endpoint: () => import('./pages/endpoint.js'),
  endpoint_new: () => import('./pages/endpoint_new.js'), endpoints: () => import('./pages/endpoints.js'), event: () => import('./pages/event.js'),
  event_send: () => import('./pages/event_send.js'), event_type: () => import('./pages/event_type.js'), events: () => import('./pages/events.js'),
  key: () => import('./pages/key.js'), key_new: () => import('./pages/key_new.js'), keys: () => import('./pages/keys.js'),
  login: () => import('./pages/login.js'), notifications: () => import('./pages/notifications.js'), overview: () => import('./pages/overview.js'),
  portal: () => import('./pages/portal.js'), replay: () => import('./pages/replay.js'), replay_new: () => import('./pages/replay_new.js'),
  replays: () => import('./pages/replays.js'), rule: () => import('./pages/rule.js'), rules: () => import('./pages/rules.js'),
  settings: () => import('./pages/settings.js'), setup: () => import('./pages/setup.js'), source: () => import('./pages/source.js'),
  source_new: () => import('./pages/source_new.js'), sources: () => import('./pages/sources.js'),
});
const OVERLAYS = { palette: () => import('./ui/palette.js'), sheet: () => import('./ui/key_sheet.js') };

/** @type {Record<string, any>} */
const loaded = {};

/** Shows the module of the page; what was shown stays until the next is there. */
function Current() {
  const at = route.value;
  const lacks = session.value && at.ws ? lacking(at.page) : '';
  const name = session.value && at.ws ? (lacks ? '' : moduleOf(at)) : 'login';
  const [, draw] = useState(0);
  useEffect(() => {
    if (!name || loaded[name]) return;
    PAGES[name]().then((module) => { loaded[name] = module.default; }, (error) => {
      console.error(error);
      loaded[name] = () => html`<div class="page"><${NotLoaded} /></div>`;
    }).then(() => draw((n) => n + 1));
  }, [name]);
  const own = session.value?.workspace_id;
  if (at.app === 'console' && own && at.ws.startsWith('ws_') && at.ws !== own) return html`<${OtherWorkspace} own=${own} />`;
  if (lacks && lacks !== 'portal') return html`<${Page} title=${pageName(at.page)}><${Forbidden} scope=${lacks} /><//>`;
  if (at.ws && missing.value === at.ws) return html`<${NoWorkspace} />`;
  const Module = name === '' ? Missing : loaded[name];
  return Module ? html`<${Module} key=${`${at.app}/${at.ws}/${name}/${at.id}`} ws=${at.ws} id=${at.id} />` : html`<div class="page"><${Loading} rows=${8} /></div>`;
}

/** A link into a workspace that the key does not see. @param {{own: string}} props */
const OtherWorkspace = ({ own }) => html`<div class="page"><${State} icon="ban" title=${messages.states.otherTitle} actions=${html`<a class="button" href=${link(firstPage(), '', {}, own)}>${messages.states.otherBack}</a>`}>${messages.states.other}<//></div>`;

/** The workspace of the address was deleted or mistyped. */
const NoWorkspace = () => html`<div class="page"><${State} icon="search" title=${messages.states.noWorkspace} actions=${html`<a class="button" href="/console">${messages.login.choose}</a>`}>${messages.states.noWorkspaceHint}<//></div>`;

/** An address that names no page, or none that the portal has. */
const Missing = () => html`<div class="page"><${State} icon="search" title=${messages.states.notBuilt} actions=${html`<a class="button" href=${link(firstPage())}>${messages.states.toPage(pageName(firstPage()))}</a>`}>${messages.states.notBuiltHint}<//></div>`;

const commands = {
  palette: (kind = '') => { overlay.value = { of: 'palette', kind }; },
  sheet: () => { overlay.value = { of: 'sheet' }; },
  logout: async () => { await logout(); forget(); forgetNames(); navigate('/console/login'); },
};

/** The palette and the sheet are loaded when they are first opened. */
function Overlay() {
  const wanted = overlay.value;
  const [, draw] = useState(0);
  const of = wanted?.of;
  useEffect(() => { if (of && !loaded[of]) OVERLAYS[of]().then((module) => { loaded[of] = /** @type {any} */ (module).Palette ?? /** @type {any} */ (module).KeySheet; draw((n) => n + 1); }); }, [of]);
  const Part = of && loaded[of];
  return Part ? html`<${Part} kind=${wanted?.kind} close=${() => { overlay.value = null; }} />` : null;
}

const GO = /** @type {Record<string, string>} */ ({ o: 'overview', e: 'endpoints', d: 'deliveries', v: 'events', r: 'rules', c: 'catalogue', a: 'actions', s: 'sources', p: 'replays' });

/** What is there on every page of a session. */
function Inside() {
  const visible = visiblePages().flatMap(([, pages]) => pages);
  useKeys({
    'mod+k': [messages.keys.palette, () => commands.palette()], '/': [messages.keys.palette, () => commands.palette()], '?': [messages.keys.sheet, commands.sheet],
    ...Object.fromEntries(Object.entries(GO).filter(([, page]) => visible.includes(page)).map(([key, page]) => [`g ${key}`, [messages.keys.go(pageName(page)), () => navigate(link(page))]])),
  }, { everywhere: true });
  return html`<${Shell} commands=${commands}><${Current} /><//><${Overlay} />`;
}

function App() {
  const { app, ws, page } = route.value;
  if (app === 'portal' && !session.value) return html`<${PortalEnded} />`;
  if (!session.value || !ws || page === 'login') return html`<${Current} />`;
  return html`<${Inside} />`;
}

/** A link that has expired, or none: where to get another. */
function PortalEnded() {
  const { refresh_url: refresh, return_url: back, name } = look.value;
  useEffect(() => { document.title = `${messages.login.portalEnded} · ${name ?? messages.nav.portalName}`; }, [name]);
  return html`<main class="alone"><${State} icon="clock" title=${loginReason.value.reason === 'other' ? messages.login.portalOther : messages.login.portalEnded} actions=${(refresh || back) && html`
    ${refresh && html`<a class="button primary" href=${refresh}>${messages.login.portalAgain}</a>`}${back && html`<a class="button" href=${back} target="_top" rel="noreferrer">${messages.nav.back}</a>`}`}>${messages.login.portalEndedHint(name)} ${hasDrafts() && messages.login.typedKept}<//></main>`;
}

/** Where the tab keeps which page a portal showed when its link ended: the next link opens it, with what was typed there. @param {string} ws */
const leftAt = (ws) => `posthorn.left.${ws}`;

/** A reload of the page around makes a new link, too, but no other page of the portal. */
const RELOAD_MS = 30_000;
addEventListener('pagehide', () => {
  const { app, ws, page } = route.value;
  if (app === 'portal' && page && session.value && parent !== window) sessionStorage.setItem(`${leftAt(ws)}.reload`, JSON.stringify({ path: location.pathname + location.search, at: Date.now() }));
});
/** The page that was shown just before a reload. @param {string} ws */
function beforeReload(ws) {
  const { path, at } = JSON.parse(sessionStorage.getItem(`${leftAt(ws)}.reload`) ?? '{}');
  return at && Date.now() - at < RELOAD_MS ? path : null;
}

/** A session has ended: the portal asks the product for a new link, the console for the key, and both come back here. */
on.unauthorized = () => {
  const had = session.value;
  setSession(null);
  forget();
  if (route.value.app === 'portal') {
    if (had && route.value.page) sessionStorage.setItem(leftAt(route.value.ws), location.pathname + location.search);
    if (had) leavePortal();
    return;
  }
  if (had) loginReason.value = { reason: 'ended', next: location.pathname + location.search };
};

/** Tokens come in the fragment, which no log has, and leave the address before anything else happens. */
async function takeToken() {
  const given = new URLSearchParams(location.hash.slice(1));
  const once = given.get('once');
  const portal = given.get('t');
  if (once || portal) history.replaceState(history.state, '', location.pathname + location.search);
  if (route.value.app === 'portal') {
    // A new link takes the place of an old one. The look comes first: it says where a link that has expired leads.
    await dress(route.value.ws);
    if (portal) await enterPortal(portal, route.value.ws).catch(() => {});
  }
  if (once) {
    try { await login(once); } catch { loginReason.value = { reason: 'once', next: '' }; }
  }
}

// Another link that is opened in the same tab changes only the fragment, which loads nothing by itself.
addEventListener('hashchange', () => { if (/^#(t|once)=/.test(location.hash)) location.reload(); });
startRouter();
startKeys();
await takeToken();
// Who types the address of the login wants another key.
if (route.value.app === 'console') await shareSession({ ask: route.value.page !== 'login' });
const { ws, page } = route.value;
if (session.value && ws && !page) {
  const left = route.value.app === 'portal' && sessionStorage.getItem(leftAt(ws));
  sessionStorage.removeItem(leftAt(ws));
  navigate(left || (route.value.app === 'portal' && beforeReload(ws)) || link(firstPage()), { replace: true });
  if (left && hasDrafts()) toast(messages.login.renewed, { ms: 12_000 });
}
const root = document.getElementById('app');
if (root) render(html`<${App} />`, root);
