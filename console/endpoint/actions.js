// What can be done with an endpoint?
// Test, preview, pause and switch on, rotate its secret and end the overlap, delete; each says what follows.
import { Confirm, Dialog, Failed, Field, Loading, Opens, Problem, call, endpointName, forget, html, link, navigate, patch, post, remove, toast, useEffect, useState } from '../shell.js';
import { words } from '../messages/en/endpoint.js';
import { SentRequest } from './http.js';
import { rememberSecret } from './secret.js';
import { TestDialog } from './test_event.js';
import { setWasOff, switchOn } from './was_off.js';

/** @param {any} endpoint */
export const pathOf = (endpoint) => `/v1/webhook-endpoints/${endpoint.id}`;

/** @param {{endpoint: any, done?: () => void}} props */
export const SendTest = ({ endpoint, done }) => html`<${Opens} class="button primary" label=${words.test}>${(/** @type {() => void} */ close) => html`<${TestDialog} endpoint=${endpoint} close=${() => { close(); done?.(); }} />`}<//>`;

/** @param {{endpoint: any}} props */
export const Preview = ({ endpoint }) => html`<${Opens} label=${words.preview}>${(/** @type {() => void} */ close) => html`<${PreviewDialog} endpoint=${endpoint} close=${close} />`}<//>`;

/** @param {{endpoint: any, close: () => void}} props */
function PreviewDialog({ endpoint, close }) {
  const [answer, setAnswer] = useState(/** @type {any} */ (null));
  const load = () => { setAnswer(null); call('POST', `${pathOf(endpoint)}/preview`, { body: {}, key: '' }).then(({ data }) => setAnswer(data), setAnswer); };
  useEffect(load, []);
  return html`<${Dialog} wide title=${words.previewTitle} close=${close}><p class="muted">${words.previewHint}</p>
    <div class="dialog-part">${answer instanceof Problem ? html`<${Failed} problem=${answer} compact retry=${load} />` : answer ? html`<${SentRequest} of=${answer} />` : html`<${Loading} rows=${6} height=${24} />`}</div><//>`;
}

/** @param {{endpoint: any, done: () => void}} props */
export function PauseOrSwitchOn({ endpoint, done }) {
  const [busy, setBusy] = useState(false);
  const pause = async () => {
    await patch(pathOf(endpoint), { active: false });
    setWasOff(endpoint.id);
    toast(words.paused);
    done();
  };
  const on = async () => {
    if (busy) return;
    setBusy(true);
    try { await switchOn(endpoint, words.on); done(); } catch (error) {
      if (!(error instanceof Problem)) throw error;
      toast(error.message, { kind: 'failed' });
    } finally { setBusy(false); }
  };
  if (!endpoint.active) return html`<button class="button" aria-disabled=${busy ? 'true' : undefined} onClick=${on}>${words.switchOn}</button>`;
  return html`<${Opens} label=${words.pause}>${(/** @type {() => void} */ close) => html`<${Confirm} title=${words.pauseTitle(endpointName(endpoint))} confirm=${words.pause} close=${close} run=${pause}><p>${words.pauseWords}</p><//>`}<//>`;
}

/** @param {{endpoint: any, done: () => void}} props */
export const Rotate = ({ endpoint, done }) => html`<${Opens} label=${words.rotate}>${(/** @type {() => void} */ close) => html`<${RotateDialog} endpoint=${endpoint} close=${close} done=${done} />`}<//>`;

/** @param {{endpoint: any, close: () => void, done: () => void}} props */
function RotateDialog({ endpoint, close, done }) {
  const [overlap, setOverlap] = useState('86400');
  const [secret, setSecret] = useState('');
  const run = async () => {
    const made = await post(`${pathOf(endpoint)}/secret/rotate`, { overlap_seconds: Number(overlap), ...(secret.trim() ? { secret: secret.trim() } : {}) });
    rememberSecret(made);
    toast(words.rotated);
    done();
  };
  return html`<${Confirm} title=${words.rotateTitle} confirm=${words.rotate} close=${close} run=${run}>
    <p>${overlap === '0' ? words.rotateLeaked : words.rotateWords}</p>
    <${Field} label=${words.overlap}>${(/** @type {any} */ a) => html`<select ...${a} value=${overlap} onChange=${(/** @type {any} */ e) => setOverlap(e.target.value)}>${words.overlaps.map(([v, word]) => html`<option key=${v} value=${v}>${word}</option>`)}</select>`}<//>
    <${Field} label=${words.ownSecret} hint=${words.ownSecretHint} optional>${(/** @type {any} */ a) => html`<input ...${a} class="mono" type="text" value=${secret} spellcheck=${false} autocomplete="off" onInput=${(/** @type {any} */ e) => setSecret(e.target.value)} />`}<//>
  <//>`;
}

/** @param {{endpoint: any, done: () => void}} props */
export const EndOverlap = ({ endpoint, done }) => html`<${Opens} class="button small" label=${words.endOverlap}>${(/** @type {() => void} */ close) => html`<${Confirm} danger title=${words.endTitle} confirm=${words.endOverlap} close=${close} run=${async () => { await post(`${pathOf(endpoint)}/secret/end-overlap`); toast(words.ended); done(); }}><p>${words.endWords}</p><//>`}<//>`;

/** @param {{endpoint: any}} props */
export const Delete = ({ endpoint }) => html`<${Opens} class="button danger-text" label=${words.remove}>${(/** @type {() => void} */ close) => html`<${Confirm} danger title=${words.removeTitle(endpointName(endpoint))} type=${endpoint.description.trim() || new URL(endpoint.url).host || endpoint.id} confirm=${words.remove} close=${close}
  run=${async () => { await remove(pathOf(endpoint)); forget(); toast(words.removed); navigate(link('endpoints')); }}><p>${words.removeWords}</p><//>`}<//>`;
