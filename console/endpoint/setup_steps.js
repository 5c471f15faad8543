// What is done in each step of the setup?
// An endpoint by its URL alone, a test whose request and answer are shown, samples and a proof, the first own event.
import { Failed, Field, FormEnd, Notice, Problem, TextField, call, html, link, may, part, post, useEffect, useForm, useLive, useRef, useState } from '../shell.js';
import { words } from '../messages/en/verify.js';
import { CodeEditor } from '../ui/code_editor.js';
import { memberText, parseJson, pretty } from '../ui/json_text.js';
import { Rotate } from './actions.js';
import { Exchange } from './exchange.js';
import { Prove } from './prove.js';
import { Code, Samples } from './samples_view.js';
import { ShownSecret, rememberSecret, secretOf } from './secret.js';
import { Raw, write } from './values.js';

/** Takes the focus when its step begins, so that Enter goes on. @param {boolean} wanted */
export function useFocus(wanted) {
  const target = useRef(/** @type {HTMLElement|null} */ (null));
  useEffect(() => { if (wanted) target.current?.focus({ preventScroll: true }); }, [wanted]);
  return target;
}

/** Leads to the step that has just become the next one; the result above stays in sight until then. @param {{to: number, gone: () => void}} props */
export function GoOn({ to, gone }) {
  const button = useFocus(true);
  const go = () => {
    const step = document.getElementById(`step-${to}`);
    step?.scrollIntoView({ block: 'start' });
    /** @type {HTMLElement|null|undefined} */ (step?.querySelector('[data-first]') ?? step?.querySelector('h2'))?.focus({ preventScroll: true });
    gone();
  };
  return html`<button type="button" ref=${button} class="button primary" onClick=${go}>${words.next}</button>`;
}

/** @param {{ws: string, quiet: boolean, done: (id: string) => Promise<void>}} props `quiet`: another button of the page is the main one */
export function MakeStep({ ws, quiet, done }) {
  const form = useForm({ url: '' }, async ({ url }) => {
    const made = await post('/v1/webhook-endpoints', { workspace_id: ws, url: url.trim() });
    rememberSecret(made);
    await done(made.id);
  }, { draft: `setup.${ws}` });
  return html`<form onSubmit=${form.submit} novalidate>
    <${TextField} form=${form} name="url" label=${words.url} hint=${words.urlHint} class="mono" inputmode="url" spellcheck=${false} placeholder="https://example.com/webhooks" autofocus />
    <${FormEnd} form=${form} save=${words.makeNow} quiet=${quiet} shown=${['/url']}><a class="button" href=${link('endpoints', 'new')}>${words.full}</a><//>
    <p class="hint below">${words.noReceiver}</p>
  </form>`;
}

/** @param {{endpoint: any, focus: boolean, isDone: boolean, goOn: (() => void)|null, done: () => Promise<void>}} props `goOn`: once it was just done */
export function DeliverStep({ endpoint, focus, isDone, goOn, done }) {
  const [busy, setBusy] = useState(false);
  const [delivery, setDelivery] = useState(/** @type {any} */ (null));
  const [problem, setProblem] = useState(/** @type {Problem|null} */ (null));
  const button = useFocus(focus);
  const send = async () => {
    if (busy) return;
    setBusy(true);
    setProblem(null);
    try {
      setDelivery(await post(`/v1/webhook-endpoints/${endpoint.id}/test`));
      await done();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      setProblem(error);
    } finally { setBusy(false); }
  };
  return html`${isDone && !delivery && html`<p class="muted">${words.deliveredFact}</p>`}
    <div class="row below"><button type="button" ref=${button} class=${`button ${isDone ? '' : 'primary'}`} aria-disabled=${busy ? 'true' : undefined} onClick=${send}>${busy ? words.sending : delivery || isDone ? words.deliverAgain : words.deliverNow}</button>
      ${goOn && delivery && html`<${GoOn} to=${2} gone=${goOn} />`}
      <a class="button" href=${link('endpoints', endpoint.id, { tab: 'settings' })}>${words.changeUrl}</a></div>
    ${problem && html`<${Failed} problem=${problem} compact />`}${delivery && html`<${Exchange} key=${delivery.id} delivery=${delivery} url=${endpoint.url} />`}`;
}

