// What does a page show when it has nothing to show?
// The same component everywhere: loading, empty, no match, failed, forbidden, stale, partial, beyond retention, erased.
import { html, useEffect, useErrorBoundary } from '../vendor/preact-htm-signals.js';
import { Problem, session } from '../api.js';
import { exact, relative } from '../format.js';
import { useClock, useLive } from '../live.js';
import { messages } from '../messages/en.js';
import { link, route, setQuery } from '../router.js';
import { Icon } from './icon.js';
import { Coded, Copy, Time } from './value.js';

const words = messages.states;

/** Grey bars in the place of what comes, after 200 ms. @param {{rows?: number, height?: number}} props */
export const Loading = ({ rows = 5, height = 36 }) => html`<div class="skeleton" role="status" aria-label=${words.loading}>
  ${Array.from({ length: rows }, (_, n) => html`<div key=${n} style=${{ height: `${height}px` }}><i style=${{ width: `${[72, 58, 66, 49, 61][n % 5]}%` }}></i></div>`)}
</div>`;

/**
 * @param {{icon?: string, tone?: string, title: any, children?: any, actions?: any}} props
 */
export const State = ({ icon, tone = '', title, children, actions }) => html`<div class=${`state ${tone}`}>
  ${icon && html`<${Icon} name=${icon} />`}<div><h2>${title}</h2>${children && html`<p>${children}</p>`}${actions && html`<div class="row">${actions}</div>`}</div>
</div>`;

/** Nothing yet: says the next step, with one button. @param {{title: any, children?: any, actions?: any}} props */
export const Empty = (props) => html`<${State} ...${props} />`;

/**
 * Nothing matches: names the filters and clears them.
 * @param {{what: string, filters: Record<string, string>}} props `filters`: name in the query → its word
 */
export function NoMatch({ what, filters }) {
  const clear = () => setQuery({ ...Object.fromEntries(Object.keys(filters).map((name) => [name, null])), cursor: null, before: null });
  return html`<${State} title=${words.noMatch(what)} actions=${html`<button class="button" onClick=${clear}>${words.reset}</button>`}>${words.noMatchHint(Object.values(filters).join(', '))}<//>`;
}

/** The server's words, the request's id with copy, and Try again. @param {{problem: any, retry?: () => void, title?: string, compact?: boolean}} props */
export function Failed({ problem, retry, title, compact }) {
  if (problem.status === 403 && !compact) return html`<${Forbidden} problem=${problem} />`;
  if (problem.status === 404 && !compact) return html`<${NotFound} />`;
  return html`<${State} icon="warn" tone="bad" title=${title ?? words.failedTitle} actions=${retry && html`<button class="button" onClick=${() => retry()}>${words.retry}</button>`}>
    <${Coded} of=${problem.message} />${problem.request_id && html`<span class="request">${words.requestId} <span class="mono">${problem.request_id}</span><${Copy} text=${problem.request_id} /></span>`}
  <//>`;
}

/** No such thing here: back to the list. */
export function NotFound() {
  const { app, page, id } = route.value;
  const all = app === 'console' && session.value && !session.value.workspace_id;
  return html`<${State} icon="search" title=${words.notFoundTitle} actions=${(id || all) && html`${id && html`<a class="button" href=${link(page)}>${words.toList}</a>`}${all && html`<a class="button" href="/console/login">${messages.login.choose}</a>`}`}>${app === 'portal' ? words.notFoundPortal : words.notFound}<//>`;
}

/** The server's words, as a sentence for people. @param {string} text */
const sentence = (text) => `${text[0]?.toUpperCase() ?? ''}${text.slice(1).replaceAll('`', '')}${/[.!?]$/.test(text) ? '' : '.'}`;

/** @param {{problem?: any, scope?: string}} props */
export function Forbidden({ problem, scope }) {
  return html`<${State} icon="ban" title=${words.forbiddenTitle}>${route.value.app === 'portal' ? words.forbiddenPortal : problem ? sentence(problem.message) : words.forbidden(scope ?? '')}<//>`;
}

