// How is an endpoint's state shown?
// Icon, word and since when, and quietly what happens next; two lines in a list, one on its page.
import { Icon, html, useClock } from '../shell.js';
import { stateWords } from './state.js';

const LOOKS = { healthy: ['check', 'good'], failing: ['warn', 'bad'], disabled: ['pause', 'quiet'] };

/** @param {any} endpoint */
function useStateWords(endpoint) {
  const now = useClock(endpoint.health?.next_probe_at ? 1000 : 30_000);
  const words = stateWords(endpoint, now);
  const [icon, tone] = LOOKS[words.state];
  return { ...words, mark: html`<span class=${`status ${tone}`}><${Icon} name=${icon} /><span class="word">${words.line}</span></span>` };
}

/** @param {{endpoint: any}} props */
export function StateCell({ endpoint }) {
  const { mark, next } = useStateWords(endpoint);
  return html`<span class="state-cell">${mark}${next && html`<span class="cut muted" title=${next}>${next.split(' · ').map((part, n, all) => html`<span key=${n}>${part}${n < all.length - 1 && ' ·'}</span> `)}</span>`}</span>`;
}

/** @param {{endpoint: any}} props */
export function StateLine({ endpoint }) {
  const { mark, next } = useStateWords(endpoint);
  return html`<span class="state-line">${mark}${next && html` <span class="muted">${next}</span>`}</span>`;
}
