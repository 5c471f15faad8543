// Which secrets verify, and how are they rotated without a gap?
// When each was given and when it ends; a new one with an overlap, and the end of the overlap.
import { Confirm, Dialog, Field, FormEnd, Opens, Section, SelectField, Time, exact, html, may, post, toast, useForm } from '../shell.js';
import { words } from '../messages/en/sources.js';
import { needsSecret } from './providers.js';

/** @param {{source: any, path: string, refresh: () => Promise<void>}} props */
export function Secrets({ source, path, refresh }) {
  if (!needsSecret(source.scheme)) return html`<${Section} title=${words.secrets}><p class="muted">${words.noSecrets}</p><//>`;
  const old = source.secrets.some((/** @type {any} */ s) => s.expires_at);
  const buttons = may('sources') && html`${old && html`<${Opens} class="button small" label=${words.endOverlap}>${(/** @type {() => void} */ close) => html`<${Confirm} title=${words.endTitle} confirm=${words.endOverlap} close=${close} run=${async () => { await post(`${path}/secrets/end-overlap`, {}); toast(words.ended); await refresh(); }}>${words.endWords}<//>`}<//>`}<${Rotate} path=${path} provider=${source.provider} done=${refresh} label=${words.rotate} class="button small" />`;
  return html`<${Section} title=${words.secrets} actions=${buttons}><ul class="secret-list">${source.secrets.map((/** @type {any} */ s, /** @type {number} */ n) => html`<li key=${n}><span>${words.given} <${Time} at=${s.created_at} /></span><span class=${s.expires_at ? 'warn-text' : 'muted'} title=${s.expires_at ? exact(s.expires_at) : undefined}>${s.expires_at ? words.until(exact(s.expires_at).slice(0, 16)) : words.current}</span></li>`)}</ul><//>`;
}

/** @param {{path: string, provider: string, done: () => Promise<void>, label: string, class?: string, none?: boolean}} props `none`: without an overlap at first */
export const Rotate = ({ path, provider, done, label, none, class: extra = 'button' }) => html`<${Opens} class=${extra} label=${label}>${(/** @type {() => void} */ close) => html`<${RotateDialog} path=${path} provider=${provider} done=${done} none=${none} close=${close} />`}<//>`;

/** @param {{path: string, provider: string, done: () => Promise<void>, close: () => void, none?: boolean}} props */
function RotateDialog({ path, provider, done, close, none }) {
  const form = useForm({ secret: '', overlap: none ? '0' : '86400' }, async (value) => {
    await post(`${path}/secrets/rotate`, { secret: value.secret.trim(), overlap_seconds: Number(value.overlap) });
    toast(words.rotated);
    close();
    await done();
  });
  return html`<${Dialog} title=${words.rotateTitle} close=${close}><form onSubmit=${form.submit} novalidate>
    <p>${words.rotateWords}</p>
    <${Field} label=${words.newSecret} error=${form.error('/secret/*')}>${(/** @type {any} */ a) => html`<input type="text" class="mono" autocomplete="off" autocapitalize="off" spellcheck=${false} autofocus ...${a} value=${form.value.secret} onInput=${(/** @type {any} */ e) => form.set({ secret: e.target.value })} />`}<//>
    ${provider === 'stripe' && form.value.secret.trim() && !form.value.secret.trim().startsWith('whsec_') && html`<p class="warn-text hint-line">${words.notWhsec}</p>`}
    <${SelectField} form=${form} name="overlap" pointer="/overlap_seconds" label=${words.overlap} options=${words.overlaps} />
    <${FormEnd} form=${form} save=${none ? words.saveSecret : words.rotate} shown=${['/secret']} cancel=${close} />
  </form><//>`;
}
