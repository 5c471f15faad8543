// How is one value shown: an id, a time, a URL, a duration, a text to copy?
// Shortened for the eye, whole for the clipboard and on hover.
import { html, useEffect, useState } from '../vendor/preact-htm-signals.js';
import { clockTime, duration, exact, relative, shortId, shortUrl } from '../format.js';
import { useClock } from '../live.js';
import { messages } from '../messages/en.js';
import { Icon } from './icon.js';
import { announce, toast } from './toast.js';

/** @param {string} text @returns {Promise<boolean>} */
export async function copyText(text) {
  try {
    // A frame of another origin may not use the clipboard, unless the page around says so; it may copy a selection.
    await navigator.clipboard.writeText(text).catch(() => { if (!copySelected(text)) throw new Error(); });
    announce(messages.copy.copied);
    return true;
  } catch {
    toast(messages.copy.failed, { kind: 'failed' });
    return false;
  }
}

/** Selects the text in a field that nobody sees. In an open dialog, as all else cannot be selected then. @param {string} text */
function copySelected(text) {
  const before = /** @type {HTMLElement|null} */ (document.activeElement);
  const field = Object.assign(document.createElement('textarea'), { value: text, className: 'hidden', readOnly: true });
  ([...document.querySelectorAll('dialog[open]')].at(-1) ?? document.body).append(field);
  field.select();
  const done = document.execCommand('copy');
  field.remove();
  before?.focus({ preventScroll: true });
  return done;
}

/**
 * A button that copies; with `words` it is a normal button, else an icon.
 * @param {{text: string|(() => string|Promise<string>), label?: string, words?: string, class?: string}} props
 */
export function Copy({ text, label = messages.copy.copy, words, class: extra = '' }) {
  const [done, setDone] = useState(false);
  useEffect(() => { if (done) { const t = setTimeout(() => setDone(false), 1500); return () => clearTimeout(t); } }, [done]);
  const copy = async (/** @type {Event} */ event) => {
    event.stopPropagation();
    event.preventDefault();
    setDone(await copyText(typeof text === 'function' ? await text() : text));
  };
  return html`<button type="button" class=${`${words ? 'button' : 'icon-button copy'} ${extra}`} aria-label=${words ? undefined : label} title=${words ? undefined : label} onClick=${copy}>
    <${Icon} name=${done ? 'check' : 'copy'} />${words && html`<span>${done ? messages.copy.copied : words}</span>`}
  </button>`;
}

/** A shortened id with copy; with `href` a link. @param {{id: string, href?: string, whole?: boolean, copy?: boolean}} props */
export function Id({ id, href, whole = false, copy = true }) {
  const text = whole ? id : shortId(id);
  return html`<span class="id">${href ? html`<a class="mono" href=${href} title=${id}>${text}</a>` : html`<span class="mono" title=${id}>${text}</span>`}${copy && html`<${Copy} text=${id} label=${messages.copy.id} />`}</span>`;
}

/** A relative time that goes on, with the exact UTC instant on hover. @param {{at: string|null|undefined, none?: string, whole?: boolean, clock?: boolean}} props `whole`: the instant stands below it, for fingers and keyboards; `clock`: by the clock, for rows of one period */
export function Time({ at, none = '–', whole, clock = false }) {
  const now = useClock(at && Math.abs(Date.now() - Date.parse(at)) < 120_000 ? 1000 : 30_000);
  if (!at) return html`<span class="muted">${none}</span>`;
  const time = html`<time datetime=${at} title=${whole ? undefined : exact(at)}>${clock ? clockTime(at, now) : relative(at, now)}</time>`;
  return whole ? html`${time} <span class="exact">${exact(at)}</span>` : time;
}

/** The exact UTC instant, in monospace. @param {{at: string}} props */
export const Instant = ({ at }) => html`<time class="mono" datetime=${at}>${exact(at)}</time>`;

/** @param {{ms: number|null|undefined}} props */
export const Duration = ({ ms }) => html`<span class="number">${duration(ms)}</span>`;

/** A URL on one line, cut at its end by the width there is; left to right whatever is in it. @param {{url: string, href?: string, copy?: boolean}} props */
export function Url({ url, href, copy = false }) {
  const text = shortUrl(url);
  return html`<span class="url"><bdi dir="ltr" class="cut" title=${url}>${href ? html`<a href=${href}>${text}</a>` : text}</bdi>${copy && html`<${Copy} text=${url} />`}</span>`;
}

/** A list of names and values. @param {{of: [string, any][], class?: string}} props */
export function Facts({ of, class: extra = '' }) {
  return html`<dl class=${`facts ${extra}`}>${of.filter(([, value]) => value !== undefined && value !== false).map(([name, value]) => html`<div key=${name}><dt>${name}</dt><dd>${value ?? '–'}</dd></div>`)}</dl>`;
}

/** A key as it is drawn. @param {{children?: any}} props */
export const Key = ({ children }) => html`<kbd>${children}</kbd>`;

/** The server's words, with what stands between backticks as code. @param {{of: any}} props */
export const Coded = ({ of }) => (typeof of === 'string' && of.includes('`') ? html`${of.split('`').map((part, n) => (n % 2 ? html`<code key=${n}>${part}</code>` : part))}` : of);
