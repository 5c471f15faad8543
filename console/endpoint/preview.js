// Which request would these settings make, for which event?
// Asked of the server while one types: settings that are not saved are tried as a rule's step, saved ones by /preview.
import { Coded, Icon, Problem, call, get, html, may, useEffect, useLive, useMemo, useRef, useState } from '../shell.js';
import { words } from '../messages/en/endpoint_form.js';
import { SentRequest } from './http.js';
import { covers, knownTypes } from './types.js';
import { Raw, settings, write } from './values.js';

/** @typedef {import('./values.js').FormValue} FormValue */
/** @typedef {{request: any, problem: Problem|null, why: any[]|null, busy: boolean}} Preview */

const WAIT_MS = 350;
/** Bytes of a body that the API takes, less what the settings need. */
const LARGEST = 40_000;
/** What of the settings makes the request. */
const SEEN = ['url', 'headers', 'header_prefix', 'signature', 'method', 'template'];

/** The types that can be chosen, and what they were counted in: the newest events, at most 2,000. @param {string} ws */
export function useTypes(ws) {
  const catalogue = useLive('/v1/event-types').data?.data;
  const seen = useLive(may('events:ro') ? '/v1/event-types/counts' : null, { workspace_id: ws }).data;
  return useMemo(() => ({ types: knownTypes(catalogue ?? [], seen?.data ?? []), seen: seen ?? { events: 0, data: [] }, ready: Boolean(catalogue && (seen || !may('events:ro'))) }), [catalogue, seen]);
}

/** Whether settings that are not saved can be tried. */
export const mayTry = () => may('webhooks') || may('rules');

/**
 * The event of the preview: the catalogue's example of the type, else the payload of the last one, else nothing.
 * @param {string} ws @param {string} type @param {{types: import('./types.js').KnownType[], seen: any, ready: boolean}} known
 */
export function useSample(ws, type, { types, seen, ready }) {
  const [sample, setSample] = useState({ type: '', data: '{}', from: words.fromNothing });
  const last = seen.data.find((/** @type {any} */ row) => row.name === type)?.last_event_id;
  const catalogued = types.some((t) => t.name === type && t.described);
  useEffect(() => {
    if (!ready) return;
    let over = false;
    (async () => {
      const described = catalogued && (await get(`/v1/event-types/${encodeURIComponent(type.replaceAll('/', '~'))}`).catch(() => null));
      let next = { type, data: '{}', from: words.fromNothing };
      if (described?.example !== null && described?.example !== undefined) next = { type, data: JSON.stringify(described.example), from: words.fromCatalogue };
      else if (last) {
        const event = await get(`/v1/events/${last}`, { workspace_id: ws }).catch(() => null);
        if (event) next = { type, data: JSON.stringify(event.data), from: words.fromEvent };
      }
      // A payload that makes the question too large is left out: the request's head is the same.
      if (next.data.length > LARGEST) next = { type, data: '{}', from: words.fromNothing };
      if (!over) setSample(next);
    })();
    return () => { over = true; };
  }, [type, last, ready, catalogued]);
  return sample;
}

/** The first type that the endpoint would get. @param {string[]} events @param {import('./types.js').KnownType[]} types */
export function firstType(events, types) {
  const known = [...types].sort((a, b) => (b.count ?? 0) - (a.count ?? 0)).find((t) => events.length === 0 || events.some((e) => covers(e, t.name)));
  return known?.name ?? events.find((e) => !e.endsWith('.*')) ?? (events[0] ? events[0].replace(/\*$/, 'created') : 'invoice.paid');
}

/**
 * @param {string} ws @param {FormValue} value @param {{type: string, data: string}} sample @returns {Preview}
 */