/** Polling fails: what is shown is old. @param {{live: import('../live.js').Live}} props */
export function Stale({ live }) {
  const now = useClock(1000);
  if (!live.stale) return null;
  return html`<p class="notice warn" role="status"><${Icon} name="clock" /><span>${words.stale(now - live.updatedAt)} <button class="plain" onClick=${() => live.refresh()}>${words.retry}</button></span></p>`;
}

/** A page that searched only a part; the pager below it goes on (`further`). @param {{looked?: string, backTo?: string|null}} props `looked`: how many of what */
export const Partial = ({ looked, backTo }) => html`<p class="notice"><${Icon} name="info" />
  <span>${backTo ? words.partial(relative(backTo), looked) : words.shortPage}</span>
</p>`;

/** @param {{days: number}} props */
export const BeyondRetention = ({ days }) => html`<${State} icon="clock" title=${words.notFoundTitle} actions=${route.value.id && html`<a class="button" href=${link(route.value.page)}>${words.toList}</a>`}>${words.beyond(days)}<//>`;
/** @param {{at: string}} props */
export const Erased = ({ at }) => html`<p class="notice"><${Icon} name="trash" /><span title=${exact(at)}>${words.erased(relative(at))}</span></p>`;
/** A sentence that matters beside what it is about. @param {{tone?: 'info'|'warn'|'bad'|'good', icon?: string, children?: any, actions?: any}} props */
export const Notice = ({ tone = 'info', icon, children, actions }) => html`<div class=${`notice ${tone}`}><${Icon} name=${icon ?? (tone === 'info' ? 'info' : tone === 'good' ? 'check' : 'warn')} /><div>${children}</div>${actions && html`<div class="row">${actions}</div>`}</div>`;

/**
 * The states around data: `<${Loaded} of=${live}>${(data) => html`…`}<//>`.
 * @param {{of: import('../live.js').Live, rows?: number, loading?: any, quiet?: boolean, children: any}} props `quiet`: another part of the page says that the server does not answer
 */
export function Loaded({ of: live, rows, loading, quiet, children }) {
  if (live.error) return html`<${Failed} problem=${live.error} retry=${live.refresh} />`;
  if (live.loading) return loading ?? html`<${Loading} rows=${rows} />`;
  if (live.data === undefined) return null;
  const show = Array.isArray(children) ? children[0] : children;
  return html`${!quiet && html`<${Stale} live=${live} />`}${show(live.data)}`;
}

const RELOADED = 'posthorn.reloaded';

/**
 * A file that is gone after a deployment, or a server that is not reached. Browsers remember that a module failed and do
 * not ask for it again: the page is reloaded when the server answers, but not again within a minute.
 */
export function NotLoaded() {
  const { data: answered } = useLive(location.pathname, {}, { every: 5000, read: (answer) => answer.status });
  useEffect(() => {
    if (!answered || Date.now() - Number(sessionStorage.getItem(RELOADED)) < 60_000) return;
    sessionStorage.setItem(RELOADED, `${Date.now()}`);
    location.reload();
  }, [answered]);
  return html`<${State} icon="warn" tone="bad" title=${words.notLoaded} actions=${html`<button class="button" onClick=${() => location.reload()}>${words.reload}</button>`}>${words.notLoadedHint}<//>`;
}

/** As Chromium and Firefox, and as Safari say that an `import()` failed. */
const IMPORT_FAILED = /dynamically imported module|Importing a module script/;

/** Catches what a page throws. @param {{children?: any}} props */
export function Boundary({ children }) {
  const [error] = useErrorBoundary((e) => console.error(e));
  if (!error) return children;
  if (error instanceof Problem) return html`<${Failed} problem=${error} />`;
  if (IMPORT_FAILED.test(error.message)) return html`<${NotLoaded} />`;
  return html`<${State} icon="warn" tone="bad" title=${words.crashed} actions=${html`<button class="button" onClick=${() => location.reload()}>${words.reload}</button>`}>
    ${words.crashedHint}<span class="request mono">${String(error?.message ?? error)}</span>
  <//>`;
}
