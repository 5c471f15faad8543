// How is the value of a condition typed?
// Inputs by the type of the value: text, number, yes or no, null; one value or several with "or" between.
import { Icon, html } from '../shell.js';
import { texts } from '../messages/en/rules.js';
import { LISTS, MAX_TEXTS, MAX_VALUES, ORDERS, TEXTS } from './filter.js';
import { isNumber, numberOf } from './json.js';

/**
 * @typedef {'text' | 'number' | 'yes' | 'null'} Kind
 * @typedef {import('./filter.js').Condition} Condition
 */

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** @param {any} value @returns {Kind} */
const kindOf = (value) => (isNumber(value) ? 'number' : typeof value === 'boolean' ? 'yes' : value === null ? 'null' : 'text');

/** Which kinds of values the operator compares. @param {string} op @returns {Kind[]} */
const kindsOf = (op) => (TEXTS.has(op) ? ['text'] : ORDERS.has(op) ? ['text', 'number'] : ['text', 'number', 'yes', 'null']);

/** The value as another kind. @param {any} value @param {Kind} kind */
function as(value, kind) {
  if (kind === 'null') return null;
  if (kind === 'yes') return value === true || value === 'true';
  const text = value === null || typeof value === 'boolean' ? '' : String(value);
  if (kind === 'text') return text;
  return NUMBER.test(text.trim()) ? numberOf(text.trim()) : 0;
}

/** @param {{value: any, kinds: Kind[], label: string, change: (value: any) => void, list?: string, wrong?: boolean, remove?: () => void}} props */
function One({ value, kinds, label, change, list, wrong, remove }) {
  const kind = kindOf(value);
  const type = (/** @type {string} */ text) => change(kind === 'number' && NUMBER.test(text.trim()) ? numberOf(text.trim()) : text);
  const size = Math.max(3, Math.min(28, String(value ?? '').length + 1));
  return html`<span class=${`r-value-input ${wrong ? 'wrong' : ''}`}>
    ${kind === 'yes' ? html`<select aria-label=${label} value=${String(value)} onChange=${(/** @type {any} */ e) => change(e.target.value === 'true')}><option value="true">true</option><option value="false">false</option></select>`
    : kind === 'null' ? ''
      : html`<input type="text" aria-label=${label} size=${size} value=${String(value)} list=${list} spellcheck=${false} autocomplete="off" inputmode=${kind === 'number' ? 'decimal' : undefined} onInput=${(/** @type {any} */ e) => type(e.target.value)} />`}
    ${kinds.length > 1 && html`<select class="r-kind" aria-label=${texts.kind} title=${texts.kindHint[kind]} value=${kind} onChange=${(/** @type {any} */ e) => change(as(value, e.target.value))}>${kinds.map((each) => html`<option key=${each} value=${each}>${texts.kinds[each]}</option>`)}</select>`}
    ${remove && html`<button type="button" class="icon-button" aria-label=${texts.removeValue} onClick=${remove}><${Icon} name="cross" /></button>`}
  </span>`;
}

/**
 * The values of a condition.
 * @param {{of: Condition, change: (value: any, field: string) => void, suggestions?: any[], wrong?: boolean, label: string, children?: any}} props
 *   `children`: what follows the values
 */
export function ValueInput({ of: condition, change, suggestions = [], wrong, label, children }) {
  const { id, op, value } = condition;
  if (op === '$exists') return null;
  const kinds = kindsOf(op);
  const list = suggestions.some((each) => typeof each === 'string' || isNumber(each)) ? `values-${id}` : undefined;
  const known = list && html`<datalist id=${list}>${[...new Set(suggestions.map(String))].slice(0, 20).map((each) => html`<option key=${each} value=${each} />`)}</datalist>`;
  const isList = LISTS.has(op);
  if (!isList && !TEXTS.has(op)) return html`<${One} value=${value} kinds=${kinds} label=${label} list=${list} wrong=${wrong} change=${(/** @type {any} */ next) => change(next, `${id}/value`)} />${known}`;
  const values = Array.isArray(value) ? value : [value];
  // A single text stays one, unless it was written as a list.
  const give = (/** @type {any[]} */ next, /** @type {string} */ field) => change(isList || next.length > 1 || (Array.isArray(value) && next.length === values.length) ? next : next[0] ?? '', field);
  const most = isList ? MAX_VALUES : MAX_TEXTS;
  const add = () => give([...values, values.length > 0 && isNumber(values[values.length - 1]) ? 0 : ''], `${id}/add`);
  return html`<span class="r-values">
    ${values.map((each, place) => html`${place > 0 && html`<span class="r-joiner">${op === '$nin' ? texts.nor : texts.or}</span>`}<${One} key=${place} value=${each} kinds=${kinds} label=${`${label} ${place + 1}`} list=${list} wrong=${wrong}
      change=${(/** @type {any} */ next) => give(values.with(place, next), `${id}/value/${place}`)} remove=${values.length > 1 ? () => give(values.toSpliced(place, 1), `${id}/remove`) : undefined} />`)}
    ${values.length < most && html`<button type="button" class="plain r-add-value" aria-label=${`+ ${op === '$nin' ? texts.nor : texts.or}: ${texts.addValue}`} title=${texts.addValue} onClick=${add}>+ ${op === '$nin' ? texts.nor : texts.or}</button>`}
    ${children}${known}
  </span>`;
}
