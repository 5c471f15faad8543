// For which of the last events would the rule fire, why, and what exactly would it send?
// The backtest: a headline, a strip of the last events, the list, and the exact request for the one that is looked at.
import { Badge, Copy, Failed, Forbidden, Icon, Loading, Notice, Segments, State, Time, html, link, number, useState } from '../shell.js';
import { texts } from '../messages/en/rules.js';
import { requestOf } from './backtest.js';
import { tidy } from './json.js';
import { whyNot } from './why_not.js';

/** @typedef {import('./builder.js').Builder} Builder */
/** So many events are listed until more are asked for. */
const FIRST = 12;

/** @param {{b: Builder}} props */
export function Result({ b }) {
  const { result, problem, isBusy } = b.tested;
  const [only, setOnly] = useState('all');
  const [all, setAll] = useState(false);
  const events = (result?.events ?? []).filter((event) => only === 'all' || event.matched === (only === 'fires'));
  const own = b.own?.events[0];
  return html`<section class="r-rule-column r-result" aria-label=${texts.result} aria-busy=${isBusy ? 'true' : 'false'}>
    <div class="r-column-head"><h2>${texts.result}</h2>${isBusy ? html`<span class="muted r-busy">${texts.trying}</span>` : b.mayTry && html`<button type="button" class="icon-button" aria-label=${texts.again} title=${texts.again} onClick=${b.tested.again}><${Icon} name="retry" /></button>`}</div>
    ${problem && !result && html`<${Failed} problem=${problem} compact />`}
    ${!b.mayTry && html`<${Forbidden} scope="events:ro" />`}
    ${!result && !problem && b.mayTry && html`<${Loading} rows=${5} height=${28} />`}
    ${result && html`
      ${result.of > 0 ? html`
        <p class="r-headline" role="status"><strong class="number">${texts.firesFor(result.matched)}</strong> ${texts.ofTheLast(result.of)}</p>
        <${Strip} b=${b} events=${result.events} />
        ${!result.complete && html`<p class="hint">${texts.notAll}</p>`}
        <${Segments} label=${texts.show} value=${only} change=${setOnly} options=${[['all', texts.all], ['fires', texts.fires], ['not', texts.firesNot]]} />
        <ul class="r-tested" role="list">${events.slice(0, all ? 100 : FIRST).map((event) => html`<${Tested} key=${event.id} b=${b} event=${event} />`)}</ul>
        ${events.length > FIRST && !all && html`<button type="button" class="plain" onClick=${() => setAll(true)}>${texts.more100(events.length - FIRST)}</button>`}
        ${events.length === 0 && html`<p class="hint">${only === 'fires' ? texts.noneFires : texts.allFire}</p>`}`
    : html`<${State} title=${texts.noBacktest}>${texts.noBacktestHint}<//>`}`}
    ${b.looked.event && own && html`<${Looked} b=${b} own=${own} />`}
    ${b.looked.event && !own && b.alone.problem && b.alone.problem.errors.length === 0 && html`<${Failed} problem=${b.alone.problem} compact title=${texts.notTried} />`}
    <${Requests} b=${b} />
  </section>`;
}

/** The last events as a row of marks, oldest first. @param {{b: Builder, events: import('./backtest.js').TestedEvent[]}} props */
function Strip({ b, events }) {
  const width = 100 / Math.max(events.length, 20);
  const oldest = [...events].reverse();
  return html`<svg class="r-strip" viewBox="0 0 100 12" preserveAspectRatio="none" role="img" aria-label=${texts.stripLabel(events.filter((event) => event.matched).length, events.length)}>
    ${oldest.map((event, place) => html`<rect key=${event.id} x=${place * width} y=${event.matched ? 0 : 5} width=${width * 0.7} height=${event.matched ? 12 : 7} class=${`${event.matched ? 'r-fires' : ''} ${b.choice === `event:${event.id}` ? 'r-looked' : ''}`} onClick=${() => b.look(`event:${event.id}`)} />`)}
  </svg>`;
}

