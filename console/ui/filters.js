// How is a list narrowed down?
// Controls bound to the query string: a pasted link, a reload and the back button keep the filters.
import { html, useEffect, useMemo, useRef, useState } from '../vendor/preact-htm-signals.js';
import { messages, statusWord } from '../messages/en.js';
import { route, setQuery } from '../router.js';
import { Icon } from './icon.js';

/** @param {Record<string, string|null>} changes */
const change = (changes) => setQuery({ ...changes, cursor: null, before: null });
/** @param {string} name */
const value = (name) => route.value.query.get(name) ?? '';

/** The row of filters; on a phone a sheet that opens. @param {{children?: any, names: string[]}} props `names`: the parameters, for "Clear filters" */
export function Filters({ children, names }) {
  const [open, setOpen] = useState(false);
  const used = names.filter((name) => value(name)).length;
  return html`<div class=${`filters ${open ? 'open' : ''}`} role="search">
    <button class="button phone-only" aria-expanded=${open} onClick=${() => setOpen(!open)}><${Icon} name="filter" />${messages.list.filters}${used > 0 && html` <span class="badge">${used}</span>`}</button>
    <div class="row">${children}
      ${used > 0 && html`<button class="plain" onClick=${() => change(Object.fromEntries(names.map((name) => [name, null])))}>${messages.states.reset}</button>`}
    </div>
  </div>`;
}

/** A popover under a button; closes on Escape, on a click elsewhere, and gives the focus back. @param {{label: any, active?: boolean, onOpen?: () => void, children: any}} props */
export function Popover({ label, active, onOpen, children }) {
  const [open, setOpen] = useState(false);
  const root = useRef(/** @type {HTMLElement|null} */ (null));
  useEffect(() => {
    if (!open) return;
    /** @type {HTMLElement|null} */ (root.current?.querySelector('.popover input, .popover button'))?.focus();
    // A press on a label moves the focus to what is around it, which is not outside.
    const outside = (/** @type {Event} */ e) => {
      const target = /** @type {Node} */ (e.target);
      if (!root.current?.contains(target) && !(e.type === 'focusin' && target.contains(root.current))) setOpen(false);
    };
    document.addEventListener('pointerdown', outside);
    document.addEventListener('focusin', outside);
    return () => { document.removeEventListener('pointerdown', outside); document.removeEventListener('focusin', outside); };
  }, [open]);
  const close = () => { setOpen(false); /** @type {HTMLElement|null} */ (root.current?.querySelector('button'))?.focus(); };
  return html`<div class="popover-root" ref=${root} onKeyDown=${(/** @type {KeyboardEvent} */ e) => { if (e.key === 'Escape' && open) { e.stopPropagation(); close(); } }}>
    <button type="button" class=${`button select ${active ? 'active' : ''}`} aria-expanded=${open} onClick=${() => { if (!open) onOpen?.(); setOpen(!open); }}>${label}<${Icon} name="down" /></button>
    ${open && html`<div class="popover">${children(close)}</div>`}
  </div>`;
}

/** More options than these are searched. */
const FEW = 8;

/**
 * One or several values; many of them are searched by typing.
 * @param {{name: string, label: string, options: [string, string][], several?: boolean, free?: boolean, onOpen?: () => void}} props
 *   `options`: [value, word]; `free`: what is typed may be chosen too; `onOpen`: load the options now
 */
export function ChoiceFilter({ name, label, options, several = false, free = false, onOpen }) {
  const chosen = value(name).split(',').filter(Boolean);
  const words = options.filter(([v]) => chosen.includes(v)).map(([, word]) => word);
  const unknown = chosen.filter((v) => !options.some(([known]) => known === v));
  const all = [...words, ...unknown];
  const shown = all.length > 2 ? `${all[0]} + ${all.length - 1}` : all.join(', ');
  const pick = (/** @type {string} */ v, /** @type {() => void} */ close) => {
    if (!several) { change({ [name]: chosen.includes(v) ? null : v }); close(); return; }
    change({ [name]: (chosen.includes(v) ? chosen.filter((c) => c !== v) : [...chosen, v]).join(',') || null });
  };
  const offered = /** @type {[string, string][]} */ ([...unknown.map((v) => [v, v]), ...options]);
  return html`<${Popover} active=${chosen.length > 0} onOpen=${onOpen} label=${html`<span class="muted">${label}</span>${shown && html`<span class="cut">${shown}</span>`}`}>
    ${(/** @type {() => void} */ close) => html`<${Choices} label=${label} name=${name} several=${several} options=${offered} chosen=${chosen} free=${free} pick=${(/** @type {string} */ v) => pick(v, close)} />`}
  <//>`;
}

