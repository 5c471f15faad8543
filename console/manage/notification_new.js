// How is a notification made?
// The service, the address with the words where to get it, and which of the four events are told.
import { Dialog, Field, FormEnd, Segments, TextField, html, post, toast, useForm } from '../shell.js';
import { words } from '../messages/en/notifications.js';
import { TYPES, urlOf } from './notifications.js';

/** @param {{ws: string, close: () => void, done: () => Promise<void>}} props */
export function NewNotification({ ws, close, done }) {
  const form = useForm({ body: 'slack', url: '', description: '', events: TYPES }, async (value) => {
    await post('/v1/webhook-endpoints', { workspace_id: ws, body: value.body, url: urlOf(value.body, value.url), description: value.description.trim() || undefined, events: value.events.length === TYPES.length ? [] : value.events });
    form.reset({ body: 'slack', url: '', description: '', events: TYPES });
    toast(words.made);
    close();
    done();
  }, { draft: `notification.${ws}` });
  const { value } = form;
  const pick = (/** @type {string} */ type) => {
    const events = TYPES.filter((t) => (t === type) !== value.events.includes(t));
    form.set({ events });
    form.check('/events', events.length === 0 ? words.pick : null);
  };
  return html`<${Dialog} title=${words.new} close=${close}><form onSubmit=${form.submit} novalidate>
    <${Field} label=${words.service} error=${form.error('/body')}>${() => html`<${Segments} label=${words.service} value=${value.body} options=${words.services} change=${(/** @type {string} */ body) => form.set({ body })} />`}<//>
    <${TextField} form=${form} name="url" class="mono" label=${value.body === 'email' ? words.mail : words.url} hint=${words.hints[value.body]} placeholder=${words.placeholders[value.body]} spellcheck=${false} autofocus />
    <${TextField} form=${form} name="description" label=${words.description} hint=${words.descriptionHint} optional />
    <${Field} label=${words.which} error=${form.error('/events/*')}>${(/** @type {any} */ a) => html`<div class="check-lines" id=${a.id} role="group" aria-label=${words.which}>${words.types.map(([type, word, when]) => html`<label key=${type}><input type="checkbox" checked=${value.events.includes(type)} onChange=${() => pick(type)} /><span>${word} <span class="muted">${when}</span></span></label>`)}</div>`}<//>
    <${FormEnd} form=${form} save=${words.create} working=${words.creating} cancel=${close} shown=${['/url', '/description', '/body', '/events']} />
  </form><//>`;
}
