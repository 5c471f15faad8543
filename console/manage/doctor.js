// Why is a signature refused?
// A request as one's code got it, filled in from a delivery by the address; the verdict, and what to do next.
import {
  Facts, Field, Fold, FormEnd, Icon, Id, Loaded, Loading, Problem, TextField, call, endpointName, get, html, link, may, post, route, size, useEffect, useForm, useLive, useRef, useState, zone,
} from '../shell.js';
import { words } from '../messages/en/developers.js';
import { base64 } from './logo.js';
import { headerLines, readCurl, readHeaders } from './doctor_input.js';

/** @param {{ws: string}} props `delivery`, `endpoint` and `attempt` of the query fill the form in */
export default function Doctor({ ws }) {
  const { query } = route.value;
  const [wd, we, number] = [query.get('delivery') ?? '', query.get('endpoint') ?? '', query.get('attempt') ?? ''];
  const endpoints = useLive('/v1/webhook-endpoints', { workspace_id: ws, limit: 250, include_rules: may('rules:ro') || undefined });
  const [filled, setFilled] = useState(/** @type {any} */ (null));
  useEffect(() => {
    setFilled(null);
    fill(ws, wd, we, number).then(setFilled, (problem) => { if (!(problem instanceof Problem)) throw problem; setFilled({ endpoint: we, headers: '', body: '' }); });
  }, [ws, wd, we, number]);
  return html`<p class="lead">${words.doctorNote}</p>${filled ? html`<${Loaded} of=${endpoints}>${(/** @type {any} */ page) => html`<${Form} key=${`${wd}/${number}`} ws=${ws} start=${filled} endpoints=${page.data} />`}<//>` : html`<${Loading} />`}`;
}

/** Headers of an attempt and the body as it was sent, as far as they are kept and may be read. @param {string} ws @param {string} wd @param {string} we @param {string} number */
async function fill(ws, wd, we, number) {
  if (!wd) return { endpoint: we, headers: '', body: '' };
  const delivery = await get(`/v1/deliveries/${wd}`, { workspace_id: ws });
  const attempt = delivery.attempt_log.find((/** @type {any} */ a) => String(a.number) === number) ?? delivery.attempt_log.at(-1);
  let body = null;
  if (may('deliveries') && may('events:ro')) {
    try { body = readCurl((await call('GET', `/v1/webhook-endpoints/${delivery.endpoint_id}/deliveries/${wd}/curl`, { query: { workspace_id: ws }, text: true })).text).body; } catch (problem) { if (!(problem instanceof Problem)) throw problem; }
  }
  // Who may not send again may still see what would be sent; it counts if it is just what was.
  if (body === null && attempt && may('webhooks:ro') && may('events:ro')) {
    try {
      const now = await post(`/v1/webhook-endpoints/${delivery.endpoint_id}/preview`, { event_id: delivery.event_id }, { key: '' });
      if (now.body_sha256 === attempt.request.body_sha256) body = now.body;
    } catch (problem) { if (!(problem instanceof Problem)) throw problem; }
  }
  return { endpoint: delivery.endpoint_id, delivery: wd, attempt: attempt?.number, headers: attempt ? headerLines(attempt.request.headers) : '', body: body ?? '', hasBody: body !== null };
}

/** @param {any} value @param {string} ws */
function requestOf(value, ws) {
  const own = { path: value.path.trim(), computed: value.computed.trim(), received_at: value.at && new Date(value.at).toISOString() };
  return { workspace_id: ws, endpoint_id: value.endpoint, headers: readHeaders(value.headers).headers, ...(value.file ? { body_base64: value.file.base64 } : { body: value.body }), ...Object.fromEntries(Object.entries(own).filter(([, v]) => v)) };
}

