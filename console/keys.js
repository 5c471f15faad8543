// Which keys do what, here and now?
// A registry of shortcuts: pages bind keys while they are shown, and the sheet (`?`) lists what is bound.
import { signal, useEffect, useRef } from './vendor/preact-htm-signals.js';

/** @typedef {[words: string, run: (event: KeyboardEvent) => void]} Binding */
/** @typedef {{everywhere: boolean, keys: () => Record<string, Binding>}} Layer */

/** Later layers win. @type {Layer[]} */
const layers = [];
const STORE = 'posthorn.single-keys';

/** Whether keys without a modifier work; people who dictate switch them off (WCAG 2.1.4). */
export const singleKeys = signal(typeof localStorage === 'undefined' || localStorage.getItem(STORE) !== 'off');
/** @param {boolean} on */
export function setSingleKeys(on) {
  localStorage.setItem(STORE, on ? 'on' : 'off');
  singleKeys.value = on;
}

/**
 * Binds keys while the component is shown: `useKeys({ r: ['Replay', replay], 'g d': ['Go to deliveries', go] })`.
 * A key is its `event.key`; two keys with a space are pressed one after the other; `mod+k` is ⌘K or Ctrl+K.
 * @param {Record<string, Binding>} keys
 * @param {{everywhere?: boolean}} [options] `everywhere`: listed under "Everywhere"
 */
export function useKeys(keys, { everywhere = false } = {}) {
  const current = useRef(keys);
  current.current = keys;
  useEffect(() => {
    const layer = { everywhere, keys: () => current.current };
    layers.push(layer);
    return () => { layers.splice(layers.indexOf(layer), 1); };
  }, []);
}

/** What the sheet lists. @returns {{everywhere: boolean, key: string, words: string}[]} */
export function boundKeys() {
  const seen = new Map();
  for (const layer of layers) for (const [key, [words]] of Object.entries(layer.keys())) seen.set(key, { everywhere: layer.everywhere, key, words });
  return [...seen.values()];
}

/** @param {string} key @returns {Binding|null} */
function find(key) {
  for (const layer of [...layers].reverse()) if (Object.hasOwn(layer.keys(), key)) return layer.keys()[key];
  return null;
}

/** @param {EventTarget|null} target */
const typing = (target) => target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

let prefix = '';
let prefixAt = 0;

/** @param {KeyboardEvent} event */
function pressed(event) {
  if (event.defaultPrevented || event.isComposing || event.altKey) return;
  const mod = event.metaKey || event.ctrlKey;
  if (!mod && (!singleKeys.value || typing(event.target))) return;
  if (document.querySelector('dialog[open]')) return;
  if (mod && event.key.length > 1) return;
  const key = mod ? `mod+${event.key.toLowerCase()}` : event.key;
  const binding = (prefix && Date.now() - prefixAt < 1500 && find(`${prefix} ${key}`)) || find(key);
  prefix = key;
  prefixAt = Date.now();
  if (!binding) return;
  prefix = '';
  event.preventDefault();
  binding[1](event);
}

/** Listens. Called once. */
export const startKeys = () => addEventListener('keydown', pressed);

const mac = typeof navigator !== 'undefined' && /Mac|iPhone|iPad/.test(navigator.userAgent);
/** How a key is written: `⌘K`, `Ctrl K`, `g d`. @param {string} key */
export const keyName = (key) => (key.startsWith('mod+') ? `${mac ? '⌘' : 'Ctrl '}${key.slice(4).toUpperCase()}` : key === 'Enter' ? '↵' : key);
