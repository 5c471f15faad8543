// How is JSON typed?
// A textarea with a gutter of line numbers; the line of a mistake or of the server's error is marked and said below.
// Where long lines wrap, the gutter holds the same text unseen, so that each number stands at the start of its line.
import { html, Icon, messages, useEffect, useRef } from '../shell.js';
import { lineOf, mistakeIn } from './json_text.js';

/** One text for all numbers: 10,000 lines stay one node. @param {number} lines */
const numbers = (lines) => Array.from({ length: lines }, (_, n) => n + 1).join('\n');

/** About so many rows a text takes in a narrow column. @param {string} text */
const wrapped = (text) => text.split('\n').reduce((sum, each) => sum + Math.max(1, Math.ceil(each.length / 56)), 0);

/**
 * @param {object} props
 * @param {string} props.value
 * @param {(text: string) => void} props.change
 * @param {string} props.label
 * @param {{pointer: string, detail: string}[]} [props.errors] the server's, with pointers into this text
 * @param {string} [props.strip] what the server's pointers begin with and this text does not: `/data`
 * @param {boolean} [props.json] whether mistakes of JSON are shown while one types; true
 * @param {number} [props.rows]
 * @param {boolean} [props.readOnly]
 * @param {boolean} [props.wraps] whether long lines are wrapped, for texts of few lines
 * @param {string} [props.id]
 */
export function CodeEditor({ value, change, label, errors = [], strip = '', json = true, rows = 12, readOnly, wraps, id }) {
  const gutter = useRef(/** @type {HTMLElement|null} */ (null));
  const area = useRef(/** @type {HTMLTextAreaElement|null} */ (null));
  const lines = value.split('\n').length;
  const mistake = json && value.trim() !== '' ? mistakeIn(value) : null;
  const marks = /** @type {{line: number, words: string}[]} */ ([
    ...(mistake ? [{ line: mistake.line, words: mistake.message }] : []),
    ...errors.filter((e) => e.pointer.startsWith(strip)).map((e) => ({ line: (mistake ? null : lineOf(value, e.pointer.slice(strip.length))) ?? 1, words: `${e.pointer.slice(strip.length) || '/'}: ${e.detail}` })),
  ]);
  const wrong = new Set(marks.map((m) => m.line));
  const scroll = () => { if (gutter.current && area.current) gutter.current.scrollTop = area.current.scrollTop; };
  useEffect(scroll, [value]);
  const go = (/** @type {number} */ line) => {
    const at = value.split('\n').slice(0, line - 1).join('\n').length + (line > 1 ? 1 : 0);
    area.current?.focus();
    area.current?.setSelectionRange(at, at);
  };
  // Tab leaves the field, as everywhere; two spaces are typed at the start of a line by Enter.
  const key = (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== 'Enter' || event.shiftKey || event.metaKey || event.ctrlKey || event.isComposing || !area.current) return;
    const { selectionStart: at } = area.current;
    const before = value.slice(value.lastIndexOf('\n', at - 1) + 1, at);
    const indent = (/^ */.exec(before)?.[0] ?? '') + (/[{[]\s*$/.test(before) ? '  ' : '');
    if (!indent) return;
    event.preventDefault();
    area.current.setRangeText(`\n${indent}`, at, area.current.selectionEnd, 'end');
    change(area.current.value);
  };
  return html`<div class=${`editor ${marks.length ? 'wrong' : ''}`}>
    <div class=${`editor-body ${wraps ? 'wraps' : ''}`} style=${{ height: `${Math.max(3, rows, wraps ? Math.min(14, wrapped(value)) : 0) * 20 + 16}px` }}>
      ${wraps ? html`<div class="gutter" aria-hidden="true" ref=${gutter}>${value.split('\n').map((text, n) => html`<div key=${n} class=${wrong.has(n + 1) ? 'wrong-line' : ''}>${text}\u200b</div>`)}</div>` : html`<div class="gutter" aria-hidden="true" ref=${gutter}><div>${numbers(lines)}${[...wrong].map((line) => html`<i key=${line} style=${{ top: `${(line - 1) * 20}px` }}>${line}</i>`)}</div></div>`}
      <textarea ref=${area} id=${id} aria-label=${label} aria-invalid=${marks.length ? 'true' : undefined} value=${value} wrap=${wraps ? 'soft' : 'off'} readonly=${readOnly} spellcheck=${false} autocomplete="off" autocapitalize="off" onScroll=${scroll} onKeyDown=${readOnly ? undefined : key} onInput=${(/** @type {any} */ e) => change(e.target.value)}></textarea>
    </div>
    ${marks.length > 0 && html`<div role="status"><ul class="editor-errors">${marks.map((m) => html`<li key=${m.words}><button type="button" class="plain" onClick=${() => go(m.line)}>${messages.json.line(m.line)}</button><span class="error"><${Icon} name="warn" />${m.words}</span></li>`)}</ul></div>`}
  </div>`;
}
