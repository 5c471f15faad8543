// What is done with a secret that is shown only once?
// Kept in this tab's memory, never stored: the page of the endpoint and its samples show it until it is put away.
import { Copy, Icon, html, signal, useEffect, useRef } from '../shell.js';
import { words } from '../messages/en/endpoint.js';

const FOCUS_MS = 150;

/** Secrets that were shown in this tab and not put away, by endpoint. */
const shown = signal(/** @type {Record<string, string>} */ ({}));

/** @param {string} id */
export const secretOf = (id) => shown.value[id] ?? null;
/** @param {any} endpoint the answer of create, rotate or change */
export function rememberSecret(endpoint) {
  if (endpoint?.secret) shown.value = { ...shown.value, [endpoint.id]: endpoint.secret };
}
/** @param {string} id */
export const forgetSecret = (id) => { shown.value = Object.fromEntries(Object.entries(shown.value).filter(([other]) => other !== id)); };

/** @param {{id: string, children?: any}} props `children`: what to do next */
export function ShownSecret({ id, children }) {
  const secret = secretOf(id);
  const box = useRef(/** @type {HTMLElement|null} */ (null));
  // It is what matters now, and shown only once: it comes into view, and a screen reader says it. A dialog that closes gives the focus back first.
  useEffect(() => {
    if (!secret) return;
    const timer = setTimeout(() => box.current?.focus(), FOCUS_MS);
    return () => clearTimeout(timer);
  }, [secret]);
  if (!secret) return null;
  return html`<section class="secret-once" tabindex="-1" ref=${box} aria-label=${words.secretTitle}>
    <div class="row"><${Icon} name="keys_page" /><strong>${words.secretTitle}</strong></div>
    <p>${words.secretHint}</p>
    <div class="secret-line"><code dir="ltr">${secret}</code><${Copy} text=${secret} words=${words.copySecret} /></div>
    <div class="row">${children}<button type="button" class="plain" onClick=${() => forgetSecret(id)}>${words.secretDone}</button></div>
  </section>`;
}
