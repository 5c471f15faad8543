// How is a link into the portal made?
// For whom, what it allows, how long it works; the link is shown once, on the page behind the dialog.
import { Dialog, Field, FormEnd, Opens, SelectField, TextField, html, link, navigate, post, useForm } from '../shell.js';
import { words } from '../messages/en/portal.js';
import { lastLink } from './portal_links.js';
import { ScopePicker } from './scope_picker.js';
import { PORTAL_NOUNS } from './scopes.js';
import { showOnce } from './shown_once.js';

/** @param {{ws: string}} props */
export const NewLink = ({ ws }) => html`<${Opens} class="button primary" label=${words.new}>${(/** @type {() => void} */ close) => html`<${LinkForm} ws=${ws} close=${close} />`}<//>`;

/** @param {{ws: string, close: () => void}} props */
function LinkForm({ ws, close }) {
  const form = useForm({ user: '', scopes: words.preset[0][1], expires: '3600' }, async (value) => {
    const made = await post('/v1/portal-links', { workspace_id: ws, scopes: value.scopes, expires_in_seconds: Number(value.expires), user: value.user.trim() || undefined });
    showOnce(made.id, made.url);
    lastLink.value = { id: made.id, workspace_id: ws };
    close();
    navigate(link('portal'));
  });
  const { value } = form;
  return html`<${Dialog} wide title=${words.new} close=${close}><form onSubmit=${form.submit} novalidate>
    <${TextField} form=${form} name="user" label=${words.user} hint=${words.userHint} optional autofocus />
    <${Field} label=${words.scopes} error=${form.error('/scopes/*')}>${(/** @type {any} */ a) => html`<div class="row presets" id=${a.id}><span class="muted">${words.presets}</span>${words.preset.map(([word, scopes]) => html`<button key=${word} type="button" class="button small" onClick=${() => form.set({ scopes })}>${word}</button>`)}</div>
      <${ScopePicker} nouns=${PORTAL_NOUNS} scopes=${value.scopes} change=${(/** @type {string[]} */ scopes) => form.set({ scopes })} />`}<//>
    <${SelectField} form=${form} name="expires" label=${words.expires} pointer="/expires_in_seconds" options=${words.lives} />
    <${FormEnd} form=${form} save=${words.create} working=${words.creating} cancel=${close} shown=${['/user', '/expires_in_seconds', ...(form.problem?.errors ?? []).map((e) => e.pointer).filter((p) => p.startsWith('/scopes'))]} />
  </form><//>`;
}
