// How are the parameters of an action typed?
// A form made from their schema, or JSON; the server's words stand beside the member that they are about.
import { Field, Segments, html, useMemo, useState } from '../shell.js';
import { CodeEditor } from '../ui/code_editor.js';
import { mistakeIn, parseJson, pretty } from '../ui/json_text.js';
import { words } from '../messages/en/actions.js';
import { fieldsOfParameters, parametersText, startValues, typedFrom } from './form_fields.js';

/** @typedef {{typed: Record<string, string>, json: string|null}} Typed `json`: what was typed as JSON; null in the form */

/** @param {any} schema @returns {Typed} */
export const startTyped = (schema) => ({ typed: startValues(fieldsOfParameters(schema)), json: null });

/** The parameters as JSON text. @param {any} schema @param {Typed} value */
export const textOf = (schema, value) => (value.json === null ? parametersText(fieldsOfParameters(schema), value.typed) : value.json.trim() || '{}');

/**
 * @param {{schema: any, value: Typed, change: (value: Typed) => void, errors?: import('../api.js').FieldError[]}} props
 */
export function Parameters({ schema, value, change, errors = [] }) {
  const fields = useMemo(() => fieldsOfParameters(schema), [schema]);
  const [stuck, setStuck] = useState(false);
  const view = value.json === null ? 'form' : 'json';
  const show = (/** @type {string} */ next) => {
    if (next === view) return;
    if (next === 'json') { change({ ...value, json: pretty(parseJson(parametersText(fields, value.typed))) }); return; }
    const typed = typedFrom(fields, value.json ?? '');
    setStuck(!typed);
    if (typed) change({ typed, json: null });
  };
  const set = (/** @type {string} */ name, /** @type {string} */ text) => change({ ...value, typed: { ...value.typed, [name]: text } });
  const errorOf = (/** @type {string} */ name) => errors.filter((e) => e.pointer === `/parameters/${name}` || e.pointer.startsWith(`/parameters/${name}/`)).map((e) => (e.pointer === `/parameters/${name}` ? e.detail : `${e.pointer.slice(12 + name.length)}: ${e.detail}`)).join('; ') || null;
  return html`<div class="form-head"><h2>${words.parameters}</h2><${Segments} label=${words.parameters} value=${view} change=${show} options=${[['form', words.asForm], ['json', words.asJson]]} /></div>
    ${stuck && view === 'json' && html`<p class="error">${words.notInForm}</p>`}
    ${view === 'json' ? html`<${CodeEditor} label=${words.parameters} value=${value.json ?? ''} change=${(/** @type {string} */ json) => { setStuck(false); change({ ...value, json }); }} errors=${errors.filter((e) => e.pointer.startsWith('/parameters'))} strip="/parameters" rows=${Math.min(20, Math.max(6, (value.json ?? '').split('\n').length + 1))} />`
    : fields.length === 0 ? html`<p class="muted">${words.noParameters}</p>`
      : fields.map((f) => html`<${One} key=${f.name} field=${f} text=${value.typed[f.name] ?? ''} change=${(/** @type {string} */ text) => set(f.name, text)} error=${errorOf(f.name)} />`)}`;
}

/** @param {{field: import('./form_fields.js').Field, text: string, change: (text: string) => void, error: string|null}} props */
function One({ field: f, text, change, error }) {
  const limits = Object.entries(f.limits).map(([is, value]) => words.limit[is]?.(value)).filter(Boolean).join(' · ');
  const hint = [f.description, limits].filter(Boolean).join(' · ');
  const label = html`${f.title && html`<bdi>${f.title}</bdi> `}<span class="mono">${f.name}</span>`;
  const wrongJson = f.kind === 'json' && text.trim() && mistakeIn(text);
  return html`<${Field} label=${label} hint=${hint || undefined} optional=${!f.required} error=${error ?? (wrongJson ? wrongJson.message : null)} side=${f.kind === 'json' && html`<span class="muted">${words.fieldJson}</span>`}>
    ${(/** @type {any} */ a) => (f.kind === 'choice' ? html`<select ...${a} value=${text} onChange=${(/** @type {any} */ e) => change(e.target.value)}><option value="">${f.required ? '–' : words.notGiven}</option>${f.options.map(([v, word]) => html`<option key=${v} value=${v}>${word}</option>`)}</select>`
    : f.kind === 'long' || f.kind === 'json' ? html`<textarea rows=${f.kind === 'json' ? 4 : 3} class=${f.kind === 'json' ? 'mono' : ''} dir="auto" spellcheck=${f.kind === 'long'} ...${a} value=${text} onInput=${(/** @type {any} */ e) => change(e.target.value)}></textarea>`
      : html`<input type="text" dir="auto" autocomplete="off" spellcheck=${false} inputmode=${f.kind === 'number' ? 'decimal' : undefined} ...${a} value=${text} onInput=${(/** @type {any} */ e) => change(e.target.value)} />`)}
  <//>`;
}
