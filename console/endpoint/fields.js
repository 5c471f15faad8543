// With which fields are the settings of an endpoint typed?
// Where to and which events stand open; retries, limits, signature, headers and body are folded until asked for.
import { Coded, Fold, Icon, Notice, SelectField, TextField, html, useEffect, useRef } from '../shell.js';
import { words } from '../messages/en/endpoint_form.js';
import { CodeEditor } from '../ui/code_editor.js';
import { lazy } from '../rules/lazy.js';
import { TypePicker } from './type_picker.js';
import { PRESETS, blank, readSchedule, settings, write } from './values.js';

/** The builder's conditions; few endpoints have a filter. */
const FilterField = lazy(() => import('../rules/filter_field.js'), 'FilterField');

/** Members that a fold holds, by its name: a refusal opens it, and what differs from the defaults is said beside it. */
export const FOLDS = /** @type {Record<string, string[]>} */ ({
  retry: ['retry', 'timeout_seconds', 'outcomes', 'disable', 'delay_seconds'], limits: ['rate_limit', 'max_concurrency', 'channels'], signature: ['signature', 'header_prefix', 'secret'],
  headers: ['headers'], body: ['body', 'template', 'method'], more: ['uid', 'metadata'],
});
/** Bodies that are messages, which nothing signs. */
const CHAT = ['slack', 'teams', 'discord'];

/** Every pointer that has a field. @param {import('../api.js').Problem|null} problem */
export const shownPointers = (problem) => (problem?.errors ?? []).map((e) => e.pointer).filter((p) => ['url', 'description', 'events', 'filter', ...Object.values(FOLDS).flat()].includes(p.split('/')[1]));

/**
 * @param {{form: import('../ui/form.js').Form, known: any, preview: import('./preview.js').Preview, sample: {data: string, type: string}, isNew?: boolean}} props
 */
