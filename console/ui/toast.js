// How does the console say that something is done?
// Toasts at the lower edge, which vanish by themselves, and a live region that reads them and counts aloud.
import { html, signal } from '../vendor/preact-htm-signals.js';
import { Icon } from './icon.js';
import { messages } from '../messages/en.js';

/** @typedef {{id: number, text: string, kind: 'done'|'failed', action?: {label: string, run: () => void}}} Toast */
const toasts = signal(/** @type {Toast[]} */ ([]));
const spoken = signal('');
let last = 0;

/**
 * @param {string} text a whole sentence or two words: "Endpoint paused"
 * @param {{kind?: 'done'|'failed', action?: {label: string, run: () => void}, ms?: number}} [options]
 */
export function toast(text, { kind = 'done', action, ms = kind === 'failed' ? 10_000 : 4_000 } = {}) {
  const id = ++last;
  toasts.value = [...toasts.value.slice(-2), { id, text, kind, action }];
  announce(text);
  setTimeout(() => dismiss(id), ms);
}
/** @param {number} id */
const dismiss = (id) => { toasts.value = toasts.value.filter((t) => t.id !== id); };

/** Says a few words to a screen reader, without showing them. @param {string} text */
export function announce(text) {
  spoken.value = '';
  requestAnimationFrame(() => { spoken.value = text; });
}

export function Toasts() {
  return html`<div class="toasts">
    <div class="hidden" role="status" aria-live="polite">${spoken.value}</div>
    ${toasts.value.map((t) => html`<div key=${t.id} class=${`toast ${t.kind}`}>
      <${Icon} name=${t.kind === 'failed' ? 'warn' : 'check'} /><span>${t.text}</span>
      ${t.action && html`<button class="plain" onClick=${() => { t.action?.run(); dismiss(t.id); }}>${t.action.label}</button>`}
      <button class="icon-button" aria-label=${messages.form.close} onClick=${() => dismiss(t.id)}><${Icon} name="cross" /></button>
    </div>`)}
  </div>`;
}