/** @param {{label: string, name: string, several: boolean, options: [string, string][], chosen: string[], free: boolean, pick: (value: string) => void}} props */
function Choices({ label, name, several, options, chosen, free, pick }) {
  const [text, setText] = useState('');
  const typed = text.trim();
  const found = options.filter(([v, word]) => `${word} ${v}`.toLowerCase().includes(typed.toLowerCase()));
  const offered = free && typed && !found.some(([v]) => v === typed) ? [...found, /** @type {[string, string]} */ ([typed, typed])] : found;
  const first = (/** @type {KeyboardEvent} */ e) => { if (e.key === 'Enter' && typed && offered[0]) { e.preventDefault(); pick(offered[0][0]); setText(''); } };
  return html`<div class="choices" role="group" aria-label=${label}>
    ${(options.length > FEW || free) && html`<input type="search" class="choices-find" aria-label=${`${messages.list.find}: ${label}`} placeholder=${messages.list.find} value=${text} spellcheck=${false} autocomplete="off" onInput=${(/** @type {any} */ e) => setText(e.target.value)} onKeyDown=${first} />`}
    ${offered.slice(0, 100).map(([v, word]) => html`<label key=${v} title=${word}><input type=${several ? 'checkbox' : 'radio'} name=${name} checked=${chosen.includes(v)} onClick=${() => pick(v)} /><bdi class="cut">${word}</bdi></label>`)}
    ${offered.length === 0 && html`<p class="muted pad">${messages.palette.none}</p>`}
  </div>`;
}

/** @param {{of: string[]}} props statuses that the list can have */
export const StatusFilter = ({ of }) => html`<${ChoiceFilter} name="status" label="Status" several options=${of.map((s) => [s, statusWord(s)])} />`;

/** A text; asked 300 ms after the last key. @param {{name: string, label: string, placeholder?: string, width?: string, minLength?: number, list?: string[]}} props */
export function TextFilter({ name, label, placeholder, width = '200px', minLength = 1, list }) {
  const [text, setText] = useState(value(name));
  const timer = useRef(0);
  const typed = useRef(text);
  useEffect(() => { if (value(name) !== typed.current) { typed.current = value(name); setText(value(name)); } }, [value(name)]);
  const type = (/** @type {string} */ next, wait = 300) => {
    setText(next);
    clearTimeout(timer.current);
    const ask = next.trim();
    if (ask && ask.length < minLength) return;
    timer.current = setTimeout(() => { typed.current = ask; if (ask !== value(name)) change({ [name]: ask || null }); }, wait);
  };
  useEffect(() => () => clearTimeout(timer.current), []);
  return html`<label class="text-filter" style=${{ width }}><${Icon} name="search" /><span class="hidden">${label}</span>
    <input type="search" value=${text} placeholder=${placeholder ?? label} list=${list ? `${name}-list` : undefined} spellcheck=${false} autocomplete="off"
      onInput=${(/** @type {any} */ e) => type(e.target.value)} onKeyDown=${(/** @type {any} */ e) => { if (e.key === 'Enter') type(e.target.value, 0); }} />
    ${list && html`<datalist id=${`${name}-list`}>${list.map((v) => html`<option key=${v} value=${v} />`)}</datalist>`}
  </label>`;
}

const HOURS = /** @type {Record<string, number>} */ ({ '1h': 1, '24h': 24, '7d': 168, '30d': 720 });

/** A period: `period=24h`, or `since` and `until`. Give the result of `useTimeRange()` to the API. */
export function TimeFilter() {
  const period = value('period');
  const custom = Boolean(value('since') || value('until'));
  const word = custom ? messages.periods.custom : period ? messages.periods[period] : '';
  return html`<${Popover} active=${Boolean(word)} label=${html`<${Icon} name="calendar" />${word || html`<span class="muted">${messages.list.period}</span>`}`}>
    ${(/** @type {() => void} */ close) => html`<div class="choices">
      ${Object.keys(HOURS).map((p) => html`<label key=${p}><input type="radio" name="period" checked=${!custom && p === period} onClick=${() => { change({ period: p, since: null, until: null }); close(); }} />${messages.periods[p]}</label>`)}
      <form class="between" onSubmit=${(/** @type {any} */ e) => { e.preventDefault(); change({ period: null, since: fromLocal(e.target.since.value), until: fromLocal(e.target.until.value) }); close(); }}>
        <label>${messages.list.from}<input type="datetime-local" name="since" value=${toLocal(value('since'))} /></label>
        <label>${messages.list.until}<input type="datetime-local" name="until" value=${toLocal(value('until'))} /></label>
        <button class="button">${messages.list.apply}</button>
      </form></div>`}
  <//>`;
}

/** `since` and `until` for the API. A period counts from when it was chosen, so that polling asks the same again. */
export const useTimeRange = () => useMemo(() => timeRange(), [value('period'), value('since'), value('until')]);

/** The same as a function of query and time. */
export function timeRange(query = route.value.query, now = Date.now()) {
  const hours = HOURS[query.get('period') ?? ''];
  if (hours) return { since: new Date(Math.floor(now / 60_000) * 60_000 - hours * 3_600_000).toISOString(), until: undefined };
  return { since: query.get('since') ?? undefined, until: query.get('until') ?? undefined };
}

/** @param {string} local @returns {string|null} */
const fromLocal = (local) => (local ? new Date(local).toISOString() : null);
/** @param {string} iso */
const toLocal = (iso) => (iso ? new Date(Date.parse(iso) - new Date(iso).getTimezoneOffset() * 60_000).toISOString().slice(0, 16) : '');
