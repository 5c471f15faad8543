// What happens if this event is sent?
// Type and payload with the catalogue's example; refusals beside their line; afterwards its ledger; the same as curl.
import { Copy, Field, Fold, Forbidden, FormEnd, Notice, Page, Problem, Section, Segments, TextField, Time, call, get, html, link, may, part, route, signal, useEffect, useEndpoints, useForm, useLive, useMemo, useRef, useState } from '../shell.js';
import { words } from '../messages/en/events.js';
import { CodeEditor } from '../ui/code_editor.js';
import { misfits } from '../catalogue/misfits.js';
import { memberText, mistakeIn, parseJson, pretty } from '../ui/json_text.js';
import { Ledger } from './event/ledger.js';
import { curl, javascript, requestText } from './event/request_code.js';
import { styles } from './delivery/styles.js';

await styles;

const EMPTY = { type: '', data: '', channels: '', occurred_at: '', deliver_at: '', uid: '', key: '' };

/** @param {{ws: string}} props */
export default function EventSend({ ws }) {
  if (may('events')) return html`<${Send} ws=${ws} />`;
  return html`<${Page} title=${words.sendTitle} crumbs=${[[words.title, link('events')]]}><${Forbidden} scope="events" /><//>`;
}

/** @param {{ws: string}} props */
function Send({ ws }) {
  const [sent, setSent] = useState(/** @type {any} */ (null));
  const [schema, setSchema] = useState(/** @type {{of: string, schema: any}} */ ({ of: '', schema: null }));
  const result = useRef(/** @type {HTMLElement|null} */ (null));
  // A link names the type; what was typed for another one waits in its own draft.
  const type = useMemo(() => route.value.query.get('type') ?? '', []);
  const form = useForm({ ...EMPTY, type }, async (value) => {
    setSent(null);
    if (mistakeIn(value.data || 'null')) throw new Problem(422, { title: words.jsonFirst, errors: [{ pointer: '/data', detail: words.jsonFirst }] }, null);
    const { data } = await call('POST', '/v1/events', { body: requestText(value, ws), ...(value.key.trim() ? { key: value.key.trim() } : {}) }).catch((problem) => {
      if (problem.code === 'too_large') problem.errors = [{ pointer: '/data', detail: words.tooLarge(new TextEncoder().encode(value.data).length) }];
      throw problem;
    });
    setSent({ ...data, misfits: unfit, type: value.type.trim(), created_at: new Date().toISOString(), erased_at: null });
  }, { draft: `event.${ws}${type && `.${type}`}` });
  const unfit = useMemo(() => (schema.of === form.value.type.trim() && schema.schema ? misfitsOf(schema.schema, form.value.data) : []), [schema, form.value.type, form.value.data]);
  useEffect(() => { if (sent) { result.current?.focus({ preventScroll: true }); result.current?.scrollIntoView({ block: 'nearest' }); } }, [sent]);
  const catalogue = useLive('/v1/event-types', { archived: false });
  const described = useMemo(() => (catalogue.data?.data ?? []).map((/** @type {any} */ t) => t.name), [catalogue.data]);
  const wrong = mistakeIn(form.value.data) ? [] : (form.problem?.errors ?? []).filter((e) => e.pointer === '/data' || e.pointer.startsWith('/data/'));
  return html`<${Page} title=${words.sendTitle} note=${words.sendNote} crumbs=${[[words.title, link('events')]]}>
    <div class="columns wide-left">
      <form onSubmit=${form.submit} aria-label=${words.sendTitle} novalidate>
        <${TypeField} form=${form} ws=${ws} described=${described} />
        <${Field} label=${words.data} hint=${words.dataHint} side=${html`<${Examples} form=${form} ws=${ws} described=${described} learn=${setSchema} />`}>${(/** @type {any} */ a) => html`<${CodeEditor} id=${a.id} label=${words.data} value=${form.value.data} change=${(/** @type {string} */ data) => form.set({ data })} errors=${wrong} strip="/data" rows=${14} />`}<//>
        ${unfit.length > 0 && wrong.length === 0 && html`<div class="below"><${Misfits} type=${form.value.type.trim()} of=${unfit} /></div>`}
        <${Fold} label=${words.more} open=${['channels', 'uid', 'occurred_at', 'deliver_at', 'key'].some((name) => form.value[name])}>
          <${TextField} form=${form} name="channels" label=${words.channels} hint=${words.optionalChannels} optional pointer="/channels/*" />
          <${TextField} form=${form} name="occurred_at" label=${words.occurred} hint=${words.occurredHint} optional type="datetime-local" step="1" />
          <${TextField} form=${form} name="deliver_at" label=${words.due} hint=${words.dueHint} optional type="datetime-local" step="1" />
          <${TextField} form=${form} name="uid" label=${words.uid} hint=${words.uidHint} optional />
          <${TextField} form=${form} name="key" label=${words.key} hint=${words.keyHint} optional pointer="/idempotency_key" />
        <//>
        <${FormEnd} form=${form} save=${words.sendButton} working=${words.sending} shown=${['/type', '/data', '/uid', '/occurred_at', '/deliver_at', ...wrong.map((e) => e.pointer)]} />
      </form>
      <${AsCode} fields=${form.value} ws=${ws} />
    </div>
    ${sent && html`<div ref=${result} tabindex="-1" class="result"><${Result} key=${sent.id} ws=${ws} event=${sent} /></div>`}
  <//>`;
}

