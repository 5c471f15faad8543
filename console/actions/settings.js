// How is an action changed, its secret rotated, and how does it go?
// Edit form: it sends only what changed, shows both versions after a conflict, and says beside each button what it does.
import { Confirm, Dialog, FormEnd, Notice, Opens, Section, SelectField, html, link, may, navigate, post, remove, span, toast, useClock, useForm } from '../shell.js';
import { rememberSecret } from '../endpoint/secret.js';
import { EditEnd, useEdit } from '../ui/edit.js';
import { words } from '../messages/en/actions.js';
import { ActionFields, FormOf, shownOf } from './fields.js';
import { fromAction, mergeOf, merges, settings } from './values.js';

/** Members of which a change names only what differs; the others are replaced whole. */
const MERGED = ['headers', 'outcomes'];

/** @param {{ws: string, action: any, path: string, refresh: () => Promise<void>}} props */
export default function ActionSettings({ ws, action, path, refresh }) {
  const query = { workspace_id: ws };
  const edit = useEdit(action, { path, query, from: fromAction, body: settings, changed: (before, after, name) => (MERGED.includes(name) && merges(after) ? mergeOf(before, after) : after), draft: `action.${action.endpoint_id}`, done: async (saved) => { rememberSecret({ ...saved, id: saved.endpoint_id }); await refresh(); } });
  const { form } = edit;
  const admin = may('admin');
  return html`<div class="beside"><form onSubmit=${form.submit} novalidate>
      ${!admin && html`<${Notice}>${words.needsAdmin}<//>`}
      <fieldset class="plain-set" disabled=${!admin}><${ActionFields} form=${form} /></fieldset>
      ${admin && html`<${EditEnd} edit=${edit} from=${fromAction} save=${words.save} shown=${shownOf(form.problem)} />`}
    </form><${FormOf} text=${form.value.parameters} /></div>
    ${admin && html`<${Secret} action=${action} path=${path} query=${query} refresh=${refresh} />
    <div class="field side"><div><strong>${words.remove}</strong><p class="hint">${words.removeHint}</p></div><${Opens} class="button danger-text" label=${words.remove}>${(/** @type {() => void} */ close) => html`<${Confirm} danger type=${action.name} title=${words.removeTitle(action.name)} confirm=${words.remove} close=${close} run=${async () => { await remove(path, { query }); toast(words.removed); form.reset(); navigate(link('actions')); }}>${words.removeHint}<//>`}<//></div>`}`;
}

/** @param {{action: any, path: string, query: import('../api.js').Query, refresh: () => Promise<void>}} props */
function Secret({ action, path, query, refresh }) {
  const now = useClock(10_000);
  const until = Math.max(0, ...action.old_secrets.map((/** @type {any} */ s) => Date.parse(s.expires_at)));
  return html`<${Section} title=${words.secret} actions=${html`${until > now && html`<${Opens} class="button small" label=${words.endOverlap}>${(/** @type {() => void} */ close) => html`<${Confirm} title=${words.endTitle} confirm=${words.endOverlap} close=${close} run=${async () => { await post(`${path}/secret/end-overlap`, {}, { query }); toast(words.overlapEnded); await refresh(); }}>${words.endWords}<//>`}<//>`}
      <${Opens} class="button small" label=${words.rotate}>${(/** @type {() => void} */ close) => html`<${Rotate} path=${path} query=${query} close=${close} done=${refresh} />`}<//>`}>
    <p class="muted">${words.secretHint}</p>${until > now && html`<p class="below">${words.oldSigns(span(until - now))}</p>`}<//>`;
}

/** @param {{path: string, query: import('../api.js').Query, close: () => void, done: () => Promise<void>}} props */
function Rotate({ path, query, close, done }) {
  const form = useForm({ overlap: '86400' }, async (value) => {
    const rotated = await post(`${path}/secret/rotate`, { overlap_seconds: Number(value.overlap) }, { query });
    rememberSecret({ ...rotated, id: rotated.endpoint_id });
    toast(words.rotated);
    close();
    scrollTo(0, 0);
    await done();
  });
  return html`<${Dialog} title=${words.rotateTitle} close=${close}><form onSubmit=${form.submit}><p>${words.rotateWords}</p>
    <${SelectField} form=${form} name="overlap" pointer="/overlap_seconds" label=${words.overlap} options=${words.overlaps} /><${FormEnd} form=${form} save=${words.rotate} shown=${['/overlap_seconds']} cancel=${close} /></form><//>`;
}