export function usePreview(ws, value, sample) {
  const [state, setState] = useState(/** @type {Preview} */ ({ request: null, problem: null, why: null, busy: false }));
  const body = mayTry() && value.url.trim() && sample.type ? question(ws, value, sample) : '';
  useEffect(() => {
    if (!body) { setState({ request: null, problem: null, why: null, busy: false }); return; }
    const abort = new AbortController();
    setState((old) => ({ ...old, busy: true }));
    const timer = setTimeout(async () => {
      try {
        const { data } = await call('POST', '/v1/rules/test', { body, key: '', signal: abort.signal });
        const step = data.requests[0];
        const problem = step?.error ? new Problem(422, { title: words.previewRefused, detail: step.error }, null) : null;
        setState((old) => ({ request: step?.request ?? old.request, problem, why: data.events[0]?.why ?? null, busy: false }));
      } catch (error) {
        if (/** @type {Error} */ (error).name === 'AbortError') return;
        if (!(error instanceof Problem)) throw error;
        for (const e of error.errors) e.pointer = e.pointer.replace(/^\/rule\/then\/0/, '').replace(/^\/rule\/if/, '/filter');
        setState((old) => ({ ...old, problem: error, why: null, busy: false }));
      }
    }, WAIT_MS);
    return () => { clearTimeout(timer); abort.abort(); };
  }, [body]);
  return state;
}

/** @param {string} ws @param {FormValue} value @param {{type: string, data: string}} sample */
function question(ws, value, sample) {
  const all = settings(value);
  const chat = ['slack', 'teams', 'discord'].includes(value.body);
  const preset = value.body === 'data' ? 'json' : chat ? value.body : 'envelope';
  /** @type {Record<string, any>} */
  const step = { do: 'deliver', preset, ...Object.fromEntries(SEEN.map((name) => [name, all[name] ?? undefined])) };
  if (preset === 'json' && !step.template) step.template = '{{ data }}';
  if (chat) delete step.signature;
  return write({ workspace_id: ws, rule: { if: all.filter ?? undefined, then: [step] }, event: { type: sample.type, data: new Raw(sample.data) } });
}

/**
 * The panel beside a form. @param {{preview: Preview, sample: {type: string, from: string}, type: string, types: string[], change: (type: string) => void, url: string, saved?: any}} props
 */
export function PreviewPanel({ preview, sample, type, types, change, url, saved }) {
  const { request, problem, busy } = preview;
  const shown = mayTry() ? request : saved;
  if (!mayTry() && !saved) return null;
  return html`<section class="preview" aria-label=${words.preview} aria-busy=${busy ? 'true' : 'false'}>
    <div class="preview-head"><h2>${words.preview}</h2>${mayTry() && html`<label>${words.previewOf}<select value=${type} onChange=${(/** @type {any} */ e) => change(e.target.value)}>${[...new Set([type, ...types])].map((t) => html`<option key=${t} value=${t}>${t}</option>`)}</select></label>`}</div>
    ${mayTry() ? html`<p class="hint">${isSigned(request) && words.standIn} ${sample.type && sample.from}</p>` : html`<p class="hint">${words.previewNow}</p>`}
    ${mayTry() && !url.trim() && html`<p class="notice"><${Icon} name="info" /><span>${words.previewEmpty}</span></p>`}
    ${problem && html`<div class="notice warn" role="status"><${Icon} name="warn" /><div><strong>${words.previewRefused}</strong>${problem.errors.length ? html`<ul>${problem.errors.map((e) => html`<li key=${e.pointer}><code>${e.pointer || '/'}</code> <${Coded} of=${e.detail} /></li>`)}</ul>` : html`<p>${problem.message}</p>`}</div></div>`}
    ${shown && html`<div class=${problem || busy ? 'old' : ''}>${problem && html`<p class="hint">${words.previewStale}</p>`}<${SentRequest} of=${shown} />
      ${shown.undefined.length > 0 && html`<p class="notice warn"><${Icon} name="warn" /><span>${words.undefinedMembers(shown.undefined)}</span></p>`}</div>`}
  </section>`;
}

/** Any profile but none has a header with the signature. @param {any} request */
const isSigned = (request) => !request || Object.keys(request.headers).some((name) => /signature/i.test(name));

/** The request of the saved settings, for those who may not try others. @param {string} path @param {string} revision */
export function useSavedPreview(path, revision) {
  const [request, setRequest] = useState(/** @type {any} */ (null));
  const asked = useRef('');
  useEffect(() => {
    if (mayTry() || asked.current === revision) return;
    asked.current = revision;
    call('POST', `${path}/preview`, { body: {}, key: '' }).then(({ data }) => setRequest(data), () => setRequest(null));
  }, [path, revision]);
  return request;
}
