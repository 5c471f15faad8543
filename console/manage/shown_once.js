// What is done with a secret that is shown only once?
// Kept in this tab's memory, never stored; gone when it is put away or the page is left by a reload.
import { Copy, Icon, html, signal } from '../shell.js';

/** By id of the key or link. */
const shown = signal(/** @type {Record<string, string>} */ ({}));

/** @param {string} id @param {string} secret */
export const showOnce = (id, secret) => { shown.value = { ...shown.value, [id]: secret }; };
/** @param {string} id */
export const shownOnce = (id) => shown.value[id] ?? null;

/** @param {{id: string, title: string, hint: string, copy: string, done: string, class?: string, children?: any}} props `class`: where another sheet is loaded; `children`: more buttons */
export function ShownOnce({ id, title, hint, copy, done, class: look = 'shown-once', children }) {
  const secret = shownOnce(id);
  if (!secret) return null;
  const forget = () => { shown.value = Object.fromEntries(Object.entries(shown.value).filter(([other]) => other !== id)); };
  return html`<section class=${look} aria-label=${title}>
    <div class="row"><${Icon} name="keys_page" /><strong>${title}</strong></div><p class="muted">${hint}</p>
    <div class="secret-line"><code dir="ltr">${secret}</code></div>
    <div class="row"><${Copy} text=${secret} words=${copy} class="primary" />${children}<button type="button" class="plain" onClick=${forget}>${done}</button></div>
  </section>`;
}
