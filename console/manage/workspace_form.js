// How are settings of a workspace saved?
// Only what was changed, under the revision that was opened; after somebody else's save both versions are shown.
import { Notice, call, html, rememberNames, size, toast, useForm, useState } from '../shell.js';
import { words } from '../messages/en/settings.js';
import { changed, sides } from './changes.js';

/** The workspace with the revision of its answer. @param {import('../api.js').Answer} answer */
export const withRevision = ({ data, headers }) => ({ ...data, revision: headers.get('etag') });

/**
 * @param {any} workspace @param {(workspace: any) => Record<string, any>} read to the members of the form
 * @param {(changes: Record<string, any>) => any} write from changed members to the body of a PATCH
 * @param {{draft: string, done?: (workspace: any) => void}} options
 */
export function useWorkspaceForm(workspace, read, write, { draft, done }) {
  const [base, setBase] = useState(workspace);
  const [theirs, setTheirs] = useState(/** @type {any} */ (null));
  const path = `/v1/workspaces/${workspace.id}`;
  const put = async (/** @type {any} */ value, /** @type {string} */ revision) => {
    const changes = changed(read(base), value);
    if (Object.keys(changes).length === 0) { toast(words.nothing); return; }
    try {
      const next = withRevision(await call('PATCH', path, { body: write(changes), revision }));
      toast(words.saved);
      rememberNames([next]);
      setBase(next);
      setTheirs(null);
      form.reset(read(next));
      done?.(next);
    } catch (error) {
      if (['precondition_failed', 'changed_meanwhile'].includes(/** @type {any} */ (error).code)) setTheirs(withRevision(await call('GET', path)));
      throw error;
    }
  };
  const form = useForm(read(base), (value) => put(value, base.revision), { draft });
  const take = () => { setBase(theirs); form.reset(read(theirs)); setTheirs(null); };
  const discard = form.dirty && html`<button type="button" class="button" onClick=${() => form.reset(read(base))}>${words.discard}</button>`;
  const conflict = theirs && html`<${Conflict} rows=${sides(read(base), read(theirs), form.value)} keep=${() => put(form.value, theirs.revision).catch(() => {})} take=${take} />`;
  return { form: theirs ? { ...form, problem: null } : form, base, conflict, discard };
}

/** A logo is a long text. @param {string} text */
const brief = (text) => (text.length > 160 ? `${text.slice(0, 40)}… (${size(text.length)})` : text);

/** @param {{rows: {name: string, theirs: any, mine: any}[], keep: () => void, take: () => void}} props */
const Conflict = ({ rows, keep, take }) => html`<div class="below" role="alert"><${Notice} tone="warn"><strong>${words.conflict}</strong>
  <table class="diff"><thead><tr><th scope="col">${words.setting}</th><th scope="col">${words.theirs}</th><th scope="col">${words.yours}</th></tr></thead>
    <tbody>${rows.map((row) => html`<tr key=${row.name}><th scope="row" class="mono">${row.name}</th>${[row.theirs, row.mine].map((value, n) => html`<td key=${n}>${value === undefined ? html`<span class="muted">${words.unchanged}</span>` : html`<code class="break">${brief(typeof value === 'string' ? value : JSON.stringify(value))}</code>`}</td>`)}</tr>`)}</tbody></table>
  <div class="row below"><button type="button" class="button primary" onClick=${keep}>${words.keepYours}</button><button type="button" class="button" onClick=${take}>${words.takeTheirs}</button></div><//></div>`;