export function EndpointFields({ form, known, preview, sample, isNew = false }) {
  const v = form.value;
  const set = form.set;
  // What was not signed because it was a message is signed again.
  const body = useRef(v.body);
  useEffect(() => {
    if (CHAT.includes(body.current) && !CHAT.includes(v.body) && v.profile === 'none') set({ profile: 'standard' });
    body.current = v.body;
  }, [v.body]);
  // While one types, the server's words about JSON come from the preview; the last refusal stays until it is mended.
  const errorsOf = (/** @type {string} */ name) => together([...new Map([...(preview.problem?.errors ?? []), ...(form.problem?.errors ?? [])].filter((e) => e.pointer === `/${name}` || e.pointer.startsWith(`/${name}/`)).map((e) => [e.pointer + e.detail, e])).values()]);
  return html`
    <${TextField} form=${form} name="url" label=${words.url} hint=${isNew ? words.urlHint : undefined} class="mono" inputmode="url" spellcheck=${false} placeholder="https://example.com/webhooks" required autofocus=${isNew} />
    <${TextField} form=${form} name="description" label=${words.description} hint=${isNew ? words.descriptionHint : undefined} optional dir="auto" />
    <${TypePicker} events=${v.events} known=${known} error=${form.error('/events/*')} change=${(/** @type {string[]} */ events) => set({ events })} />
    <div class="folds">
      <${Part} name="filter" label=${words.filter} note=${words.filterNote} form=${form} members=${['filter']} wrong=${errorsOf('filter').length > 0}>
        ${() => html`<${FilterField} text=${v.filter} change=${(/** @type {string} */ filter) => set({ filter })} data=${sample.data} type=${sample.type} why=${preview.why} errors=${errorsOf('filter')} />`}
      <//>
      <${Part} name="retry" label=${words.retry} form=${form} members=${FOLDS.retry} note=${retryNote(v)}><${RetryFields} form=${form} isNew=${isNew} /><//>
      <${Part} name="limits" label=${words.limits} form=${form} members=${FOLDS.limits}><${LimitFields} form=${form} /><//>
      <${Part} name="signature" label=${words.signature} form=${form} members=${FOLDS.signature} note=${v.profile && v.profile !== 'standard' ? v.profile : undefined}><${SignatureFields} form=${form} isNew=${isNew} /><//>
      <${Part} name="headers" label=${words.headers} form=${form} members=${FOLDS.headers} note=${v.headers.length ? String(v.headers.length) : words.headersNote}>
        <${Rows} rows=${v.headers} change=${(/** @type {any} */ headers) => set({ headers })} add=${words.addHeader} error=${(/** @type {string} */ name) => form.error(`/headers${name}`)} hint=${words.headersHint} mono /><//>
      <${Part} name="body" label=${words.body} form=${form} members=${FOLDS.body} wrong=${errorsOf('template').length > 0}>
        <div class="pair"><${SelectField} form=${form} name="body" label=${words.bodyLabel} hint=${CHAT.includes(v.body) ? words.chatHint : undefined} options=${[...(isNew ? [['', words.bodyDefault]] : []), ...words.bodies, ...(v.body === 'email' ? [['email', words.email]] : [])]} />
          <${SelectField} form=${form} name="method" label=${words.method} options=${[['POST', 'POST'], ['PUT', 'PUT'], ['PATCH', 'PATCH']]} /></div>
        ${!isNew && CHAT.includes(v.body) && v.profile !== 'none' && html`<div class="field"><${Notice} tone="warn">${words.unsignedSoon}<//></div>`}
        <div class="field"><div class="label"><span class="strong">${words.template}</span><span class="muted">JSON</span></div>
          <${CodeEditor} label=${words.template} value=${v.template} change=${(/** @type {string} */ template) => set({ template })} errors=${errorsOf('template')} strip="/template" wraps rows=${Math.min(20, Math.max(4, v.template.split('\n').length + 1))} />
          <p class="hint">${words.templateHint}</p></div>
      <//>
      <${Part} name="more" label=${words.more} form=${form} members=${FOLDS.more}>
        <${TextField} form=${form} name="uid" label=${words.uid} hint=${words.uidHint} class="mono" spellcheck=${false} optional />
        <div class="field"><div class="label"><span class="strong">${words.metadata}</span></div><${Rows} rows=${v.metadata} change=${(/** @type {any} */ metadata) => set({ metadata })} add=${words.addMetadata} error=${(/** @type {string} */ name) => form.error(`/metadata${name}`)} /></div>
      <//>
    </div>`;
}

/** What a template lacks in the examples of several types, said once. @param {import('../api.js').FieldError[]} errors */
function together(errors) {
  const groups = Object.values(Object.groupBy(errors, ({ pointer, detail }) => pointer + detail.replace(IN_EXAMPLE, '')));
  return groups.map((group = []) => (group.length === 1 ? group[0] : { ...group[0], detail: group[0].detail.replace(IN_EXAMPLE, words.inExamples(group.map(({ detail }) => IN_EXAMPLE.exec(detail)?.[1] ?? ''))) }));
}
const IN_EXAMPLE = / \(in the example of (\S+)\)$/;

/** A fold that says what it changes, and opens for a refusal. @param {{name: string, label: string, note?: string, form: import('../ui/form.js').Form, members: string[], wrong?: boolean, children?: any}} props */
function Part({ label, note, form, members, wrong, children }) {
  const refused = wrong || members.some((m) => form.error(`/${m}/*`));
  const [now, none] = [settings(form.value), settings(blank())];
  const differs = members.some((m) => write(now[m] ?? null) !== write(none[m] ?? null));
  // Once opened it stays so: a fold that closed while one types would take the field away.
  const opened = useRef(false);
  if (refused || (differs && members[0] === 'filter')) opened.current = true;
  return html`<${Fold} label=${html`${label}${refused && html`<${Icon} name="warn" class="bad-text" />`}`} note=${note} open=${opened.current || undefined}>${children}<//>`;
}

/** @param {import('./values.js').FormValue} v */
function retryNote(v) {
  const delays = v.retry === 'custom' ? readSchedule(v.schedule) : PRESETS[v.retry];
  return delays ? words.schedule(delays) : undefined;
}

/** @param {{form: import('../ui/form.js').Form, isNew: boolean}} props */
function RetryFields({ form, isNew }) {
  const names = ['default', '1m-5m-20m-1h-2h', 'three-tries', '24h-exponential', 'standard-webhooks'];
  const options = [...(isNew ? [['', words.presets['']]] : []), ...names.map((p) => [p, `${words.presets[p]}: ${words.schedule(PRESETS[p])}`]), ['custom', words.presets.custom]];
  return html`
    <${SelectField} form=${form} name="retry" label=${words.retry} pointer=${form.value.retry === 'custom' ? '-' : '/retry/*'} options=${options} />
    ${form.value.retry === 'custom' && html`<${TextField} form=${form} name="schedule" pointer="/retry/*" label=${words.scheduleLabel} hint=${words.scheduleHint} class="mono" placeholder="1 s, 30 s, 5 min, 2 h" />`}
    <div class="pair"><${TextField} form=${form} name="timeout" pointer="/timeout_seconds" label=${words.timeout} hint=${words.timeoutHint} placeholder="10" inputmode="numeric" /><${TextField} form=${form} name="delay" pointer="/delay_seconds" label=${words.delay} hint=${words.delayHint} /></div>
    <div class=${`field ${form.error('/outcomes') ? 'wrong' : ''}`}><div class="trio"><${TextField} form=${form} name="success" pointer="/outcomes/success/*" label=${words.success} hint=${words.statusHint} class="mono" /><${TextField} form=${form} name="retryable" pointer="/outcomes/retryable/*" label=${words.retryable} class="mono" /><${TextField} form=${form} name="permanent" pointer="/outcomes/permanent/*" label=${words.permanent} class="mono" /></div>
      ${form.error('/outcomes') && html`<p class="error"><${Icon} name="warn" /><span><${Coded} of=${form.error('/outcomes')} /></span></p>`}</div>
    <fieldset class="group"><legend>${words.disable}</legend><div class="pair"><${TextField} form=${form} name="failures" pointer="/disable/consecutive_failures" label=${words.failures} placeholder="10" inputmode="numeric" /><${TextField} form=${form} name="window" pointer="/disable/window_seconds" label=${words.window} hint=${words.windowHint} placeholder="1 d" /></div></fieldset>`;
}

/** @param {{form: import('../ui/form.js').Form}} props */
const LimitFields = ({ form }) => html`
  <div class="pair"><${TextField} form=${form} name="rate" pointer="/rate_limit/*" label=${words.rate} hint=${words.rateHint} inputmode="numeric" /><${SelectField} form=${form} name="per" label=${words.per} pointer="-" options=${[['per_second', words.perSecond], ['per_minute', words.perMinute]]} /></div>
  <${TextField} form=${form} name="concurrency" pointer="/max_concurrency" label=${words.concurrency} hint=${words.concurrencyHint} inputmode="numeric" />
  <${TextField} form=${form} name="channels" pointer="/channels/*" label=${words.channels} hint=${words.channelsHint} class="mono" />`;

/** @param {{form: import('../ui/form.js').Form, isNew: boolean, was?: string, changed?: any}} props */
const SignatureFields = ({ form, isNew, was = form.value.base?.signature.profile, changed = was && was !== 'none' && form.value.profile !== was }) => html`
  <${SelectField} form=${form} name="profile" pointer="/signature/*" label=${words.profile} hint=${isNew ? undefined : words.profileHint} options=${[...(isNew ? [['', words.profileDefault]] : []), ...words.profiles]} />
  ${changed && html`<div class="field"><${Notice} tone="warn">${words.profileChanged}<//></div>`}
  <${TextField} form=${form} name="header_prefix" label=${words.prefix} hint=${words.prefixHint} class="mono" placeholder="X-Webhook" />
  ${isNew && html`<${TextField} form=${form} name="secret" label=${words.secret} hint=${words.secretHint} class="mono" optional spellcheck=${false} />`}`;

/** Names and values, as many as one adds. @param {{rows: [string, string][], change: (rows: [string, string][]) => void, add: string, error: (below: string) => string|null, hint?: string, mono?: boolean}} props `error`: of all of them, or of one at `/name` */
function Rows({ rows, change, add, error, hint, mono }) {
  const put = (/** @type {number} */ at, /** @type {number} */ side, /** @type {string} */ text) => change(rows.map((row, n) => (n === at ? /** @type {[string, string]} */ (row.map((old, s) => (s === side ? text : old))) : row)));
  // A new row gets the focus.
  const root = useRef(/** @type {HTMLElement|null} */ (null));
  const added = useRef(false);
  useEffect(() => {
    if (added.current) [...root.current?.querySelectorAll('.row-pair') ?? []].at(-1)?.querySelector('input')?.focus();
    added.current = false;
  }, [rows.length]);
  const all = error('');
  return html`<div class=${`rows ${error('/*') ? 'wrong' : ''}`} ref=${root}>
    ${rows.map(([name, value], n) => {
    const wrong = error(`/${name.trim().replaceAll('~', '~0').replaceAll('/', '~1')}`);
    return html`<div key=${n} class="row-pair">
      <input class=${mono ? 'mono' : ''} type="text" aria-label=${words.headerName} placeholder=${words.headerName} value=${name} spellcheck=${false} autocomplete="off" aria-invalid=${wrong ? 'true' : undefined} onInput=${(/** @type {any} */ e) => put(n, 0, e.target.value)} />
      <input class=${mono ? 'mono' : ''} type="text" aria-label=${words.headerValue} placeholder=${words.headerValue} value=${value} spellcheck=${false} autocomplete="off" onInput=${(/** @type {any} */ e) => put(n, 1, e.target.value)} />
      <button type="button" class="icon-button" aria-label=${words.removeRow(name)} onClick=${() => change(rows.filter((_, at) => at !== n))}><${Icon} name="cross" /></button></div>${wrong && html`<p class="error"><${Icon} name="warn" /><span><${Coded} of=${wrong} /></span></p>`}`;
  })}
    <button type="button" class="button small" onClick=${() => { added.current = true; change([...rows, ['', '']]); }}><${Icon} name="plus" />${add}</button>
    ${all && html`<p class="error"><${Icon} name="warn" /><span><${Coded} of=${all} /></span></p>`}${hint && html`<p class="hint">${hint}</p>`}
  </div>`;
}
