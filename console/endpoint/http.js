// How are a request and its answer shown?
// As they are on the wire: first line, headers in their order, body; long bodies are cut for the eye.
import { Copy, duration, html, middle, size } from '../shell.js';
import { words } from '../messages/en/endpoint_form.js';

const SHOWN = 20_000;

/** @param {{headers: [string, string][]}} props */
const Headers = ({ headers }) => html`<dl class="http-headers">${headers.map(([name, value], n) => html`<div key=${n}><dt>${name}:</dt> <dd dir="ltr">${value}</dd></div>`)}</dl>`;

/** @param {{text: string}} props */
const Body = ({ text }) => html`<pre class="http-body" dir="auto" tabindex="0" aria-label=${words.bodyLabel}>${text.slice(0, SHOWN)}</pre>${text.length > SHOWN && html`<p class="hint">${words.cutBody(text.length - SHOWN)}</p>`}`;

/** @param {{of: {method: string, url: string|null, headers: [string, string][], body?: string|null, body_bytes: number, body_sha256: string}}} props */
export const SentRequest = ({ of }) => html`<div class="http">
  <div class="http-line"><b>${of.method}</b> <bdi dir="ltr">${of.url}</bdi></div>
  <${Headers} headers=${of.headers} />
  ${typeof of.body === 'string' && html`<${Body} text=${of.body} />`}
  <p class="http-end"><span title=${of.body_sha256}>${of.body_sha256 ? words.bytes(size(of.body_bytes), middle(of.body_sha256, 13)) : size(of.body_bytes)}</span><${Copy} text=${() => asText(of)} /></p>
</div>`;

/** @param {any} of */
const asText = (of) => [`${of.method} ${of.url}`, ...of.headers.map((/** @type {[string, string]} */ [n, v]) => `${n}: ${v}`), '', of.body ?? ''].join('\n');

/** @param {{of: any, ms: number, error?: string}} props `of`: null if none came; `error`: why */
export const ReceivedAnswer = ({ of, ms, error }) => html`<div class="http">
  <div class="http-line">${of ? html`<b class=${error ? 'bad-text' : 'good-text'}>${of.status}</b>` : html`<b class="bad-text">${words.noAnswer}</b>`} <span class="muted">${words.answered(duration(ms))}</span></div>
  ${of && html`<${Headers} headers=${of.headers} />${of.body ? html`<${Body} text=${of.body} />` : html`<p class="hint">${words.noBody}</p>`}${of.body_truncated && html`<p class="hint">${words.truncated}</p>`}`}
  ${!of && error && html`<p>${error}</p>`}
</div>`;
