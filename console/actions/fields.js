// With which fields are the settings of an action typed?
// What it is, where it goes, its parameters with the form that they make beside it, who may; the rest is folded.
import { AreaField, CheckField, Fold, Icon, SelectField, TextField, html, useRef } from '../shell.js';
import { CodeEditor } from '../ui/code_editor.js';
import { words } from '../messages/en/actions.js';
import { fieldsOfParameters } from './form_fields.js';
import { Parameters, startTyped } from './parameters.js';
import { urlParameters } from './values.js';

const NAMES = ['name', 'title', 'description', 'url', 'method', 'parameters', 'effect', 'idempotent', 'confirm', 'roles', 'template', 'headers', 'header_prefix', 'signature', 'timeout_seconds', 'retries', 'outcomes', 'rate_limit', 'max_concurrency', 'result_schema', 'active'];
/** Pointers that have a field. @param {import('../api.js').Problem|null} problem */
export const shownOf = (problem) => (problem?.errors ?? []).map((e) => e.pointer).filter((p) => NAMES.includes(p.split('/')[1]));

/** @param {{form: import('../ui/form.js').Form, isNew?: boolean}} props */
export function ActionFields({ form, isNew = false }) {
  const v = form.value;
  return html`
    ${isNew && html`<${TextField} form=${form} name="name" label=${words.name} hint=${words.nameHint} class="mono" spellcheck=${false} autocapitalize="off" autofocus required placeholder="refund_order" />`}
    <${TextField} form=${form} name="title" label=${words.titleLabel} dir="auto" optional placeholder="Refund an order" />
    <${AreaField} form=${form} name="description" label=${words.description} hint=${words.descriptionHint} rows="3" dir="auto" optional />
    <${TextField} form=${form} name="url" label=${words.url} hint=${words.urlHint} class="mono" inputmode="url" spellcheck=${false} required placeholder="https://crm.example.com/orders/{{ parameters.order }}/refund" />
    <${Missing} value=${v} />
    <${SelectField} form=${form} name="method" label=${words.method} options=${['POST', 'PUT', 'PATCH', 'GET', 'DELETE'].map((m) => [m, m])} />
    <${Json} form=${form} name="parameters" pointer="/parameters" label=${words.parameters} hint=${words.parametersHint} rows=${10} />
    <${SelectField} form=${form} name="effect" label=${words.effectLabel} hint=${words.effectHint} options=${words.effectOptions} />
    <${SelectField} form=${form} name="confirm" label=${words.confirm} options=${words.confirmOptions} />
    ${v.effect !== 'read' && html`<${CheckField} form=${form} name="idempotent" label=${words.idempotent} hint=${words.idempotentHint} />`}
    <${TextField} form=${form} name="roles" pointer="/roles/*" label=${words.roles} hint=${words.rolesHint} class="mono" spellcheck=${false} placeholder="support" />
    <div class="folds">
      <${Part} form=${form} label=${words.request2} of=${['/template', '/headers']}>
        <${Json} form=${form} name="template" pointer="/template" label=${words.template} hint=${words.templateHint} rows=${5} wraps />
        <${AreaField} form=${form} name="headers" pointer="/headers/*" label=${words.headers} hint=${words.headersHint} class="mono" rows="3" spellcheck=${false} />
      <//>
      <${Part} form=${form} label=${words.limits} of=${['/timeout_seconds', '/retries', '/outcomes', '/rate_limit', '/max_concurrency']}>
        <div class="pair"><${TextField} form=${form} name="timeout" pointer="/timeout_seconds" label=${words.timeout} hint=${words.timeoutHint} inputmode="numeric" placeholder="10" /><${TextField} form=${form} name="retries" label=${words.retries} hint=${words.retriesHint} inputmode="numeric" placeholder="2" /></div>
        <div class="trio"><${TextField} form=${form} name="success" pointer="/outcomes/success/*" label=${words.success} hint=${words.statusHint} class="mono" /><${TextField} form=${form} name="retryable" pointer="/outcomes/retryable/*" label=${words.retryable} class="mono" /><${TextField} form=${form} name="permanent" pointer="/outcomes/permanent/*" label=${words.permanent} class="mono" /></div>
        <div class="trio"><${TextField} form=${form} name="rate" pointer="/rate_limit/*" label=${words.rate} inputmode="numeric" /><${SelectField} form=${form} name="per" pointer="-" label=${words.per} options=${[['per_second', words.perSecond], ['per_minute', words.perMinute]]} /><${TextField} form=${form} name="concurrency" pointer="/max_concurrency" label=${words.concurrency} inputmode="numeric" /></div>
      <//>
      <${Part} form=${form} label=${words.answerFold} of=${['/result_schema']}><${Json} form=${form} name="result" pointer="/result_schema" label=${words.resultSchema} hint=${words.resultHint} rows=${6} /><//>
      <${Part} form=${form} label=${words.signature} of=${['/signature', '/header_prefix']}>
        <${SelectField} form=${form} name="profile" pointer="/signature/*" label=${words.signature} hint=${isNew ? undefined : words.profileHint} options=${words.profiles} />
        <${TextField} form=${form} name="prefix" pointer="/header_prefix" label=${words.prefixLabel} class="mono" placeholder="X-Webhook" />
      <//>
    </div>
    <${CheckField} form=${form} name="active" label=${words.isActive} />`;
}

