// What happened to a delivery, step by step?
// Newest first: what comes next, then each attempt as a sentence that opens to its request and answer side by side.
import { Badge, Copy, Icon, Instant, Outcome, Time, duration, html, may, messages, middle, route, setQuery, size, statusWord, useState } from '../../shell.js';
import { words } from '../../messages/en/deliveries.js';
import { happened, statusName, steps, todo, took, turn } from './story.js';

/** So many steps are shown at first: probes make a delivery's attempts many. */
const MOST = 10;

/** @param {{delivery: any, now: number}} props */
export function Timeline({ delivery, now }) {
  const asked = route.value.query.get('attempt');
  // The last attempt is open at first: it decides. `attempt=0` closes it.
  const open = asked === null ? delivery.attempt_log.length : Number(asked);
  const who = words.who[route.value.app];
  const [all, setAll] = useState(false);
  const every = steps(delivery);
  const hidden = all || every.length <= MOST + 4 || open <= delivery.attempt_log.length - MOST ? 0 : every.length - MOST - 1;
  const shown = hidden ? [...every.slice(0, MOST), every[every.length - 1]] : every;
  return html`<ol class="timeline">
    ${shown.map((step) => {
    if (step.kind === 'attempt') return html`<${Attempt} key=${step.attempt.number} attempt=${step.attempt} gap=${step.gap} who=${who} open=${open === step.attempt.number} last=${step.attempt.number === delivery.attempt_log.length} />`;
    if (step.kind === 'accepted') return html`${hidden > 0 && html`<li key="earlier"><span class="dot"><${Icon} name="dots" /></span><div class="moment"><button type="button" class="plain" onClick=${() => setAll(true)}>${words.earlier(hidden)}</button></div></li>`}<li key="accepted"><span class="dot"><${Icon} name="events" /></span><div class="moment"><p>${words.accepted}</p><span class="when"><${Time} at=${step.at} /></span></div></li>`;
    if (step.kind === 'parked') return html`<li key="parked"><span class="dot"><${Icon} name="pause" /></span><div class="moment"><p>${words.wasParked(took(Date.parse(step.until) - Date.parse(step.from)))} <span class="muted">${words.parkedWhy[step.reason]}</span></p><span class="when"><${Time} at=${step.from} /></span></div></li>`;
    const title = step.kind === 'next' ? (delivery.attempt_log.length ? words.next : words.firstAttempt) : null;
    return html`<li key=${step.kind} class="ahead"><span class="dot"><${Icon} name=${step.kind === 'next' ? 'clock' : delivery.status === 'parked' ? 'pause' : 'ban'} /></span>
      <div class="moment"><p>${title && html`<strong>${title}</strong> `}${step.kind === 'next' ? nextWords(delivery, now) : html`<strong>${statusWord(delivery.status)}</strong> <span class="muted">${words.parkedShort[delivery.parked_reason] ?? words.cancelledShort[delivery.cancel_reason]}</span>`}</p>
      <span class="when">${delivery.status === 'parked' && delivery.parked_at && html`<${Time} at=${delivery.parked_at} />`}</span></div></li>`;
  })}
  </ol>`;
}

/** @param {any} delivery @param {number} now */
function nextWords(delivery, now) {
  const wait = delivery.next_attempt_at ? Date.parse(delivery.next_attempt_at) - now : 0;
  return wait > 1000 ? html`<time datetime=${delivery.next_attempt_at} title=${delivery.next_attempt_at}>${words.in(wait)}</time>` : turn(delivery, { now });
}

/** @param {{attempt: any, gap: number, who: string, open: boolean, last: boolean}} props */
function Attempt({ attempt, gap, who, open, last }) {
  const good = !attempt.error;
  const toggle = () => setQuery({ attempt: open ? 0 : last ? null : attempt.number }, { replace: true });
  return html`<li class=${good ? 'good' : 'bad'}>
    <span class="dot"><${Icon} name=${good ? 'check' : 'cross'} label=${good ? messages.status.succeeded : messages.status.failed} /></span>
    <div class="moment">
      <button type="button" class="moment-head" aria-expanded=${open ? 'true' : 'false'} onClick=${toggle}>
        <strong>${words.attempt(attempt.number)}</strong><${Outcome} status=${attempt.response?.status} error=${attempt.error} /><span class="muted number">${duration(attempt.duration_ms)}</span>${attempt.trigger !== 'automatic' && html`<${Badge}>${words.triggers[attempt.trigger] ?? attempt.trigger}<//>`}
      </button>
      <span class="when"><span class="no-narrow">${words.gap(gap, attempt.number)} · </span><${Time} at=${attempt.started_at} /></span>
      <p>${happened(attempt, who)} ${last ? '' : html`<span class="muted">${todo(attempt, may('webhooks'))}</span>`}</p>
      ${open && html`<${Exchange} attempt=${attempt} />`}
    </div>
  </li>`;
}

/** Request and answer side by side. @param {{attempt: any}} props */
function Exchange({ attempt }) {
  const { request, response } = attempt;
  return html`<div class="both-sides">
    <section aria-label=${words.request}><h3>${words.request}</h3>
      ${request.url ? html`<p class="mono break">${request.method} <bdi dir="ltr">${request.url}</bdi> <${Copy} text=${request.url} /></p>` : html`<p class="muted">${words.oldAttempt}</p>`}
      <${Headers} of=${request.headers} />
      ${request.undefined?.length > 0 && html`<p class="notice warn"><${Icon} name="warn" /><span>${words.undefinedMembers(request.undefined.join(', '))}</span></p>`}
      <dl class="headers"><div><dt>${words.sentAt}</dt><dd><${Instant} at=${attempt.started_at} /></dd></div><div><dt>${words.size}</dt><dd>${size(request.body_bytes)}</dd></div><div><dt>${words.sha}</dt><dd><span title=${request.body_sha256}>${middle(request.body_sha256, 20)}</span> <${Copy} text=${request.body_sha256} /></dd></div></dl>
    </section>
    <section aria-label=${words.response}><h3>${words.response}</h3>
      ${!response ? html`<p class="muted">${words.noResponse}</p>` : html`<p class=${`mono ${attempt.error ? 'bad-text' : ''}`}>${statusName(response.status)}</p>
        <${Headers} of=${response.headers} />
        ${response.body === '' ? html`<p class="muted">${words.emptyBody}</p>` : html`<div class="with-copy"><pre class="code wrap" tabindex="0">${response.body}</pre><${Copy} text=${response.body} /></div>`}
        ${response.body_truncated && html`<p class="muted">${words.truncated}</p>`}`}
    </section>
  </div>`;
}

/** @param {{of: [string, string][]}} props */
const Headers = ({ of }) => html`<dl class="headers" aria-label=${words.headers}>${of.map(([name, value], n) => html`<div key=${n}><dt>${name}</dt><dd>${value === '[redacted]' ? html`<span class="muted" title=${words.redacted}>${words.notKept}</span>` : html`<bdi>${value}</bdi>`}</dd></div>`)}</dl>`;
