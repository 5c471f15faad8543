// What can be done with this row?
// A menu behind a button with three dots: arrows choose, Escape closes, the focus goes back.
import { Icon, html, useEffect, useRef, useState } from '../shell.js';

/** @typedef {{label: any, run: () => void, key?: string, danger?: boolean, off?: boolean} | null} Item `null` is a line between others */

/** @param {{label: string, items: () => Item[]}} props `items` is asked when the menu opens */
export function Menu({ label, items }) {
  const [shown, setShown] = useState(/** @type {Item[] | null} */ (null));
  const root = useRef(/** @type {HTMLElement | null} */ (null));
  const buttons = () => /** @type {HTMLElement[]} */ ([...(root.current?.querySelectorAll('[role="menuitem"]:not([disabled])') ?? [])]);
  useEffect(() => {
    if (!shown) return;
    buttons()[0]?.focus();
    const outside = (/** @type {Event} */ event) => { if (!root.current?.contains(/** @type {Node} */ (event.target))) setShown(null); };
    document.addEventListener('pointerdown', outside);
    document.addEventListener('focusin', outside);
    return () => { document.removeEventListener('pointerdown', outside); document.removeEventListener('focusin', outside); };
  }, [shown]);
  const close = () => { setShown(null); /** @type {HTMLElement | null} */ (root.current?.querySelector('button'))?.focus(); };
  const key = (/** @type {KeyboardEvent} */ event) => {
    if (!shown) return;
    const all = buttons();
    const at = all.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    const next = { ArrowDown: at + 1, ArrowUp: at - 1 + all.length, Home: 0, End: all.length - 1 }[event.key];
    if (event.key === 'Escape') close();
    else if (next !== undefined) all[next % all.length]?.focus();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const choose = (/** @type {() => void} */ run) => { close(); run(); };
  return html`<span class="r-menu-root" ref=${root} onKeyDown=${key}>
    <button type="button" class="icon-button" aria-label=${label} title=${label} aria-haspopup="menu" aria-expanded=${shown ? 'true' : 'false'} onClick=${() => setShown(shown ? null : items())}><${Icon} name="more" /></button>
    ${shown && html`<span class="r-row-menu" role="menu" aria-label=${label}>
      ${shown.map((item, place) => (item === null ? html`<hr key=${place} />`
    : html`<button key=${place} type="button" role="menuitem" tabindex="-1" disabled=${item.off} class=${item.danger ? 'danger' : ''} onClick=${() => choose(item.run)}><span>${item.label}</span>${item.key && html`<kbd>${item.key}</kbd>`}</button>`))}
    </span>`}
  </span>`;
}
