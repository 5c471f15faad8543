// To which endpoints is an event sent again?
// All endpoints to choose from, each with what became of the event there; the answer's three lists are said afterwards.
import { Dialog, Failed, Problem, endpointName, html, messages, post, toast, useState } from '../../shell.js';
import { words } from '../../messages/en/events.js';

/** @param {any} row the ledger's @param {any} endpoint */
function stateOf(row, endpoint) {
  if (!endpoint.active) return 'off';
  if (!row || row.status === 'skipped') return 'new';
  if (row.status === 'delivered') return 'delivered';
  return ['pending', 'retrying'].includes(row.status) ? 'onWay' : 'failed';
}

/**
 * @param {{ws: string, event: any, rows: any[], endpoints: Map<string, any>, chosen: string[], close: () => void, done: () => void}} props
 *   `chosen`: endpoints that are ticked at first
 */
export function ReplayTo({ ws, event, rows, endpoints, chosen: first, close, done }) {
  const byId = new Map(rows.map((row) => [row.endpoint_id, row]));
  // What the dialog opens with stands on top.
  const all = [...endpoints.values()].map((endpoint) => ({ endpoint, name: endpointName(endpoint), state: stateOf(byId.get(endpoint.id), endpoint) })).sort((a, b) => Number(first.includes(b.endpoint.id)) - Number(first.includes(a.endpoint.id)));
  const [chosen, setChosen] = useState(() => new Set(first.length ? first : all.filter((a) => a.state === 'failed').map((a) => a.endpoint.id)));
  const [find, setFind] = useState('');
  // Who asks for one endpoint does not tick another by mistake.
  const [others, setOthers] = useState(first.length === 0);
  const [force, setForce] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState(/** @type {Problem|null} */ (null));
  const shown = all.filter((a) => (others || first.includes(a.endpoint.id)) && `${a.name} ${a.endpoint.url}`.toLowerCase().includes(find.trim().toLowerCase()));
  const tick = (/** @type {string} */ id) => { const next = new Set(chosen); next.has(id) ? next.delete(id) : next.add(id); setChosen(next); };
  const ticked = all.filter((a) => chosen.has(a.endpoint.id) && a.state !== 'off');
  const anyDelivered = ticked.some((a) => a.state === 'delivered');
  const submit = async (/** @type {Event} */ e) => {
    e.preventDefault();
    setBusy(true);
    setProblem(null);
    try {
      const answer = await post(`/v1/events/${event.id}/replay`, { workspace_id: ws, endpoint_ids: ticked.map((a) => a.endpoint.id), force });
      const rest = words.replayedNot(answer.on_their_way.length, answer.already_delivered.length);
      toast([answer.data.length > 0 || !rest ? words.replayed(answer.data.length) : '', rest && `${rest}.`].filter(Boolean).join(' '));
      done();
      close();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      setProblem(error);
      setBusy(false);
    }
  };
  return html`<${Dialog} title=${words.replayTitle} close=${close}><form onSubmit=${submit}>
    <p class="muted">${words.replayWords}</p>
    ${others && all.length > 8 && html`<div class="field"><input type="search" aria-label=${words.replayFind} placeholder=${words.replayFind} value=${find} onInput=${(/** @type {any} */ e) => setFind(e.target.value)} /></div>`}
    <div class="choices tick-list" role="group" aria-label=${words.replayTitle}>
      ${shown.map(({ endpoint, name, state }) => html`<label key=${endpoint.id} title=${endpoint.url}><input type="checkbox" disabled=${state === 'off'} checked=${state !== 'off' && chosen.has(endpoint.id)} onChange=${() => tick(endpoint.id)} /><bdi class="cut">${name}</bdi><span class="muted note">${words.replayState[/** @type {'new'} */ (state)]}</span></label>`)}
      ${shown.length === 0 && html`<p class="muted pad">${words.noEndpoints}</p>`}
    </div>
    ${!others && html`<button type="button" class="plain" onClick=${() => setOthers(true)}>${words.replayOthers}</button>`}
    ${anyDelivered && html`<div class="field check"><label><input type="checkbox" checked=${force} onChange=${() => setForce(!force)} /><span>${words.replayForce}</span></label></div>`}
    ${problem && html`<${Failed} problem=${problem} compact title=${messages.form.failed} />`}
    <div class="row end"><button type="button" class="button" onClick=${close}>${messages.form.cancel}</button><button class="button primary" autofocus=${first.length > 0} disabled=${busy || ticked.length === 0 || ticked.length > 100}>${words.replaySend(ticked.length)}</button></div>
  </form><//>`;
}
