// How is an endpoint's state shown?
// Icon, word and since when, and quietly what happens next; two lines in a list, one on its page.
import { Icon, html, useClock } from '../shell.js';
import { stateWords } from './state.js';

const LOOKS = { healthy: ['check', 'good'], unused: ['dash', 'quiet'], failing: ['warn', 'bad'], disabled: ['pause', 'quiet'] };

/** @param {any} endpoint @param {any} figures */
function useStateWords(endpoint, figures) {
  const now = useClock(endpoint.health?.next_probe_at ? 1000 : 30_000);
  const words = stateWords(endpoint, now, figures);
  const [icon, tone] = LOOKS[words.state];
  return { ...words, mark: html`<span class=${`status ${tone}`}><${Icon} name=${icon} /><span class="word">${words.line}</span></span>` };
}

/** @param {{endpoint: any, figures?: any}} props `figures`: of the last 24 hours */
export function StateCell({ endpoint, figures }) {
  const { mark, next } = useStateWords(endpoint, figures);
  return html`<span class="state-cell">${mark}${next && html`<span class="cut muted" title=${next}>${next.split(' · ').map((part, n, all) => html`<span key=${n}>${part}${n < all.length - 1 && ' ·'}</span> `)}</span>`}</span>`;
}

/** @param {{endpoint: any, figures?: any}} props `figures`: of the last 24 hours */
export function StateLine({ endpoint, figures }) {
  const { mark, next } = useStateWords(endpoint, figures);
  return html`<span class="state-line">${mark}${next && html` <span class="muted">${next}</span>`}</span>`;
}
