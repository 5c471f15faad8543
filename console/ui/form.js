// How does a form keep what was typed, and where does an error stand?
// State of a form with a draft in sessionStorage; the server's words beside the field that they point at.
import { html, useEffect, useId, useRef, useState } from '../vendor/preact-htm-signals.js';
import { Problem } from '../api.js';
import { messages } from '../messages/en.js';
import { unsaved } from '../router.js';
import { Icon } from './icon.js';
import { Coded, Copy } from './value.js';

/**
 * @typedef {object} Form
 * @property {any} value what is typed
 * @property {(changes: any) => void} set `form.set({ url: '…' })`
 * @property {boolean} dirty
 * @property {boolean} saving
 * @property {Problem|null} problem the last refusal
 * @property {(pointer: string) => string|null} error the server's words about a value
 * @property {(pointer: string, words: string|null) => void} check an error found here, before sending
 * @property {(event?: Event) => Promise<void>} submit
 * @property {(value?: any) => void} reset after saving, or to start again
 */

const DRAFT = 'posthorn.draft.';
/** Whether this tab keeps what somebody typed into a form and did not save. */
export const hasDrafts = () => Object.keys(sessionStorage).some((key) => key.startsWith(DRAFT));

/**
 * @param {any} initial
 * @param {(value: any) => Promise<any>} save throws a Problem
 * @param {{draft?: string, secret?: string[]}} [options] `draft`: a name under which the text outlives a reload and a login, without the members `secret`
 * @returns {Form}
 */
export function useForm(initial, save, { draft, secret = [] } = {}) {
  const key = draft && `${DRAFT}${draft}`;
  const start = useRef(initial);
  const [value, setValue] = useState(() => ({ ...initial, ...(key ? JSON.parse(sessionStorage.getItem(key) ?? 'null') : null) }));
  const [saving, setSaving] = useState(false);
  const busy = useRef(false);
  const [problem, setProblem] = useState(/** @type {Problem|null} */ (null));
  const [own, setOwn] = useState(/** @type {Record<string, string>} */ ({}));
  const dirty = JSON.stringify(value) !== JSON.stringify(start.current);
  useEffect(() => {
    if (!key) return;
    if (dirty) sessionStorage.setItem(key, JSON.stringify(value, (name, inner) => (secret.includes(name) ? undefined : inner)));
    else sessionStorage.removeItem(key);
  }, [value, dirty]);
  useEffect(() => { unsaved.value = dirty && !key && !busy.current ? messages.form.leave : null; }, [value, dirty, saving]);
  useEffect(() => () => { unsaved.value = null; }, []);

  const set = (/** @type {any} */ changes) => {
    setValue((/** @type {any} */ old) => ({ ...old, ...changes }));
    // What was said of a value that is another now is over; of a JSON text its other mistakes still stand.
    setProblem((old) => {
      const still = old?.errors.filter((e) => !(e.pointer.slice(1) in changes)) ?? [];
      if (!old || still.length === old.errors.length) return old;
      return still.length === 0 ? null : Object.assign(new Problem(old.status, old, old.request_id), { errors: still });
    });
  };
  const reset = (/** @type {any} */ next = start.current) => {
    start.current = next;
    setValue({ ...next });
    setProblem(null);
    setOwn({});
    unsaved.value = null;
    if (key) sessionStorage.removeItem(key);
  };
  const check = (/** @type {string} */ pointer, /** @type {string|null} */ words) => setOwn((old) => {
    const next = { ...old };
    if (words) next[pointer] = words; else delete next[pointer];
    return next;
  });
  const submit = async (/** @type {Event|undefined} */ event) => {
    event?.preventDefault();
    const root = /** @type {HTMLElement|null} */ (event?.target instanceof HTMLElement ? event.target : null);
    if (saving || Object.keys(own).length) { focusError(root); return; }
    setSaving(true);
    setProblem(null);
    const begun = start.current;
    // What is being saved is not lost when `save` leads to another page; after a refusal it would be.
    busy.current = true;
    unsaved.value = null;
    try {
      await save(value);
      if (key) sessionStorage.removeItem(key);
      // What was saved is what one begins with now, unless \`save\` has reset the form to the server's version of it.
      if (start.current === begun) start.current = value;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (error.errors.length === 0 && TAKEN.has(error.code)) error.errors = [{ pointer: '/name', detail: error.message }];
      setProblem(error);
      focusError(root);
    } finally {
      busy.current = false;
      setSaving(false);
    }
  };
  const error = (/** @type {string} */ pointer) => own[pointer.replace(/\/\*$/, '')] ?? problem?.at(pointer) ?? null;
  return { value, set, dirty, saving, problem, error, check, submit, reset };
}

/** Refusals of a name that point at nothing: what they say belongs beside it. */
const TAKEN = new Set(['action_exists', 'event_type_exists']);

/** @param {HTMLElement|null} root */
const focusError = (root) => requestAnimationFrame(() => /** @type {HTMLElement|null} */ ((root ?? document).querySelector('[aria-invalid="true"]'))?.focus());

/**
 * Label, control, hint, and the error beside it. The child is a function of the attributes that tie them together.
 * @param {{label: any, hint?: any, error?: string|null, optional?: boolean, side?: any, children?: any}} props `side`: a button right of the label
 */
