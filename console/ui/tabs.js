// How are the parts of one thing chosen?
// Tabs that are links: the chosen one stands in the query, so that back, reload and a pasted link keep it.
import { html, useEffect, useRef, useState } from '../vendor/preact-htm-signals.js';
import { route, search } from '../router.js';

/** The chosen tab. @param {string} first @param {string} [name] */
export const currentTab = (first, name = 'tab') => route.value.query.get(name) ?? first;

/** @param {{tabs: [string, any][], label: string, name?: string}} props `tabs`: [value, word]; the first is the default */
export function Tabs({ tabs, label, name = 'tab' }) {
  const chosen = currentTab(tabs[0][0], name);
  const to = (/** @type {string} */ tab) => {
    const query = new URLSearchParams(route.value.query);
    for (const other of ['cursor', 'before']) query.delete(other);
    if (tab === tabs[0][0]) query.delete(name); else query.set(name, tab);
    return route.value.path + search(query);
  };
  const bar = useRef(/** @type {HTMLElement|null} */ (null));
  // On a phone the chosen tab may be outside of what is seen.
  useEffect(() => { const a = /** @type {HTMLElement|null} */ (bar.current?.querySelector('[aria-current]')); if (a && bar.current) bar.current.scrollLeft = a.offsetLeft - bar.current.offsetLeft - 20; }, [chosen]);
  return html`<nav class="tabs" ref=${bar} aria-label=${label}>${tabs.map(([tab, word]) => html`<a key=${tab} href=${to(tab)} aria-current=${tab === chosen ? 'page' : undefined}>${word}</a>`)}</nav>`;
}

/** A choice of two or three views of the same thing, kept by the caller. @param {{value: string, options: [string, string][], change: (value: string) => void, label: string}} props */
export const Segments = ({ value, options, change, label }) => html`<div class="segments" role="group" aria-label=${label}>${options.map(([v, word]) => html`<button key=${v} type="button" aria-pressed=${v === value ? 'true' : 'false'} onClick=${() => change(v)}>${word}</button>`)}</div>`;

/** Something folded away until asked for. @param {{label: any, open?: boolean, note?: any, children?: any}} props `children`: a function is called when it is first opened */
export function Fold({ label, open, note, children }) {
  const [asked, setAsked] = useState(false);
  const make = Array.isArray(children) ? children[0] : children;
  const content = typeof make === 'function' ? (open || asked) && make() : children;
  return html`<details class="fold" open=${open} onToggle=${(/** @type {any} */ e) => { if (e.target.open) setAsked(true); }}><summary>${label}${note && html`<span class="muted">${note}</span>`}</summary><div>${content}</div></details>`;
}