/** @param {{form: import('../ui/form.js').Form, label: string, of: string[], children?: any}} props */
function Part({ form, label, of, children }) {
  const refused = of.some((p) => form.error(`${p}/*`));
  // Once opened it stays so: a fold that closed while one types would take the field away.
  const opened = useRef(false);
  if (refused) opened.current = true;
  return html`<${Fold} label=${html`${label}${refused && html`<${Icon} name="warn" class="bad-text" />`}`} open=${opened.current || undefined}>${children}<//>`;
}

/** @param {{form: import('../ui/form.js').Form, name: string, pointer: string, label: string, hint: string, rows: number, wraps?: boolean}} props */
const Json = ({ form, name, pointer, label, hint, rows, wraps }) => html`<div class="field"><div class="label"><span class="strong">${label}</span><span class="muted">JSON</span></div>
  <${CodeEditor} label=${label} value=${form.value[name]} change=${(/** @type {string} */ text) => form.set({ [name]: text })} errors=${(form.problem?.errors ?? []).filter((e) => e.pointer === pointer || e.pointer.startsWith(`${pointer}/`))} strip=${pointer} wraps=${wraps} rows=${Math.min(24, Math.max(rows, form.value[name].split('\n').length + 1))} />
  <p class="hint">${hint}</p></div>`;

/** What the URL reads and the parameters do not have. @param {{value: import('./values.js').ActionValue}} props */
function Missing({ value }) {
  let schema;
  try { schema = JSON.parse(value.parameters || '{}'); } catch { return null; }
  const missing = urlParameters(value.url).filter((name) => !fieldsOfParameters(schema).some((f) => f.name === name));
  return missing.length ? html`<p class="notice warn below"><${Icon} name="warn" /><span>${words.urlNames(missing)}</span></p>` : null;
}

/** The form that the parameters make, while one types them. @param {{text: string}} props */
export function FormOf({ text }) {
  const last = useRef(/** @type {any} */ ({}));
  const tried = useRef(/** @type {{schema: any, value: any}} */ ({ schema: null, value: null }));
  try { const read = JSON.parse(text || '{}'); if (read && typeof read === 'object') last.current = read; } catch { /* the editor says what is wrong; the last whole one is shown */ }
  const schema = last.current;
  if (JSON.stringify(tried.current.schema) !== JSON.stringify(schema)) tried.current = { schema, value: startTyped(schema) };
  return html`<section class="preview" aria-label=${words.shows}><div class="preview-head"><h2>${words.shows}</h2></div><fieldset class="plain-set" disabled><${Parameters} schema=${tried.current.schema} value=${tried.current.value} change=${() => {}} /></fieldset></section>`;
}