/** @param {{ws: string, start: any, endpoints: any[]}} props */
function Form({ ws, start, endpoints }) {
  const [verdict, setVerdict] = useState(/** @type {any} */ (null));
  const form = useForm({ endpoint: start.endpoint, headers: start.headers, body: start.body, file: null, path: '', computed: '', at: '' }, async (value) => {
    setVerdict(null);
    const asked = /** @type {any} */ (requestOf(value, ws));
    const answer = await post('/v1/verify', asked, { key: '' });
    // A refusal with a computed signature may be about either of the two: what is wrong with the request alone?
    const alone = asked.computed && answer.verdict !== 'good' ? await post('/v1/verify', { ...asked, computed: undefined }, { key: '' }) : null;
    setVerdict({ ...answer, request: alone?.verdict === 'good' ? alone : null });
  }, { draft: `doctor.${start.delivery ?? 'own'}.${start.attempt ?? ''}` });
  const { value } = form;
  // Once opened it stays so: a fold that closed while one types would take the field away.
  const opened = useRef(false);
  if (value.computed || value.path || value.at) opened.current = true;
  const submit = (/** @type {Event} */ event) => {
    const { headers, wrong } = readHeaders(value.headers);
    form.check('/headers', wrong ? words.headersWrong(wrong) : Object.keys(headers).length === 0 ? words.headersEmpty : null);
    form.check('/endpoint_id', value.endpoint ? null : words.pick);
    // What was checked here counts from the next drawing on.
    if (wrong || !value.endpoint || Object.keys(headers).length === 0) { event.preventDefault(); return; }
    form.submit(event);
  };
  const set = (/** @type {any} */ changes, /** @type {string} */ pointer) => { form.set(changes); form.check(pointer, null); };
  return html`<div class="doctor"><form onSubmit=${submit} novalidate>
      ${start.delivery && html`<p class="notice"><${Icon} name="info" /><span>${words.ofDelivery} <a class="mono" href=${link('deliveries', start.delivery)}>${start.delivery}</a>, ${words.attempt(start.attempt)}. ${start.hasBody ? words.prefilled : words.prefilledNoBody}</span></p>`}
      <${Field} label=${words.endpoint} error=${form.error('/endpoint_id')}>${(/** @type {any} */ a) => html`<select ...${a} value=${value.endpoint} onChange=${(/** @type {any} */ e) => set({ endpoint: e.target.value }, '/endpoint_id')}><option value="">${words.pick}</option>${value.endpoint && !endpoints.some((e) => e.id === value.endpoint) && html`<option value=${value.endpoint}>${value.endpoint}</option>`}${endpoints.map((e) => html`<option key=${e.id} value=${e.id}>${endpointName(e).slice(0, 80)}</option>`)}</select>`}<//>
      <${Field} label=${words.headers} hint=${words.headersHint} error=${form.error('/headers/*')}>${(/** @type {any} */ a) => html`<textarea ...${a} class="mono" rows="9" wrap="off" spellcheck=${false} value=${value.headers} onInput=${(/** @type {any} */ e) => set({ headers: e.target.value, ...bodyOf(e.target.value) }, '/headers')}></textarea>`}<//>
      <${Body} form=${form} set=${set} />
      <${Fold} label=${words.more} open=${opened.current || undefined}>
        <${TextField} form=${form} name="computed" class="mono" label=${words.computed} hint=${words.computedHint} spellcheck=${false} optional />
        <${TextField} form=${form} name="path" class="mono" label=${words.path} hint=${words.pathHint} spellcheck=${false} optional />
        <${TextField} form=${form} name="at" type="datetime-local" step="1" pointer="/received_at" label=${words.at} hint=${words.atHint(zone())} optional /><//>
      <${FormEnd} form=${form} save=${words.ask} working=${words.asking} shown=${['/endpoint_id', '/body', '/body_base64', '/computed', '/path', '/received_at', ...(form.problem?.errors ?? []).map((e) => e.pointer).filter((p) => p.startsWith('/headers'))]} />
    </form>
    <div class="doctor-side" role="status">${verdict && html`<${Verdict} of=${verdict} />`}</div></div>`;
}

/** A curl command that is pasted as headers has the body, too. @param {string} text */
function bodyOf(text) {
  const body = /^\s*curl\s/.test(text) ? readCurl(text).body : null;
  return body === null ? {} : { body, file: null };
}

/** As text, or byte for byte from a file. @param {{form: any, set: (changes: any, pointer: string) => void}} props */
function Body({ form, set }) {
  const { value } = form;
  const choose = async (/** @type {any} */ event) => {
    const file = event.target.files[0];
    event.target.value = '';
    if (file) set({ file: { name: file.name, bytes: file.size, base64: base64(new Uint8Array(await file.arrayBuffer())) } }, '/body');
  };
  return html`<${Field} label=${words.bodyLabel} hint=${words.bodyHint} error=${form.error('/body') ?? form.error('/body_base64')} side=${html`<label class="plain file-label">${words.file}<input type="file" class="hidden" onChange=${choose} /></label>`}>${(/** @type {any} */ a) => (value.file
    ? html`<p class="row"><span class="mono">${words.fileBytes(value.file.name, value.file.bytes)}</span><button type="button" class="plain" onClick=${() => set({ file: null }, '/body')}>${words.fileRemove}</button></p>`
    : html`<textarea ...${a} class="mono" rows="8" spellcheck=${false} value=${value.body} onInput=${(/** @type {any} */ e) => set({ body: e.target.value }, '/body')}></textarea>`)}<//>
    ${!value.file && value.body.length > 1000 && html`<p class="hint">${size(new Blob([value.body]).size)}</p>`}`;
}

/** Of the request; or, if that is right, of what the receiver's code computed. @param {{of: any}} props `request`: the verdict about the request alone */
function Verdict({ of: { verdict, reason, detail, profile, secret, compared_with: compared, request } }) {
  const good = verdict === 'good';
  const same = reason === 'computed_matches';
  const title = good ? words.good : same ? words.same : request ? words.differs : { header_missing: words.headerMissing, timestamp_too_old: words.timeWrong, timestamp_in_future: words.timeWrong }[/** @type {'header_missing'} */ (reason)] ?? words.bad;
  // The API's name of the field is not the page's, and the title has said which of the two is right.
  const said = (good && words.goodDetail) || (request && words.computedDetails[reason]) || detail.replace(/[^.]*`computed`[^.]*\./g, '').replaceAll('`', '').trim();
  const made = words.secrets[secret] ?? words.unknown;
  return html`<section class=${`doctor-verdict ${good ? 'good' : same ? 'warn' : 'bad'}`} aria-label=${title}>
    <h2><${Icon} name=${good ? 'check' : same ? 'warn' : 'cross'} />${title}</h2><p>${said}</p>
    <${Facts} class="lines" of=${[...(request ? [[words.inHeader, words.right(words.secrets[request.secret])], [words.ofCode, same ? words.isSame : words.isOther]] : []), [words.reason, !good && html`<code>${reason}</code>`], [words.profile, profile ? html`<code>${profile}</code>` : words.unknown], [request && !same ? words.usedSecret : words.secret, made], [words.compared, compared ? html`<${Id} id=${compared} href=${link('deliveries', compared)} />` : words.notCompared]]} /></section>`;
}
