// How is a list shown?
// A real table with a sticky head and whole rows to click; j, k, Enter and x; cards at phone width; pages by cursor.
import { html, useEffect, useRef } from '../vendor/preact-htm-signals.js';
import { useKeys } from '../keys.js';
import { messages } from '../messages/en.js';
import { navigate, openTab, setQuery } from '../router.js';
import { Icon } from './icon.js';
import { announce } from './toast.js';

/**
 * @typedef {object} Column
 * @property {string} head its heading, and its name on a card
 * @property {(row: any) => any} cell
 * @property {'right'} [align] numbers
 * @property {string} [width] `120px`; one column without width takes what is left
 * @property {boolean} [main] the heading of the card at phone width, and the row's link; the first column if none is
 * @property {'hide'} [phone] not on cards
 * @property {'hide'} [narrow] not under 1,100 px
 */

/**
 * @param {object} props
 * @param {string} props.label what the table lists, for readers
 * @param {Column[]} props.columns
 * @param {any[]} props.rows
 * @param {(row: any) => string} [props.id]
 * @param {(row: any) => string|null|undefined} [props.href] the page of a row
 * @param {import('../vendor/preact-htm-signals.js').Signal<Set<string>>} [props.selection] ids; makes the rows selectable
 * @param {(row: any) => boolean} [props.selectable]
 * @param {Record<string, [string, (row: any) => void]>} [props.keys] keys of the focused row: `{ r: ['Replay', replay] }`
 * @param {(row: any) => string} [props.group] a heading where it changes: the day
 * @param {(row: any) => any} [props.menu] buttons at the end of the row
 */
export function Table({ label, columns, rows, id = (row) => row.id, href, selection, selectable = () => true, keys = {}, group, menu }) {
  const body = useRef(/** @type {HTMLElement|null} */ (null));
  const main = columns.find((c) => c.main) ?? columns[0];
  const focusables = () => [...(body.current?.querySelectorAll('[data-row]') ?? [])];
  const at = () => focusables().findIndex((tr) => tr.contains(document.activeElement));
  const current = () => rows.find((row) => id(row) === /** @type {HTMLElement|undefined} */ (focusables()[at()])?.dataset.row);
  const move = (/** @type {number} */ by) => {
    const all = focusables();
    const next = all[Math.max(0, Math.min(all.length - 1, at() === -1 ? 0 : at() + by))];
    const target = /** @type {HTMLElement|null} */ (next?.querySelector('a[href]') ?? next?.querySelector('button, input'));
    target?.focus();
    next?.scrollIntoView({ block: 'nearest' });
  };
  const toggle = (/** @type {any} */ row) => {
    if (!selection || !row || !selectable(row)) return;
    const next = new Set(selection.value);
    next.has(id(row)) ? next.delete(id(row)) : next.add(id(row));
    selection.value = next;
    announce(messages.list.selected(next.size));
  };
  useKeys({
    j: [messages.keys.next, () => move(1)], k: [messages.keys.previous, () => move(-1)],
    ...(href ? { Enter: [messages.keys.open, (e) => openFocused(e, current, href)] } : {}),
    ...(selection ? { x: [messages.keys.select, () => toggle(current())] } : {}),
    ...Object.fromEntries(Object.entries(keys).map(([key, [words, run]]) => [key, [words, () => { const row = current(); if (row) run(row); }]])),
  });
  const all = rows.filter(selectable);
  const every = selection && all.length > 0 && all.every((row) => selection.value.has(id(row)));
  let lastGroup = '';
  // The columns that a narrow window hides have a cell of their own, or the table would keep their place.
  const hidden = columns.filter((c) => c.narrow === 'hide').length;
  const span = columns.length - hidden + (selection ? 1 : 0) + (menu ? 1 : 0);
  return html`<table class="table" aria-label=${label}>
    <thead><tr>
      ${selection && html`<th class="check"><input type="checkbox" hidden=${all.length === 0} aria-label=${messages.list.selectAll} checked=${every} onChange=${() => { selection.value = new Set(every ? [] : all.map(id)); }} /></th>`}
      ${columns.map((c) => html`<th key=${c.head} scope="col" class=${classes(c)} style=${{ width: c.width }}>${c.head}</th>`)}
      ${menu && html`<th class="menu"><span class="hidden">${messages.palette.open}</span></th>`}
    </tr></thead>
    <tbody ref=${body}>
      ${rows.map((row) => {
    const to = href?.(row);
    const heading = group?.(row) ?? '';
    const first = heading !== lastGroup;
    lastGroup = heading;
    return html`
      ${first && html`<tr key=${`group ${heading} ${id(row)}`} class="group"><th colspan=${span} scope="rowgroup">${heading}</th>${hidden > 0 && html`<td class="no-narrow" colspan=${hidden}></td>`}</tr>`}
      <tr key=${id(row)} data-row=${id(row)} class=${`${to ? 'opens' : ''} ${selection?.value.has(id(row)) ? 'selected' : ''}`} onClick=${to ? (/** @type {MouseEvent} */ e) => openRow(e, to) : undefined} onAuxClick=${to ? (/** @type {MouseEvent} */ e) => openRow(e, to) : undefined}>
        ${selection && html`<td class="check">${selectable(row) && html`<input type="checkbox" aria-label=${messages.list.select} checked=${selection.value.has(id(row))} onChange=${() => toggle(row)} />`}</td>`}
        ${columns.map((c) => html`<td key=${c.head} class=${`${classes(c)} ${c === main ? 'main' : ''}`} data-label=${c.head}>${c === main && to ? html`<a class="row-link" href=${to}>${c.cell(row)}</a>` : c.cell(row)}</td>`)}
        ${menu && html`<td class="menu">${menu(row)}</td>`}
      </tr>`;
  })}
    </tbody>
  </table>`;
}

