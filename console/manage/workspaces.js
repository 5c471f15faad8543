// Which workspaces are there, and how is one made, opened or deleted?
// A list to switch by, a form of one field, and a deletion that is confirmed by the name.
import { Confirm, Dialog, FormEnd, Icon, Loaded, May, Opens, Section, TextField, forget, forgetNames, html, link, navigate, post, rememberNames, remove, route, session, setQuery, toast, useForm, useLive, useState } from '../shell.js';
import { words } from '../messages/en/settings.js';

const SHOWN = 100;

/** @param {{ws: string}} props */
export function Workspaces({ ws }) {
  const [text, setText] = useState('');
  const live = useLive(session.value?.workspace_id === null ? '/v1/workspaces' : null, { limit: SHOWN, name: text.trim() || null });
  if (session.value?.workspace_id !== null) return null;
  const asked = route.value.query.get('new') !== null;
  return html`${asked && html`<${May} scope="workspaces"><${NewWorkspace} close=${() => setQuery({ new: null }, { replace: true })} /><//>`}<${Section} title=${words.workspaces} actions=${html`<${May} scope="workspaces"><${Opens} class="button small" label=${words.new}>${(/** @type {() => void} */ close) => html`<${NewWorkspace} close=${close} />`}<//><//>`}>
    <label class="text-filter narrow-filter"><${Icon} name="search" /><span class="hidden">${words.find}</span><input type="search" placeholder=${words.find} value=${text} onInput=${(/** @type {any} */ e) => setText(e.target.value)} /></label>
    <${Loaded} of=${live}>${(/** @type {any} */ page) => html`<ul class="work-list workspaces">${page.data.map((/** @type {any} */ w) => html`<li key=${w.id}><div class="what">${w.id === ws ? html`<bdi class="name">${w.name}</bdi> <span class="muted">${words.here}</span>` : html`<a href=${link('overview', '', {}, w.id)} onClick=${() => rememberNames([w])}><bdi>${w.name}</bdi></a>`}</div><span class="mono muted no-phone">${w.uid ?? w.id}</span></li>`)}</ul>
      ${page.next && html`<p class="muted">${words.more(SHOWN)}</p>`}`}<//>
  <//>`;
}

/** @param {{close: () => void}} props */
function NewWorkspace({ close }) {
  const form = useForm({ name: '' }, async (value) => {
    const made = await post('/v1/workspaces', value);
    rememberNames([made]);
    close();
    toast(words.made(made.name));
    navigate(link('setup', '', {}, made.id));
  });
  return html`<${Dialog} title=${words.new} close=${close}><form onSubmit=${form.submit} novalidate><p class="muted">${words.newHint}</p><${TextField} form=${form} name="name" label=${words.name} autofocus /><${FormEnd} form=${form} save=${words.create} cancel=${close} shown=${['/name']} /></form><//>`;
}

/** @param {{workspace: any}} props */
export const DeleteWorkspace = ({ workspace }) => html`<${Section} title=${words.danger}><p class="muted">${words.dangerHint}</p><div class="row below"><${Opens} class="button danger-text" label=${words.delete}>${(/** @type {() => void} */ close) => html`<${Confirm} danger title=${words.deleteTitle(workspace.name)} type=${workspace.name.trim()} confirm=${words.delete} close=${close}
  run=${async () => { await remove(`/v1/workspaces/${workspace.id}`); forget(); forgetNames(); toast(words.deleted); navigate('/console'); }}><p>${words.deleteWords}</p><//>`}<//></div><//>`;
