// Which page does the address name, and how does it change?
// Routing by the History API; filters live in the query string, so that a pasted link shows the same thing.
import { signal } from './vendor/preact-htm-signals.js';

/** @typedef {{app: 'console'|'portal', ws: string, page: string, id: string, query: URLSearchParams, path: string}} Route */

/** The module of each page: [list or single page, page of one thing]. */
const MODULES = /** @type {Record<string, [string, string?]>} */ ({
  login: ['login'], setup: ['setup'], overview: ['overview'],
  endpoints: ['endpoints', 'endpoint'], deliveries: ['deliveries', 'delivery'], events: ['events', 'event'],
  catalogue: ['catalogue', 'event_type'], rules: ['rules', 'rule'], actions: ['actions', 'action'],
  sources: ['sources', 'source'], replays: ['replays', 'replay'], keys: ['keys', 'key'], portal: ['portal'],
  developers: ['developers'], audit: ['audit'], notifications: ['notifications'], settings: ['settings'],
  dev_components: ['dev_components'],
});
/** Words that stand where an id would. */
const WORDS = /** @type {Record<string, string>} */ ({
  'endpoints/new': 'endpoint_new', 'events/send': 'event_send', 'rules/new': 'rule',
  'sources/new': 'source_new', 'replays/new': 'replay_new', 'keys/new': 'key_new',
});
/** People name actions, and may name one "new": its form is a view of the list. */
const VIEWS = /** @type {Record<string, string>} */ ({ 'actions/new': 'action_edit' });

/**
 * @param {string} path
 * @param {string} [search]
 * @returns {Route}
 */
export function parse(path, search = '') {
  const [app, ws = '', page = '', ...rest] = path.split('/').filter(Boolean).map(decode);
  const query = new URLSearchParams(search);
  const kind = app === 'portal' ? 'portal' : 'console';
  if (kind === 'console' && (ws === '' || ws === 'login')) return { app: kind, ws: '', page: ws, id: '', query, path };
  return { app: kind, ws, page, id: rest.join('/'), query, path };
}

/** @param {string} text */
function decode(text) {
  try { return decodeURIComponent(text); } catch { return text; }
}

/**
 * The file in pages/ that shows this route; `''` if the address names no page.
 * @param {Route} at
 */
export function moduleOf(at) {
  const word = at.id === '' ? VIEWS[`${at.page}/${at.query.get('view')}`] : WORDS[`${at.page}/${at.id}`];
  if (word) return word;
  const [list, one] = Object.hasOwn(MODULES, at.page) ? MODULES[at.page] : [''];
  return (at.id === '' ? list : one) ?? '';
}

const inBrowser = typeof location !== 'undefined';
/** @type {import('./vendor/preact-htm-signals.js').Signal<Route>} */
export const route = signal(inBrowser ? parse(location.pathname, location.search) : parse('/console'));

/**
 * The address of a page of this workspace: `link('deliveries', 'wd_…')`, `link('events', '', {type: 'a.b'})`.
 * @param {string} page
 * @param {string} [id]
 * @param {Record<string, string|number|boolean|null|undefined>} [query]
 * @param {string} [ws] another workspace
 */
export function link(page, id = '', query = {}, ws = route.value.ws) {
  const parts = [route.value.app, ws, page, ...(id ? [id] : [])].map(encodeURIComponent);
  return `/${parts.join('/')}${search(query)}`;
}

/** @param {Record<string, string|number|boolean|null|undefined>|URLSearchParams} query */
export function search(query) {
  const given = new URLSearchParams();
  const pairs = query instanceof URLSearchParams ? [...query] : Object.entries(query);
  for (const [name, value] of pairs) if (value !== null && value !== undefined && value !== '') given.append(name, String(value));
  const text = given.toString();
  return text ? `?${text}` : '';
}

/** What page authors ask before a page with unsaved text is left; null if nothing is unsaved. */
export const unsaved = signal(/** @type {string|null} */ (null));

/**
 * @param {string} address path and query, or a whole address of this origin
 * @param {{replace?: boolean, keepScroll?: boolean}} [how]
 */
export function navigate(address, how = {}) {
  const url = new URL(address, location.href);
  if (url.origin !== location.origin) return;
  const samePage = url.pathname === location.pathname;
  if (!samePage && unsaved.value && !confirm(unsaved.value)) return;
  if (!samePage) unsaved.value = null;
  if (!how.replace) history.replaceState({ ...history.state, y: scrollY }, '');
  history[how.replace ? 'replaceState' : 'pushState']({ y: 0 }, '', url);
  route.value = parse(url.pathname, url.search);
  if (!samePage && !how.keepScroll) scrollTo(0, 0);
}

/**
 * Changes members of the query; an empty value removes one. Going back undoes it, except with `replace`.
 * @param {Record<string, string|number|boolean|null|undefined>} changes
 * @param {{replace?: boolean}} [how]
 */
export function setQuery(changes, how = {}) {
  const query = new URLSearchParams(route.value.query);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value === undefined || value === '' || value === false) query.delete(name);
    else query.set(name, String(value));
  }
  navigate(route.value.path + search(query), { ...how, keepScroll: true });
}

/** Listens to the back button and to clicks on links of the console. Called once. */
export function startRouter() {
  history.scrollRestoration = 'manual';
  addEventListener('popstate', () => {
    route.value = parse(location.pathname, location.search);
    const y = history.state?.y ?? 0;
    requestAnimationFrame(() => requestAnimationFrame(() => scrollTo(0, y)));
  });
  addEventListener('beforeunload', (event) => { if (unsaved.value) event.preventDefault(); });
  const follow = (/** @type {MouseEvent} */ event) => {
    const a = /** @type {Element} */ (event.target).closest?.('a[href]');
    if (!a || event.defaultPrevented || event.button > 1 || event.shiftKey || event.altKey) return;
    const anchor = /** @type {HTMLAnchorElement} */ (a);
    if (anchor.target || anchor.hasAttribute('download') || anchor.origin !== location.origin) return;
    if (!/^\/(console|portal)(\/|$)/.test(anchor.pathname)) return;
    if (anchor.hash && anchor.pathname === location.pathname && anchor.search === location.search) return;
    const aside = event.button === 1 || event.metaKey || event.ctrlKey;
    if (aside && route.value.app === 'portal') return;
    event.preventDefault();
    if (aside) openTab(anchor.href); else navigate(anchor.href);
  };
  document.addEventListener('click', follow);
  document.addEventListener('auxclick', follow);
}

/** In a tab of its own, which begins with a copy of this one's session; a browser gives none to a link that it opens itself. @param {string} address */
export const openTab = (address) => { open(address, '_blank'); };
