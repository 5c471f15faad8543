// What came, exactly, and why was it taken or refused?
// A sentence with what to do, its events, headers and body as they came, attachments, and the replay.
import { Confirm, Copy, Facts, Failed, Id, Loaded, May, Notice, Opens, Problem, Section, Time, call, count, duration, get, html, link, may, post, size, toast, useEffect, useLive, useMemo, useState } from '../shell.js';
import { JsonTree } from '../ui/json_tree.js';
import { mistakeIn } from '../ui/json_text.js';
import { reasons } from '../messages/en/providers.js';
import { words } from '../messages/en/sources.js';
import { Verdict } from './requests.js';

/** Providers whose e-mails come with files. */
const MAIL = ['sendgrid_inbound_parse', 'mailgun'];

/** @param {{source: any, id: string, path: string}} props */
export default function ReceivedRequest({ source, id, path }) {
  const own = `${path}/requests/${encodeURIComponent(id)}`;
  const live = useLive(own, {}, { every: 10_000 });
  return html`<${Loaded} of=${live} rows=${8}>${(/** @type {any} */ r) => html`<div class="tab-body">
    <${Notice} tone=${r.verdict === 'valid' ? 'good' : r.verdict === 'invalid' ? 'bad' : 'warn'} actions=${r.reason !== 'body_too_large' && html`<${May} scope="sources"><${Opens} class="button small" label=${words.replay}>${(/** @type {() => void} */ close) => html`<${Confirm} title=${words.replayTitle} confirm=${words.replay} close=${close} run=${async () => { const now = await post(`${own}/replay`, {}); toast(words.replayed(words.verdicts[now.verdict] ?? now.verdict)); await live.refresh(); }}>${words.replayWords}<//>`}<//><//>`}>
      ${r.verdict === 'valid' ? words.validLine(r.accepted, r.duplicates) : html`<strong>${sentence(reasons[r.reason]?.word ?? r.reason)}</strong>: ${r.detail}${reasons[r.reason] && html`<p>${reasons[r.reason].hint}</p>`}`}
    <//>
    <${Facts} of=${[[words.verdict, html`<${Verdict} of=${r.verdict} />`], [words.received, html`<${Time} whole at=${r.received_at} />`], [words.answered, html`<span class="mono">${r.status}</span>`], [words.took, duration(r.duration_ms)], [words.method, html`<span class="mono">${r.method}</span>`], [words.sizeHead, size(r.body_bytes)], ...(r.replayed_at ? [[words.replayedAt, html`<${Time} at=${r.replayed_at} />`]] : []), [words.id, html`<${Id} id=${r.id} />`]]} />
    <${Section} title=${words.events} note=${r.accepted + r.duplicates > 0 ? words.newEvents(r.accepted, r.duplicates) : undefined}>${r.events.length === 0 ? html`<p class="muted">${words.noEvents}</p>` : html`<div class="chips-links">${r.events.map((/** @type {string} */ e) => html`<${Id} key=${e} id=${e} href=${link('events', e)} copy=${false} />`)}</div>${r.events.length >= 100 && html`<p class="hint">${words.moreEvents}</p>`}`}<//>
    ${MAIL.includes(source.provider) && may('events:ro') && r.events.length > 0 && html`<${Attachments} ws=${source.workspace_id} events=${r.events} path=${own} />`}
    ${r.headers ? html`<${Content} request=${r} path=${own} />` : html`<${Notice}>${words.hiddenContent}<//>`}
  </div>`}<//>`;
}

/** @param {string} words */
const sentence = (words) => words.charAt(0).toUpperCase() + words.slice(1);

/** @param {{request: any, path: string}} props */
function Content({ request: r, path }) {
  const isJson = useMemo(() => !r.body_base64 && !r.body_truncated && /^\s*[[{]/.test(r.body) && !mistakeIn(r.body), [r.body]);
  return html`${r.query && html`<${Section} title=${words.query}><pre class="code wrap">${r.query}</pre><//>`}
    <${Section} title=${words.headers} note=${words.credentials}><div class="http"><dl class="http-headers">${r.headers.map((/** @type {[string, string]} */ [name, value], /** @type {number} */ n) => html`<div key=${n}><dt>${name}:</dt> <dd dir="ltr">${value}</dd></div>`)}</dl></div><//>
    <${Section} title=${words.body} note=${r.body_truncated ? words.truncatedAt(r.body_bytes) : size(r.body_bytes)} actions=${html`${!isJson && r.body_bytes > 0 && html`<${Copy} text=${r.body} />`}${r.reason !== 'body_too_large' && r.body_bytes > 0 && html`<${Download} path=${`${path}/body`} name=${`${r.id}.body`} label=${words.wholeBody} />`}`}>
      ${r.reason === 'body_too_large' ? html`<p class="muted">${words.notKept}</p>` : r.body_bytes === 0 ? html`<p class="muted">${words.noBody}</p>` : html`${r.body_base64 && html`<p class="hint">${words.binary}</p>`}${isJson ? html`<${JsonTree} text=${r.body} label=${words.body} />` : html`<pre class="code wrap" dir="auto" tabindex="0" aria-label=${words.body}>${r.body}</pre>`}`}
    <//>`;
}

/** The files of an e-mail, as its event names them. @param {{ws: string, events: string[], path: string}} props */
function Attachments({ ws, events, path }) {
  const [files, setFiles] = useState(/** @type {any[]} */ ([]));
  useEffect(() => {
    get(`/v1/events/${events[0]}`, { workspace_id: ws }).then((event) => setFiles(event.data?.attachments ?? []), () => setFiles([]));
  }, [events[0]]);
  if (files.length === 0) return null;
  return html`<${Section} title=${words.attachments} note=${count(files.length, 'file')}><ul class="secret-list">${files.map((file, n) => html`<li key=${n}><bdi class="cut">${file.filename || n + 1}</bdi><span class="muted">${file.content_type} · ${size(file.size_bytes)}</span><${Download} path=${`${path}/attachments/${n + 1}`} name=${file.filename || `attachment-${n + 1}`} label=${words.download} /></li>`)}</ul><//>`;
}

/** Fetched with the session, then given to the browser as a file. @param {{path: string, name: string, label: string}} props */
function Download({ path, name, label }) {
  const [problem, setProblem] = useState(/** @type {Problem|null} */ (null));
  const go = async () => {
    setProblem(null);
    try {
      const { data } = await call('GET', path, { bytes: true });
      const address = URL.createObjectURL(data);
      Object.assign(document.createElement('a'), { href: address, download: name.replaceAll(/[/\\]/g, '_') }).click();
      setTimeout(() => URL.revokeObjectURL(address), 10_000);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      setProblem(error);
    }
  };
  return html`<button type="button" class="button small" onClick=${go}>${label}</button>${problem && html`<${Failed} problem=${problem} compact />`}`;
}
