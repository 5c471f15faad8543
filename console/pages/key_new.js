// How is a key made?
// Its name, what it may do, its roles and its end; then its page shows the key once.
import { CheckField, Field, FormEnd, Notice, Page, SelectField, TextField, html, link, may, navigate, post, route, session, useForm, useLive } from '../shell.js';
import { words } from '../messages/en/keys.js';
import { rolesOf } from '../manage/key_state.js';
import { ScopePicker } from '../manage/scope_picker.js';
import { NOUNS } from '../manage/scopes.js';
import { showOnce } from '../manage/shown_once.js';
import { styles } from '../manage/styles.js';

await styles;

/** @param {any} value @returns {string|undefined} */
function endOfForm({ expires, day }) {
  if (expires === '') return undefined;
  if (expires !== 'date') return new Date(Date.now() + Number(expires) * 86_400_000).toISOString();
  return day ? new Date(Date.parse(`${day}T00:00:00`) + 86_400_000).toISOString() : undefined;
}

/** @param {{ws: string}} props */
export default function NewKey({ ws }) {
  const anywhere = session.value?.workspace_id === null;
  const form = useForm({ name: '', scopes: ['events'], roles: '', everywhere: anywhere && route.value.query.get('of') === 'all', expires: '', day: '' }, async (value) => {
    const made = await post('/v1/api-keys', { name: value.name, scopes: value.scopes, roles: rolesOf(value.roles), expires_at: endOfForm(value), workspace_id: value.everywhere ? undefined : ws });
    showOnce(made.id, made.key);
    navigate(link('keys', made.id));
  }, { draft: `key.${ws}` });
  const { value } = form;
  const actions = useLive(may('actions:ro') || may('admin:ro') ? '/v1/actions' : null, { workspace_id: ws, limit: 250 });
  const asked = [...new Set((actions.data?.data ?? []).flatMap((/** @type {any} */ a) => a.roles))].sort();
  const invokes = value.scopes.includes('actions');
  return html`<${Page} narrow title=${words.new} crumbs=${[[words.title, link('keys')]]}>
    <form onSubmit=${form.submit} novalidate>
      <${TextField} form=${form} name="name" label=${words.name} hint=${words.nameHint} autofocus />
      <${Field} label=${words.scopesTitle} error=${form.error('/scopes/*')}>${(/** @type {any} */ a) => html`
        <div class="row presets" id=${a.id}><span class="muted">${words.presets}</span>${words.preset.map(([word, scopes]) => html`<button key=${word} type="button" class="button small" onClick=${() => form.set({ scopes })}>${word}</button>`)}</div>
        <${ScopePicker} nouns=${NOUNS} scopes=${value.scopes} change=${(/** @type {string[]} */ scopes) => form.set({ scopes })} />`}<//>
      ${value.scopes.includes('admin') && html`<div class="below"><${Notice} tone="warn">${words.adminWarn}<//></div>`}
      <${TextField} form=${form} name="roles" label=${words.roles} hint=${words.rolesHint(asked)} pointer="/roles/*" optional=${!invokes} />
      ${invokes && rolesOf(value.roles).length === 0 && html`<p class="warn-text hint-line">${words.noRoles}</p>`}
      <${SelectField} form=${form} name="expires" label=${words.expires} pointer=${value.expires === 'date' ? '/expires' : '/expires_at'} options=${words.expiry} />
      ${value.expires === 'date' && html`<${TextField} form=${form} name="day" type="date" label=${words.day} pointer="/expires_at" />`}
      ${anywhere && html`<${CheckField} form=${form} name="everywhere" label=${words.forAll} pointer="/workspace_id" />${invokes && value.everywhere && html`<p class="warn-text hint-line">${words.agentEverywhere}</p>`}`}
      <${FormEnd} form=${form} save=${words.create} working=${words.creating} shown=${['/name', '/expires_at', '/workspace_id', ...(form.problem?.errors ?? []).map((e) => e.pointer).filter((p) => /^\/(scopes|roles)/.test(p))]} />
    </form>
  <//>`;
}
