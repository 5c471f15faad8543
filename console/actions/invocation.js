// How did one invocation go?
// Its outcome in a sentence with what to do, who and for whom, its parameters, and every attempt with request and answer.
import { Facts, Icon, Id, Loaded, Notice, Section, Status, Time, duration, html, useLive, useMemo } from '../shell.js';
import { ReceivedAnswer, SentRequest } from '../endpoint/http.js';
import { JsonTree } from '../ui/json_tree.js';
import { words } from '../messages/en/actions.js';
import { who } from './log.js';

const TONE = /** @type {Record<string, 'good'|'bad'|'warn'|'info'>} */ ({ succeeded: 'good', failed: 'bad', timed_out: 'warn', interrupted: 'warn', running: 'info' });

/** How it ended, in words. @param {{of: any, replayed?: boolean, children?: any}} props */
export const Outcome = ({ of: i, replayed, children }) => html`<${Notice} tone=${TONE[i.status] ?? 'info'}>
  <strong>${words.outcome[i.status] ?? i.status}</strong> ${i.response_status ? words.answered(i.response_status, i.attempts) : i.error ? html`<span class="mono">${i.error.replaceAll('_', ' ')}</span>` : ''}
  ${i.status !== 'succeeded' && i.status !== 'running' && html`<p>${i.may_have_been_carried_out ? words.maybe : words.maybeNot}</p>`}${replayed && html`<p>${words.repeated}</p>`}${children}
<//>`;

/** @param {{ws: string, id: string}} props */
export default function Invocation({ ws, id }) {
  const live = useLive(`/v1/invocations/${encodeURIComponent(id)}`, { workspace_id: ws }, { every: 5000 });
  return html`<${Loaded} of=${live} rows=${8}>${(/** @type {any} */ i) => html`<div class="tab-body">
    <${Outcome} of=${i} />
    <${Facts} of=${[[words.status, html`<${Status} of=${i.status} />`], [words.when, html`<${Time} whole at=${i.started_at} />`], [words.took, i.ended_at ? duration(Date.parse(i.ended_at) - Date.parse(i.started_at)) : '–'], [words.who, who(i.invoker)], [words.forWhom, i.actor ? html`<bdi>${i.actor}</bdi>` : html`<span class="muted">${words.unnamed}</span>`], [words.client, i.client ?? html`<span class="muted">${words.unnamed}</span>`], [words.carried, i.status !== 'succeeded' && (i.may_have_been_carried_out ? words.carriedYes : words.carriedNo)], [words.revision, i.revision], ...(i.idempotency_key ? [[words.key, html`<span class="mono break">${i.idempotency_key}</span>`]] : []), [words.invocation, html`<${Id} id=${i.id} />`]]} />
    ${i.parameters ? html`<${Content} of=${i} />` : html`<${Notice}>${words.contentHidden}<//>`}
  </div>`}<//>`;
}

/** @param {{of: any}} props */
function Content({ of: i }) {
  const parameters = useMemo(() => JSON.stringify(i.parameters), [i.parameters]);
  return html`<${Section} title=${words.parameters}>${parameters === '{}' ? html`<p class="muted">${words.noParameters}</p>` : html`<${JsonTree} text=${parameters} label=${words.parameters} root="parameters" />`}<//>
    ${i.response?.result_errors?.length > 0 && html`<${Notice} tone="warn">${words.resultErrors}: ${i.response.result_errors.map((/** @type {any} */ e) => `${e.pointer} ${e.detail}`).join('; ')}<//>`}
    ${(i.attempt_log ?? []).map((/** @type {any} */ attempt, /** @type {number} */ n, /** @type {any[]} */ all) => html`<${Section} key=${attempt.number} title=${words.attempt(attempt.number)} note=${html`<${Time} at=${attempt.started_at} />`}>
      <div class="sides"><section aria-label=${words.request}><h3>${words.request}</h3><${SentRequest} of=${attempt.request} /></section>
        <section aria-label=${words.response}><h3>${words.response}</h3><${ReceivedAnswer} of=${n === all.length - 1 && i.response ? { ...attempt.response, ...i.response } : attempt.response} ms=${attempt.duration_ms} error=${attempt.error ? attempt.error.replaceAll('_', ' ') : undefined} /></section></div><//>`)}
    <p class="hint"><${Icon} name="info" /> ${words.bytesOnly} ${words.dataNotInstructions}</p>`;
}