/** @param {{endpoint: any, verdict: string|null, quiet: boolean, goOn: (() => void)|null, done: () => Promise<void>}} props */
export function VerifyStep({ endpoint, verdict, quiet, goOn, done }) {
  const [proved, setProved] = useState(false);
  return html`<div class="stack"><${ShownSecret} id=${endpoint.id} />
    ${!secretOf(endpoint.id) && !endpoint.public_key && html`<div class="row"><span class="muted">${words.lost}</span><${Rotate} endpoint=${endpoint} done=${done} /></div>`}
    <${Samples} endpoint=${endpoint} secret=${secretOf(endpoint.id)} />
    <section><h3>${words.prove}</h3><${Prove} endpoint=${endpoint} verdict=${verdict} primary=${!quiet} done=${async () => { setProved(true); await done(); }}>${goOn && proved && html`<${GoOn} to=${3} gone=${goOn} />`}<//></section></div>`;
}

/** @param {{ws: string, endpoint: any, isDone: boolean, quiet: boolean, done: () => Promise<void>}} props */
export function OwnStep({ ws, endpoint, isDone, quiet, done }) {
  const first = endpoint?.events[0]?.replace(/\*$/, 'created') ?? 'invoice.paid';
  const [accepted, setAccepted] = useState(/** @type {any} */ (null));
  const form = useForm({ type: first, data: '{\n  "amount": 4200,\n  "currency": "EUR"\n}' }, async (value) => {
    setAccepted(await post('/v1/events', body(ws, value)));
    await done();
  });
  // What the catalogue describes is refused in a strict workspace if it looks otherwise.
  const typed = useRef(false);
  typed.current = form.dirty;
  const described = useLive('/v1/event-types', { name: first }).data?.data.some((/** @type {any} */ t) => t.name === first);
  useEffect(() => {
    if (!described) return;
    call('GET', `/v1/event-types/${part(first)}`, { text: true }).then(({ text }) => {
      const example = memberText(text, 'example');
      if (example && example !== 'null' && !typed.current) form.reset({ type: first, data: pretty(parseJson(example)) });
    }, () => {});
  }, [first, described]);
  if (!may('events')) return null;
  return html`<form onSubmit=${form.submit} novalidate>
      <${TextField} form=${form} name="type" label=${words.type} hint=${words.typeHint} class="mono" spellcheck=${false} data-first="" />
      <${Field} label=${words.payload}>${() => html`<${CodeEditor} label=${words.payload} value=${form.value.data} change=${(/** @type {string} */ data) => form.set({ data })} rows=${5} errors=${(form.problem?.errors ?? []).filter((e) => e.pointer.startsWith('/data'))} strip="/data" />`}<//>
      <${FormEnd} form=${form} save=${words.sendOwn} quiet=${quiet} shown=${(form.problem?.errors ?? []).map((e) => e.pointer).filter((p) => p === '/type' || p.startsWith('/data'))} />
    </form>
    ${accepted && html`<div class="below" role="status"><${Notice} tone=${accepted.deliveries_count ? 'good' : 'warn'} actions=${html`<a class="button small" href=${link('events', accepted.id)}>${words.openLedger}</a>`}>${words.accepted(accepted.deliveries_count)}<//></div>`}
    ${isDone && !accepted && html`<p class="muted below">${words.ownFact}</p>`}
    <h3 class="over-code">${words.curl}</h3><${Code} label=${words.curl} text=${curl(ws, form.value)} /><p class="hint">${words.curlHint} ${may('admin') && html`<a href=${link('keys', 'new')}>${words.curlKey}</a>`}</p>`;
}

/** @param {string} ws @param {{type: string, data: string}} value */
const body = (ws, { type, data }) => write({ workspace_id: ws, type: type.trim(), data: new Raw(data.trim() || '{}') });

/** @param {string} ws @param {{type: string, data: string}} value */
const curl = (ws, value) => `curl -sS ${location.origin}/v1/events -H "X-API-Key: $KEY" \\\n  -d '${body(ws, value).replaceAll("'", "'\\''")}'`;
