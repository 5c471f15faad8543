// What makes the console a customer's portal?
// The product's name, logo, accent, theme and language; the height for the page that frames it; the rights of the link.
import { get, loginReason, session, setSession } from './api.js';
import { isColour, readable } from './colour.js';
import { locale } from './format.js';
import { look } from './ui/layout.js';

/** Reads the look and puts it on; the portal is shown in the console's own colours if that fails. @param {string} ws */
export async function dress(ws) {
  try { look.value = await get('/v1/portal/look', { workspace_id: ws }); } catch { return; }
  const { accent, theme, lang, origins = [] } = look.value;
  const root = document.documentElement;
  if (theme === 'light' || theme === 'dark') root.dataset.theme = theme;
  if (lang) { root.lang = lang; locale.current = lang; }
  if (accent && isColour(accent)) for (const [name, value] of Object.entries(accentTokens(accent))) root.style.setProperty(name, value);
  if (parent === window) return;
  // A frame is as high as its content; what fills the window would never let it shrink.
  root.dataset.framed = 'true';
  watchSeen(root);
  if (origins.length) tellHeight(origins);
}

/** @param {string} accent `#rrggbb` @returns {Record<string, string>} */
export function accentTokens(accent) {
  const fill = readable(accent, '#ffffff');
  return {
    '--accent': `light-dark(${fill}, ${readable(accent, '#181b1f')})`, '--accent-fill': fill,
    '--accent-soft': `light-dark(color-mix(in srgb, ${accent} 10%, #fff), color-mix(in srgb, ${accent} 18%, #101214))`,
  };
}

/** Says something to the page that frames the portal, if it is one of those that may. @param {string[]} origins @param {any} message */
function tell(origins, message) {
  // Where the browser tells who frames it, the others are not tried: each would be an error in its console.
  const framer = location.ancestorOrigins?.[0];
  for (const origin of origins) if (!framer || origin === framer) parent.postMessage(message, origin);
}

/** The page around would jump if the frame shrank between two pages of the portal. */
const SHRINK_MS = 300;
const GROW_MS = 50;

/** @param {string[]} origins */
function tellHeight(origins) {
  let last = 0;
  let timer = 0;
  const heightNow = () => Math.ceil(document.getElementById('app')?.scrollHeight ?? 0);
  const plan = () => {
    clearTimeout(timer);
    const height = heightNow();
    if (height !== last) timer = setTimeout(say, height > last ? GROW_MS : SHRINK_MS);
  };
  const say = () => {
    const height = heightNow();
    // What is still loading is lower than what comes.
    if (height < last && document.querySelector('.skeleton')) { plan(); return; }
    last = height;
    tell(origins, { type: 'posthorn:height', height });
  };
  new ResizeObserver(plan).observe(document.body);
}

/** A frame as high as its content never scrolls: where dialogs and toasts are seen follows from the part of it that is in the window. @param {HTMLElement} root */
function watchSeen(root) {
  const observer = new IntersectionObserver(([{ intersectionRect: seen }]) => {
    if (seen.height === 0) return;
    for (const [name, px] of [['--above', seen.top], ['--below', innerHeight - seen.bottom], ['--seen', seen.height]]) root.style.setProperty(String(name), `${Math.max(0, Number(px))}px`);
  });
  // Nothing else tells of the scrolling around.
  const watch = () => { observer.disconnect(); observer.observe(root); };
  for (const kind of ['pointerdown', 'pointerup', 'keydown', 'focusin', 'wheel', 'touchmove', 'resize']) addEventListener(kind, watch, { passive: true, capture: true });
  watch();
}

/** So long the page around may bring a new link by itself, before the frame goes for one. */
const PATIENCE_MS = 1000;

/** The link has ended: the page around is told, and then the product is asked for a new one. */
export function leavePortal() {
  const { origins = [], refresh_url: refresh } = look.value;
  const framed = parent !== window && origins.length > 0;
  if (framed) tell(origins, { type: 'posthorn:ended' });
  if (refresh) setTimeout(() => location.assign(refresh), framed ? PATIENCE_MS : 0);
}

/** What the link allows. @param {string} token @param {string} ws */
export async function enterPortal(token, ws) {
  setSession({ token, expires_at: null, workspace_id: ws, scopes: [], roles: [] });
  const me = await get('/v1/me');
  // The look is that of the address, and so would be the menu.
  if (me.api_key.workspace_id !== ws) { setSession(null); loginReason.value = { reason: 'other', next: '' }; return; }
  if (session.value?.token === token) setSession({ token, expires_at: me.api_key.expires_at, workspace_id: ws, scopes: me.api_key.scopes, roles: me.api_key.roles });
}
