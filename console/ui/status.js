// How is a state shown?
// Icon, word and colour together, never colour alone; the word comes from messages.status.
import { html } from '../vendor/preact-htm-signals.js';
import { statusWord } from '../messages/en.js';
import { Icon } from './icon.js';

/** status → [icon, tone] */
const LOOKS = /** @type {Record<string, [string, string]>} */ ({
  delivered: ['check', 'good'], retrying: ['retry', 'warn'], parked: ['pause', 'warn'], failed: ['cross', 'bad'], cancelled: ['ban', 'quiet'], pending: ['dots', 'quiet'], skipped: ['dash', 'quiet'],
  healthy: ['check', 'good'], failing: ['warn', 'bad'], disabled: ['pause', 'quiet'], active: ['check', 'good'], live: ['check', 'good'], watching: ['eye', 'warn'], off: ['pause', 'quiet'],
  succeeded: ['check', 'good'], running: ['dots', 'quiet'], timed_out: ['clock', 'bad'], interrupted: ['warn', 'bad'], completed: ['check', 'good'],
  accepted: ['check', 'good'], invalid: ['cross', 'bad'], deprecated: ['warn', 'warn'], archived: ['dash', 'quiet'],
});

/** What follows these words is a reason, which is set off. */
const SAYS_WHY = ['skipped', 'parked', 'cancelled'];

/**
 * `<${Status} of="retrying">in 40 s<//>`
 * @param {{of: string, word?: string, children?: any}} props `children`: what follows the word, quietly (a time, a reason)
 */
export function Status({ of, word, children }) {
  const [icon, tone] = LOOKS[of] ?? ['info', 'quiet'];
  return html`<span class=${`status ${tone}`}><${Icon} name=${icon} /><span class="word">${word ?? statusWord(of)}</span>${children && html`<span class=${`more ${SAYS_WHY.includes(of) ? 'why' : ''}`}>${children}</span>`}</span>`;
}

/** An HTTP status of an answer, or the class of the failure. @param {{status: number|null|undefined, error?: string|null}} props */
export function Outcome({ status, error }) {
  if (!status && !error) return html`<span class="muted">–</span>`;
  return html`<span class=${`mono ${error ? 'bad-text' : ''}`}>${status || !error ? status : error.replaceAll('_', ' ')}</span>`;
}

/** A small word beside a name: "draft", "version 3". @param {{children?: any, tone?: 'quiet'|'good'|'warn'|'bad'}} props */
export const Badge = ({ children, tone = 'quiet' }) => html`<span class=${`badge ${tone}`}>${children}</span>`;
