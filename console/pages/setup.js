// How does one get from nothing to one's own events at a receiver?
// Four steps, each done when it is seen to work: what is there decides, nothing is stored.
import { Empty, Forbidden, Icon, Loaded, Page, Problem, endpointName, get, html, link, may, route, setQuery, useCallback, useEffect, useState } from '../shell.js';
import { CHECK, lastVerdict } from '../endpoint/check.js';
import { DeliverStep, MakeStep, OwnStep, VerifyStep } from '../endpoint/setup_steps.js';
import { nextStep, receivers, stepsDone } from '../endpoint/steps.js';
import { styles } from '../endpoint/styles.js';
import { words } from '../messages/en/verify.js';

await styles;

/** @param {{ws: string}} props */
export default function Setup({ ws }) {
  const facts = useFacts(ws, route.value.query.get('endpoint'));
  if (!may('webhooks') || !may('deliveries:ro')) return html`<${Page} title=${words.title}><${Forbidden} scope="webhooks" /><//>`;
  return html`<${Page} title=${words.title} note=${words.lead}><${Loaded} of=${facts} rows=${4}>${(/** @type {any} */ data) => html`<${Steps} ws=${ws} facts=${data} refresh=${facts.refresh} />`}<//><//>`;
}

/** @param {{ws: string, facts: any, refresh: () => Promise<void>}} props */
function Steps({ ws, facts, refresh }) {
  const { endpoint, endpoints } = facts;
  const done = stepsDone(facts);
  const next = nextStep(done);
  const [opened, setOpened] = useState(/** @type {Record<number, boolean>} */ ({}));
  // A step that has just been done stays open, so that its result can be read; the focus goes to the next one.
  const [begun] = useState(next);
  // Until one goes on, the button that leads there is the main one of the page; then it is the next step's own.
  const [gone, setGone] = useState(begun);
  const waits = next > Math.max(gone, 1) && next < 4;
  const goOn = () => setGone(next);
  const isOpen = (/** @type {number} */ n) => opened[n] ?? (n === next || (n >= begun && n < next && n > 0));
  const step = (/** @type {number} */ n, /** @type {string} */ title, /** @type {string} */ hint, /** @type {boolean} */ isDone, /** @type {any} */ content) => html`<${Step} key=${n} n=${n} title=${title} hint=${hint} isDone=${isDone} isNext=${n === next} isOpen=${isOpen(n)} opens=${n === 0 ? words.another : words.open} open=${content && (isDone || n < next) ? (/** @type {boolean} */ on) => setOpened({ ...opened, [n]: on }) : null}>${content}<//>`;
  const made = async (/** @type {string} */ id) => { setOpened({ ...opened, 0: false }); setQuery({ endpoint: id }, { replace: true }); };
  const focus = (/** @type {number} */ n) => n === next && n > begun;
  return html`
    ${endpoints.length > 1 && html`<label class="which"><span class="muted">${words.which}</span><select value=${endpoint.id} onChange=${(/** @type {any} */ e) => setQuery({ endpoint: e.target.value })}>${endpoints.map((/** @type {any} */ e) => html`<option key=${e.id} value=${e.id}>${endpointName(e)}</option>`)}</select></label>`}
    <ol class="steps">
      ${step(0, words.make, done.made ? words.made(endpoints.length) : words.makeHint, done.made, html`<${MakeStep} ws=${ws} quiet=${done.made} done=${made} />`)}
      ${step(1, words.deliver, words.deliverHint, done.delivered, endpoint && html`<${DeliverStep} key=${endpoint.id} endpoint=${endpoint} focus=${focus(1)} isDone=${done.delivered} goOn=${waits && next === 2 ? goOn : null} done=${refresh} />`)}
      ${step(2, words.verify, words.verifyHint, done.verified, endpoint && html`<${VerifyStep} key=${endpoint.id} endpoint=${endpoint} verdict=${lastVerdict(facts.checks, endpoints, endpoint.id)} quiet=${done.verified || waits} goOn=${waits && next === 3 ? goOn : null} done=${refresh} />`)}
      ${step(3, words.own, words.ownHint, done.own, endpoint && html`<${OwnStep} key=${endpoint.id} ws=${ws} endpoint=${endpoint} isDone=${done.own} quiet=${done.own || waits} done=${refresh} />`)}
    </ol>
    ${next === 4 && html`<div class="all-done" role="status"><${Empty} icon="check" title=${words.allDone} actions=${html`<a class="button primary" href=${link('deliveries')}>${words.nextWatch}</a><a class="button" href=${link('catalogue')}>${words.nextTypes}</a>${may('admin:ro') && html`<a class="button" href=${link('keys')}>${words.nextKeys}</a>`}`}>${words.allDoneHint}<//></div>`}`;
}

/** @param {{n: number, title: string, hint: string, isDone: boolean, isNext: boolean, isOpen: boolean, opens: string, open: ((on: boolean) => void)|null, children?: any}} props */
const Step = ({ n, title, hint, isDone, isNext, isOpen, opens, open, children }) => html`<li id=${`step-${n}`} class=${`step ${isDone ? 'done' : ''} ${isNext ? 'next' : ''}`} aria-current=${isNext ? 'step' : undefined}>
  <span class="step-mark">${isDone ? html`<${Icon} name="check" label=${words.done} />` : n + 1}</span>
  <div class="step-body"><div class="step-head"><h2 tabindex="-1">${title}</h2>${open && html`<button type="button" class="plain" aria-expanded=${isOpen ? 'true' : 'false'} onClick=${() => open(!isOpen)}>${isOpen ? words.close : opens}</button>`}</div>
    <p class="muted">${hint}</p>${isOpen && children && html`<div class="step-content">${children}</div>`}</div>
</li>`;

/**
 * What is there, asked anew after each step. @param {string} ws @param {string|null} chosen
 * @returns {import('../live.js').Live}
 */
function useFacts(ws, chosen) {
  const [state, setState] = useState(/** @type {{data: any, error: Problem|null, updatedAt: number}} */ ({ data: undefined, error: null, updatedAt: 0 }));
  const refresh = useCallback(async () => {
    try {
      const data = await load(ws, chosen);
      setState({ data, error: null, updatedAt: Date.now() });
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      setState((old) => (old.data ? old : { ...old, error }));
    }
  }, [ws, chosen]);
  useEffect(() => { if (may('webhooks')) refresh(); }, [refresh]);
  return { ...state, stale: false, loading: !state.data && !state.error, refresh };
}

/** @param {string} ws @param {string|null} chosen */
async function load(ws, chosen) {
  const [all, checks, events] = await Promise.all([
    get('/v1/webhook-endpoints', { workspace_id: ws, limit: 250 }), get('/v1/deliveries', { workspace_id: ws, event_type: CHECK, limit: 20 }), may('events:ro') ? get('/v1/events', { workspace_id: ws, limit: 50 }) : { data: [] },
  ]);
  const endpoints = receivers(all.data);
  const endpoint = endpoints.find((e) => e.id === chosen) ?? endpoints[0];
  const delivered = endpoint ? await get(`/v1/webhook-endpoints/${endpoint.id}/deliveries`, { status: 'delivered', limit: 1 }) : [];
  return { endpoints, endpoint, delivered, checks: checks.data, events: events.data };
}