export function Field({ label, hint, error, optional, side, children }) {
  const id = useId();
  const make = Array.isArray(children) ? children[0] : children;
  const attributes = { id, 'aria-invalid': error ? 'true' : undefined, 'aria-describedby': [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(' ') || undefined };
  return html`<div class=${`field ${error ? 'wrong' : ''}`}>
    <div class="label"><label for=${id}>${label}</label>${optional && html`<span class="muted">${messages.form.optional}</span>`}${side}</div>
    ${typeof make === 'function' ? make(attributes) : make}
    ${error && html`<p class="error" id=${`${id}-error`}><${Icon} name="warn" /><span><${Coded} of=${error} /></span></p>`}
    ${hint && html`<p class="hint" id=${`${id}-hint`}>${hint}</p>`}
  </div>`;
}

/** @typedef {{form: Form, name: string, label: any, hint?: any, pointer?: string, optional?: boolean, side?: any, [attribute: string]: any}} InputProps `pointer`: `/name` if left out */

/** Browsers heed `autofocus` once a document; of the pages after the first, the field takes the focus that nothing has. @param {HTMLElement|null} field */
const takeFocus = (field) => { if (document.activeElement === document.body) field?.focus(); };

/** @param {InputProps} props */
export function TextField({ form, name, label, hint, pointer = `/${name}`, optional, side, ...rest }) {
  return html`<${Field} label=${label} hint=${hint} optional=${optional} side=${side} error=${form.error(pointer)}>
    ${(/** @type {any} */ a) => html`<input type="text" autocomplete="off" ref=${rest.autofocus ? takeFocus : undefined} ...${a} ...${rest} value=${form.value[name] ?? ''} onInput=${(/** @type {any} */ e) => form.set({ [name]: e.target.value })} />`}
  <//>`;
}

/** Its value is given as text: a number is never the same as the field's own, would be set again, and a `1.` lose its point. @param {InputProps} props */
export function NumberField({ form, name, label, hint, pointer = `/${name}`, optional, side, unit, ...rest }) {
  return html`<${Field} label=${label} hint=${hint} optional=${optional} side=${side} error=${form.error(pointer)}>
    ${(/** @type {any} */ a) => html`<span class="with-unit"><input type="number" inputmode="numeric" ...${a} ...${rest} value=${String(form.value[name] ?? '')}
      onInput=${(/** @type {any} */ e) => form.set({ [name]: e.target.value === '' ? null : Number(e.target.value) })} />${unit && html`<span class="muted">${unit}</span>`}</span>`}
  <//>`;
}

/** @param {InputProps} props */
export function AreaField({ form, name, label, hint, pointer = `/${name}`, optional, side, ...rest }) {
  return html`<${Field} label=${label} hint=${hint} optional=${optional} side=${side} error=${form.error(pointer)}>
    ${(/** @type {any} */ a) => html`<textarea rows="3" ...${a} ...${rest} value=${form.value[name] ?? ''} onInput=${(/** @type {any} */ e) => form.set({ [name]: e.target.value })}></textarea>`}
  <//>`;
}

/** @param {InputProps & {options: [string, string][]}} props `options`: [value, word] */
export function SelectField({ form, name, label, hint, pointer = `/${name}`, optional, side, options, ...rest }) {
  return html`<${Field} label=${label} hint=${hint} optional=${optional} side=${side} error=${form.error(pointer)}>
    ${(/** @type {any} */ a) => html`<select ...${a} ...${rest} value=${form.value[name] ?? ''} onChange=${(/** @type {any} */ e) => form.set({ [name]: e.target.value })}>${options.map(([v, word]) => html`<option key=${v} value=${v}>${word}</option>`)}</select>`}
  <//>`;
}

/** @param {InputProps} props */
export function CheckField({ form, name, label, hint, pointer = `/${name}`, ...rest }) {
  const id = useId();
  const error = form.error(pointer);
  return html`<div class=${`field check ${error ? 'wrong' : ''}`}>
    <label><input type="checkbox" ...${rest} checked=${Boolean(form.value[name])} aria-describedby=${hint ? `${id}-hint` : undefined} aria-invalid=${error ? 'true' : undefined} onChange=${(/** @type {any} */ e) => form.set({ [name]: e.target.checked })} /><span>${label}</span></label>
    ${error && html`<p class="error"><${Icon} name="warn" /><span><${Coded} of=${error} /></span></p>`}${hint && html`<p class="hint" id=${`${id}-hint`}>${hint}</p>`}
  </div>`;
}

/** A switch that acts at once. @param {{on: boolean, label: string, busy?: boolean, change: (on: boolean) => void}} props */
export const Switch = ({ on, label, busy, change }) => html`<button type="button" class="switch-control" role="switch" aria-checked=${on ? 'true' : 'false'} aria-label=${label} disabled=${busy} onClick=${() => change(!on)}><i></i></button>`;

/**
 * What was refused and has no field of its own, and the buttons.
 * @param {{form: Form, save?: string, working?: string, quiet?: boolean, cancel?: (() => void)|null, shown?: string[], children?: any}} props `working`: the button's word meanwhile; `quiet`: another button of the page is the main one; `shown`: pointers that have a field
 */
export function FormEnd({ form, save = messages.form.save, working = messages.form.saving, quiet = false, cancel, shown, children }) {
  const { problem } = form;
  const rest = problem && (problem.errors.length === 0 ? problem.message : problem.errors.filter((e) => shown && !shown.includes(e.pointer)).map((e) => `${e.pointer} ${e.detail}`).join('; '));
  return html`<div class="form-end">
    ${problem && html`<p class="notice bad" role="alert"><${Icon} name="warn" /><span><${Coded} of=${rest || messages.form.marked(new Set(problem.errors.map((e) => e.pointer)).size)} /> ${rest && problem.request_id && html`<span class="request"><span class="mono">${problem.request_id}</span><${Copy} text=${problem.request_id} /></span>`}</span></p>`}
    <div class="row"><button class=${`button ${quiet ? '' : 'primary'}`} aria-disabled=${form.saving ? 'true' : undefined}>${form.saving ? working : save}</button>${cancel && html`<button type="button" class="button" onClick=${cancel}>${messages.form.cancel}</button>`}${children}</div>
  </div>`;
}