/** @param {{b: Builder, event: import('./backtest.js').TestedEvent}} props */
function Tested({ b, event }) {
  const isLooked = b.choice === `event:${event.id}`;
  return html`<li class=${isLooked ? 'r-looked' : ''}>
    <button type="button" class="r-tested-row" title=${event.id} aria-pressed=${isLooked ? 'true' : 'false'} onClick=${() => b.look(`event:${event.id}`)}>
      <span class=${`r-verdict ${event.matched ? 'good' : 'none'}`}><${Icon} name=${event.matched ? 'check' : 'dash'} label=${event.matched ? texts.fires : texts.firesNot} /></span>
      <span class="r-what"><bdi class="mono cut">${event.type}</bdi>${!event.matched && html`<span class="r-why muted cut">${whyNot(b.tested.filter, event)}</span>`}</span>
      <span class="muted r-when"><${Time} at=${event.timestamp} /></span>
    </button>
  </li>`;
}

/** What can be done with the event that is looked at. @param {{b: Builder, own: import('./backtest.js').TestedEvent}} props */
function Looked({ b, own }) {
  const { event } = b.looked;
  return html`<div class="r-looked-at">
    <p><${Badge} tone=${own.matched ? 'good' : 'quiet'}>${own.matched ? texts.fires : texts.firesNot}<//> ${texts.forThis} <bdi class="mono">${own.type}</bdi> ${event?.at && html`<${Time} at=${event.at} />`}</p>
    ${!b.readOnly && event && !event.choice.startsWith('example:') && html`<div class="row"><button type="button" class="button" onClick=${() => b.addExample(event, own.matched)}>${texts.addExample}</button>
      ${event.id && html`<a class="plain" href=${link('events', event.id)}>${texts.openEvent}</a>`}</div>`}
  </div>`;
}

/** @param {{b: Builder}} props */
function Requests({ b }) {
  const shown = b.draft.steps.map((step, place) => ({ step, place, made: requestOf(b.draft, place, b.own) })).filter(({ made }) => made);
  if (shown.length === 0) return null;
  return html`<div class="r-requests"><h3>${b.own?.events[0]?.matched === false ? texts.wouldSendIf : texts.wouldSend}</h3>
    ${shown.map(({ step, place, made }) => html`<${Request} key=${step.key} place=${place} step=${step} made=${made} isSent=${b.draft.mode === 'live' && b.draft.active && Boolean(b.saved)} />`)}
    <p class="hint">${texts.notSent}</p></div>`;
}

/** @param {{place: number, step: import('./draft.js').Step, made: any}} props */
function Request({ place, step, made }) {
  const { request, error, signature_is_valid: isValid } = made;
  if (!request) return html`<${Notice} tone="warn">${texts.noRequest(place + 1)} ${error}<//>`;
  const isHttp = step.does === 'deliver';
  const body = bodyOf(request.body);
  return html`<div class="r-request-shown">
    <div class="r-request-line"><span class="number muted">${place + 1}</span>${isHttp ? html`<span class="mono">${request.method}</span><bdi dir="ltr" class="mono cut" title=${request.url}>${request.url}</bdi>` : html`<span>${step.does === 'emit' ? texts.emits(step.type) : texts.invokes(step.action)}</span>`}<span class="spacer"></span><${Copy} text=${request.body} label=${texts.copyBody} /></div>
    ${isHttp && html`<details><summary>${texts.headersOf(request.headers.length)}${!isValid && request.headers.some((/** @type {[string, string]} */ [name]) => name.includes('signature')) && html` <span class="muted">${texts.signedLater}</span>`}</summary><dl class="r-headers mono">${request.headers.map((/** @type {[string, string]} */ [name, value]) => html`<div key=${name}><dt>${name}</dt><dd>${value}</dd></div>`)}</dl></details>`}
    <pre class="mono r-body" tabindex="0" aria-label=${texts.body}>${body}</pre>
    <p class="hint number">${texts.bytes(number(request.body_bytes))}</p>
  </div>`;
}

/** @param {string} body */
function bodyOf(body) {
  if (body.length > 20_000) return `${body.slice(0, 20_000)}…`;
  try { return tidy(body, 44); } catch { return body; }
}