/** @param {{form: import('../ui/form.js').Form, ws: string, described: string[]}} props */
function TypeField({ form, ws, described }) {
  const seen = useLive(may('events:ro') ? '/v1/event-types/seen' : null, { workspace_id: ws });
  const names = [...new Set([...described, ...(seen.data?.data ?? []).map((/** @type {any} */ t) => t.name)])].sort();
  return html`<datalist id="event-types">${names.map((name) => html`<option key=${name} value=${name} />`)}</datalist>
    <${TextField} form=${form} name="type" label=${words.type} hint=${words.typeHint} list="event-types" spellcheck=${false} required autofocus />`;
}

/** Places that do not fit; none while the text is no JSON. @param {any} schema @param {string} text */
function misfitsOf(schema, text) {
  try { return misfits(schema, JSON.parse(text.trim() || '{}')); } catch { return []; }
}

/** Refused or only counted, as the workspace is set: the places are named either way. @param {{type: string, of: import('../catalogue/misfits.js').Misfit[]}} props */
const Misfits = ({ type, of }) => html`<${Notice} tone="warn">${words.unfit} <a class="mono" href=${link('catalogue', type)}>${type}</a>:
  <ul class="misfits">${of.map((e) => html`<li key=${e.pointer}><code>${e.pointer || '/'}</code> ${(words.unfitHow[e.is] ?? String)(e.value)}</li>`)}</ul><//>`;

/**
 * The catalogue's example of the type, put in by itself while nothing was typed; or the last payload of the type.
 * @param {{form: import('../ui/form.js').Form, ws: string, described: string[], learn: (of: {of: string, schema: any}) => void}} props `learn`: the schema of the type
 */
function Examples({ form, ws, described, learn }) {
  const { type, data } = form.value;
  const name = type.trim();
  const [example, setExample] = useState(/** @type {{of: string, text: string|null}} */ ({ of: '', text: null }));
  const [note, setNote] = useState('');
  const put = useRef('');
  useEffect(() => {
    if (!described.includes(name)) { setExample({ of: name, text: null }); return; }
    let over = false;
    const timer = setTimeout(async () => {
      const text = await call('GET', `/v1/event-types/${part(name)}`, { text: true }).then((a) => a.text, () => null);
      if (over) return;
      const found = text && memberText(text, 'example');
      setExample({ of: name, text: found && found !== 'null' ? pretty(parseJson(found)) : null });
      learn({ of: name, schema: text && JSON.parse(text).schema });
    }, 250);
    return () => { over = true; clearTimeout(timer); };
  }, [name, described]);
  useEffect(() => { if (example.of === name && example.text && (data.trim() === '' || data === put.current)) use(example.text); }, [example]);
  const use = (/** @type {string} */ text) => { put.current = text; setNote(''); form.set({ data: text }); };
  const lastSent = async () => {
    try {
      const { data: [last] } = await get('/v1/events', { workspace_id: ws, event_type: name, limit: 1 });
      const text = last && !last.erased_at && memberText((await call('GET', `/v1/events/${last.id}`, { query: { workspace_id: ws }, text: true })).text, 'data');
      if (text) use(pretty(parseJson(text))); else setNote(words.noExample);
    } catch (error) { if (!(error instanceof Problem)) throw error; setNote(error.message); }
  };
  return html`<span class="row">${note && html`<span class="muted" role="status">${note}</span>`}
    ${example.of === name && example.text && example.text !== data && html`<button type="button" class="plain" onClick=${() => use(example.text ?? '')}>${words.example}</button>`}
    ${name && may('events:ro') && html`<button type="button" class="plain" onClick=${lastSent}>${words.lastSent}</button>`}</span>`;
}

/** @param {{fields: import('./event/request_code.js').Fields, ws: string}} props */
function AsCode({ fields, ws }) {
  const [view, setView] = useState('curl');
  const text = useMemo(() => (view === 'curl' ? curl : javascript)(fields, ws, location.origin), [view, fields]);
  return html`<section class="section as-code"><div class="section-head"><h2>${words.asCode}</h2><div class="row"><${Segments} label=${words.format} value=${view} change=${setView} options=${[['curl', 'curl'], ['js', 'JavaScript']]} /></div></div>
    <div class="with-copy"><pre class="code" tabindex="0">${text.length > 20_000 ? `${text.slice(0, 20_000)} …` : text}</pre><${Copy} text=${text} /></div><p class="hint muted">${words.curlKey}</p></section>`;
}

/** @param {{ws: string, event: any}} props */
function Result({ ws, event }) {
  const endpoints = useEndpoints(ws);
  const sendTo = useMemo(() => signal(/** @type {string[]|null} */ (null)), []);
  return html`<${Section} title=${words.result} note=${html`${words.resultNote(event.deliveries_count, event.skipped_count)} · <${Time} at=${event.created_at} />`} actions=${html`<a class="button small" href=${link('events', event.id)}>${words.openEvent}</a>`}>
    ${event.misfits.length > 0 && html`<${Misfits} type=${event.type} of=${event.misfits} />`}
    ${event.deliveries_count === 0 && html`<${Notice}>${words.nobody}<//>`}
    ${may('events:ro') && html`<${Ledger} ws=${ws} event=${event} endpoints=${endpoints} sendTo=${sendTo} every=${1500} />`}
  <//>`;
}
