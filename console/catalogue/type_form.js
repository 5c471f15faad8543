// With which fields is an event type described?
// Its name and place, its words, its schema with the table of what it says beside it, and its states.
import { AreaField, CheckField, TextField, html, useId, useMemo } from '../shell.js';
import { CodeEditor } from '../ui/code_editor.js';
import { mistakeIn } from '../ui/json_text.js';
import { rawOrNull } from '../ui/raw_json.js';
import { words } from '../messages/en/catalogue.js';
import { FieldsTable } from './fields_table.js';

/** @typedef {{name: string, group: string, title: string, description: string, schema: string, example: string, deprecated: boolean, archived: boolean, hidden: boolean}} TypeValue */

/** Pointers that have a field of their own. @param {import('../api.js').Problem|null} problem */
export const shownOf = (problem) => (problem?.errors ?? []).map((e) => e.pointer).filter((p) => ['name', 'group', 'title', 'description', 'schema', 'example'].includes(p.split('/')[1]));

/** The words and states, as the API names them. @param {TypeValue} v */
export const describing = (v) => ({ group: v.group.trim() || null, title: v.title, description: v.description, deprecated: v.deprecated, archived: v.archived, hidden: v.hidden });
/** JSON that is no JSON is sent as a text, so that the server refuses it. @param {string} text */
export const jsonOf = (text) => (text.trim() && mistakeIn(text) ? text : rawOrNull(text));

/** @param {{form: import('../ui/form.js').Form, groups: string[]}} props */
export function Words({ form, groups }) {
  const id = useId();
  return html`
    <${TextField} form=${form} name="title" label=${words.titleLabel} dir="auto" optional placeholder="Invoice paid" />
    <${TextField} form=${form} name="group" label=${words.group} hint=${words.groupHint} dir="auto" optional list=${id} />
    <${AreaField} form=${form} name="description" label=${words.description} hint=${words.descriptionHint} rows="4" dir="auto" optional /><datalist id=${id}>${groups.map((g) => html`<option key=${g} value=${g} />`)}</datalist>`;
}

/** @param {{form: import('../ui/form.js').Form}} props */
export const Marks = ({ form }) => html`
  <${CheckField} form=${form} name="deprecated" label=${words.deprecatedLabel} hint=${words.deprecatedHint} />
  <${CheckField} form=${form} name="archived" label=${words.archivedLabel} hint=${words.archivedHint} />
  <${CheckField} form=${form} name="hidden" label=${words.hiddenLabel} hint=${words.hiddenWords} />`;

/** Schema or example as text. @param {{form: import('../ui/form.js').Form, name: 'schema'|'example', label: string, hint: string, rows: number}} props */
export const JsonField = ({ form, name, label, hint, rows }) => html`<div class="field wide-field"><div class="label"><span class="strong">${label}</span><span class="muted">JSON</span></div>
  <${CodeEditor} label=${label} value=${form.value[name]} change=${(/** @type {string} */ text) => form.set({ [name]: text })} errors=${(form.problem?.errors ?? []).filter((e) => e.pointer === `/${name}` || e.pointer.startsWith(`/${name}/`))} strip=${`/${name}`} rows=${Math.min(24, Math.max(rows, form.value[name].split('\n').length + 1))} />
  <p class="hint">${hint}</p></div>`;

/** What the schema says while one types it. @param {{text: string, last: {current: any}}} props `last`: the last that was whole */
export function Says({ text, last }) {
  const schema = useMemo(() => {
    try { const read = JSON.parse(text); if (read && typeof read === 'object') last.current = read; } catch { /* the editor says what is wrong; the last whole one is shown */ }
    return text.trim() ? last.current : null;
  }, [text]);
  return html`<section class="preview" aria-label=${words.shows}><div class="preview-head"><h2>${words.shows}</h2></div>${schema ? html`<${FieldsTable} schema=${schema} />` : html`<p class="muted">${text.trim() ? words.notYetJson : words.noSchema}</p>`}</section>`;
}
