// Does a source work, without waiting for its provider?
// A signed sample through the real address, with what was sent and what came of it.
import { Dialog, Failed, Notice, Opens, Problem, duration, html, link, messages, post, useState } from '../shell.js';
import { SentRequest } from '../endpoint/http.js';
import { words } from '../messages/en/sources.js';

/** @param {{path: string, source: any, class?: string}} props */
export const Sample = ({ path, source, class: extra = 'button primary' }) => html`<${Opens} class=${extra} label=${words.sendSample}>${(/** @type {() => void} */ close) => html`<${SampleDialog} path=${path} source=${source} close=${close} />`}<//>`;

/** @param {{path: string, source: any, close: () => void}} props */
function SampleDialog({ path, source, close }) {
  const [sent, setSent] = useState(/** @type {any} */ (null));
  const [problem, setProblem] = useState(/** @type {Problem|null} */ (null));
  const [busy, setBusy] = useState(false);
  const go = async () => {
    if (busy) return;
    setBusy(true);
    setProblem(null);
    try { setSent(await post(`${path}/sample`, {})); } catch (error) {
      if (!(error instanceof Problem)) throw error;
      setProblem(error);
    } finally { setBusy(false); }
  };
  const good = sent && sent.status >= 200 && sent.status < 300;
  return html`<${Dialog} title=${words.sampleTitle} wide close=${close} footer=${html`<button type="button" class="button" onClick=${close}>${messages.form.close}</button><button type="button" class="button primary" autofocus aria-disabled=${busy ? 'true' : undefined} onClick=${go}>${busy ? words.sending : sent ? words.again : words.sendSample}</button>`}>
    <p>${words.sampleHint}</p>${!source.active && html`<p class="below">${words.sampleOff}</p>`}
    ${problem && html`<${Failed} problem=${problem} compact title=${messages.form.refused} />`}
    ${sent && html`<div class="dialog-part" role="status"><${Notice} tone=${good ? 'good' : 'bad'}>${sent.status === null ? words.sampleNone((sent.error ?? '').replaceAll('_', ' ')) : good ? words.sampleGood(sent.status, duration(sent.duration_ms)) : words.sampleBad(sent.status)}
        ${sent.received_request_id && html` <a href=${link('sources', source.id, { request: sent.received_request_id })} onClick=${close}>${words.openRequest}</a>`}<//></div>
      <div class="dialog-part"><h3>${words.request}</h3><${SentRequest} of=${{ ...sent.request, body_bytes: new TextEncoder().encode(sent.request.body).length, body_sha256: '' }} /></div>`}
  <//>`;
}
