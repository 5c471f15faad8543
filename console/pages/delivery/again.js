// How does one send deliveries again?
// A dialog that says first what will be sent and what not, then shows progress, and in the end what was refused.
import { Dialog, Failed, Problem, endpointName, html, link, messages, navigate, shortId, toast, useState } from '../../shell.js';
import { words } from '../../messages/en/deliveries.js';
import { planOf, sendAll } from './selection.js';

/** @param {{rows: any[], endpoints: Map<string, any>, close: () => void, done: () => void}} props */
export function SendAgain({ rows, endpoints, close, done }) {
  // What was chosen when the dialog opened: rows go on changing behind it.
  const [plan] = useState(() => planOf(rows, endpoints));
  const [force, setForce] = useState(plan.send.length === 0 && plan.delivered.length > 0 && rows.length === 1);
  const [progress, setProgress] = useState(/** @type {number|null} */ (null));
  const [refused, setRefused] = useState(/** @type {{delivery: any, problem: Problem}[]} */ ([]));
  const failing = (/** @type {any} */ d) => (endpoints.get(d.endpoint_id)?.health?.failures ?? 0) > 0;
  const chosen = force ? [...plan.send, ...plan.delivered] : plan.send;
  const run = async (/** @type {Event} */ event) => {
    event.preventDefault();
    if (progress !== null) return;
    setProgress(0);
    const wrong = await sendAll(chosen, force, setProgress);
    if (chosen.length > wrong.length) { toast(words.againDone(chosen.length - wrong.length), chosen.length === 1 ? {} : { ms: 8000, action: { label: words.againSee, run: () => navigate(seeAll(chosen)) } }); done(); }
    if (wrong.length === 0) close();
    else { setRefused(wrong); setProgress(null); }
  };
  const not = /** @type {[any[], (n: number) => string][]} */ ([[force ? [] : plan.delivered, words.againDelivered], [plan.onWay, words.againOnWay], [plan.off, words.againOff], [plan.gone, words.againGone]]);
  return html`<${Dialog} title=${refused.length ? words.againFailed(refused.length) : words.againTitle(rows.length)} close=${close}>
    ${refused.length > 0 ? html`<${Refused} refused=${refused} endpoints=${endpoints} /><div class="row end"><button class="button" onClick=${close}>${messages.form.close}</button></div>`
    : html`<form onSubmit=${run}>
      <div class="prose" aria-live="polite">
        <p>${chosen.length > 0 ? words.againWords(chosen.length, new Set(chosen.map((d) => d.endpoint_id)).size) : words.againNone}</p>
        ${chosen.some(failing) && html`<p>${words.againFailing(chosen.filter(failing).length, chosen.length)}</p>`}
        ${not.map(([list, say]) => list.length > 0 && html`<p class="muted">${say(list.length)}</p>`)}
      </div>
      ${plan.delivered.length > 0 && html`<div class="field check"><label><input type="checkbox" checked=${force} disabled=${progress !== null} onChange=${() => setForce(!force)} /><span>${words.againForce(plan.delivered.length)}</span></label></div>`}
      ${progress !== null && html`<div class="field"><progress value=${progress} max=${chosen.length} aria-label=${words.againProgress(progress, chosen.length)}></progress><p class="hint">${words.againProgress(progress, chosen.length)}</p></div>`}
      <div class="row end"><button type="button" class="button" onClick=${close}>${messages.form.cancel}</button><button class="button primary" autofocus disabled=${progress !== null || chosen.length === 0}>${chosen.length > 1 ? words.againSend(chosen.length) : words.replay}</button></div>
    </form>`}
  <//>`;
}

/** Where those that were sent are found again, whatever becomes of them. @param {any[]} sent */
function seeAll(sent) {
  const [types, endpoints] = ['event_type', 'endpoint_id'].map((name) => [...new Set(sent.map((d) => d[name]))]);
  const times = sent.map((d) => Date.parse(d.created_at));
  return link('deliveries', '', { event_type: types.join(','), endpoint_id: endpoints.length === 1 ? endpoints[0] : null, since: new Date(Math.min(...times)).toISOString(), until: new Date(Math.max(...times) + 1).toISOString() });
}

/** The server's words, once for all that were refused alike. @param {{refused: {delivery: any, problem: Problem}[], endpoints: Map<string, any>}} props */
function Refused({ refused, endpoints }) {
  const groups = Object.values(Object.groupBy(refused, (r) => r.problem.message));
  return html`<div class="stack">${groups.map((group = []) => html`<div key=${group[0].problem.message}>
    <${Failed} problem=${group[0].problem} compact title=${group.length > 1 ? words.againFailed(group.length) : messages.form.failed} />
    <ul class="plain-list">${group.slice(0, 10).map(({ delivery }) => html`<li key=${delivery.id}><a href=${link('deliveries', delivery.id)} class="mono">${shortId(delivery.id)}</a> <bdi class="muted">${endpoints.has(delivery.endpoint_id) ? endpointName(endpoints.get(delivery.endpoint_id)) : delivery.endpoint_id}</bdi></li>`)}</ul>
  </div>`)}</div>`;
}