/** @param {Column} c */
const classes = (c) => [c.align === 'right' ? 'right' : '', c.phone === 'hide' ? 'no-phone' : '', c.narrow === 'hide' ? 'no-narrow' : ''].filter(Boolean).join(' ');

/** @param {KeyboardEvent} event @param {() => any} current @param {(row: any) => string|null|undefined} href */
function openFocused(event, current, href) {
  const onControl = /** @type {HTMLElement} */ (event.target).closest?.('a, button, summary');
  const row = current();
  const to = row && href(row);
  if (onControl) /** @type {HTMLElement} */ (onControl).click();
  else if (to) navigate(to);
}

/** A click anywhere in the row, except on something that does something itself or while text is selected. @param {MouseEvent} event @param {string} to */
function openRow(event, to) {
  if (/** @type {Element} */ (event.target).closest('a, button, input, label, select, summary') || getSelection()?.toString()) return;
  if (event.metaKey || event.ctrlKey || event.button === 1) openTab(to);
  else if (event.button === 0) navigate(to);
}

/**
 * Pages by cursor, in the address; the next one is loaded when the button is pointed at.
 * @param {{list: {next: string|null, previous: string|null, rows: any[], ahead?: () => void}, further?: any, children?: any}} props `further`: the page searched only a part, as `Partial` says above
 */
export function Pager({ list, further, children }) {
  const go = (/** @type {any} */ query) => { setQuery({ cursor: null, before: null, ...query }); scrollTo(0, 0); };
  if (!list.next && !list.previous && !children) return null;
  return html`<div class="pager"><span class="muted">${children ?? messages.list.rows(list.rows.length)}</span>
    ${list.previous && html`<button class="button" onClick=${() => go({})}>${messages.list.first}</button>`}
    <button class="button" disabled=${!list.previous} onClick=${() => go({ before: list.previous })}><${Icon} name="left" />${messages.list.newer}</button>
    <button class="button" disabled=${!list.next} onPointerEnter=${list.ahead} onFocus=${list.ahead} onClick=${() => go({ cursor: list.next })}>${further && list.next ? messages.list.further : messages.list.older}<${Icon} name="right" /></button>
  </div>`;
}

/** "Show 3 new", over the list without moving it. @param {{list: {fresh: number, freshMore?: boolean, showFresh: () => void}}} props `freshMore`: there are more than these */
export function Fresh({ list }) {
  const said = messages.list.fresh(list.fresh, list.freshMore);
  useEffect(() => { if (list.fresh) announce(said); }, [said]);
  return html`<div class="fresh">${list.fresh > 0 && html`<button onClick=${() => { list.showFresh(); scrollTo(0, 0); }}><${Icon} name="up" />${said}</button>`}</div>`;
}

/** What can be done with the selected rows; stays at the lower edge. @param {{selection: import('../vendor/preact-htm-signals.js').Signal<Set<string>>, children?: any}} props */
export function SelectionBar({ selection, children }) {
  if (selection.value.size === 0) return null;
  return html`<div class="selection-bar" role="region" aria-label=${messages.list.selected(selection.value.size)}><span>${messages.list.selected(selection.value.size)}</span>${children}<button class="plain" onClick=${() => { selection.value = new Set(); }}>${messages.list.none}</button></div>`;
}
