// Where is it proved that the receiver checks signatures?
// A button that sends a right and a wrong request, and what came back of both.
import { Failed, Icon, Notice, Problem, html, link, may, route, span, useClock, useState } from '../shell.js';
import { words } from '../messages/en/verify.js';
import { prove } from './check.js';

/** @param {{endpoint: any, verdict?: string|null, done?: () => void, primary?: boolean, children?: any}} props `verdict`: of an earlier check; `children`: beside the button */
export function Prove({ endpoint, verdict: earlier, done, primary, children }) {
  const now = useClock(10_000);
  const [busy, setBusy] = useState(false);
  const [result, setResult] = useState(/** @type {any} */ (null));
  const [problem, setProblem] = useState(/** @type {Problem|null} */ (null));
  const go = async () => {
    if (busy) return;
    setBusy(true);
    setProblem(null);
    try { setResult(await prove(endpoint)); done?.(); } catch (error) {
      if (!(error instanceof Problem)) throw error;
      setProblem(error);
    } finally { setBusy(false); }
  };
  const verdict = result?.verdict ?? earlier;
  const [tone, said] = words.verdicts[verdict] ?? ['', ''];
  // Whichever of the secrets the receiver has, it accepts: a proof says nothing about the new one.
  const left = Math.max(0, ...endpoint.old_secrets.map((/** @type {any} */ s) => Date.parse(s.expires_at))) - now;
  return html`<p class="muted">${words.proveHint}${left > 0 && ` ${words.proveOverlap(span(left))}`}</p>
    <div class="row below"><button type="button" class=${`button ${primary ? 'primary' : ''}`} aria-disabled=${busy ? 'true' : undefined} onClick=${go}>${busy ? words.proving : verdict ? words.again : words.proveNow}</button>${children}</div>
    ${problem && html`<${Failed} problem=${problem} compact />`}
    ${result && html`<ul class="proof"><li><${Mark} good=${result.right.status === 'delivered'} /><a href=${link('deliveries', result.right.id)}>${words.right}</a> <span class="muted">${result.right.status === 'delivered' ? words.taken(result.right.response_status) : words.failedWith(result.right.response_status)}</span></li>
      <li><${Mark} good=${result.verdict === 'proved' || (result.wrong.response_status >= 400 && result.wrong.response_status < 500)} /><a href=${link('deliveries', result.wrong.id)}>${words.wrong}</a> <span class="muted">${result.wrong.status === 'delivered' ? words.taken(result.wrong.response_status) : words.refusedWith(result.wrong.response_status)}</span></li></ul>`}
    ${said && html`<div class="below" role="status"><${Notice} tone=${tone} actions=${verdict === 'refuses_all' && doctorLink(endpoint, result?.right.id)}>${said}<//></div>`}`;
}

/** @param {{good: boolean}} props */
const Mark = ({ good }) => html`<${Icon} name=${good ? 'check' : 'cross'} class=${good ? 'good-text' : 'bad-text'} />`;

/** @param {any} endpoint @param {string} [delivery] */
export const doctorLink = (endpoint, delivery) => (may('webhooks:ro') ? html`<a class="button small" href=${link('developers', '', { tab: 'doctor', endpoint: endpoint.id, delivery })}>${words.openDoctor}</a>` : null);
