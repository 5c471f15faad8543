// How are settings of a workspace saved?
// Only what was changed, under the revision that was opened; after somebody else's save both versions are shown.
import { Notice, Problem, call, html, rememberNames, size, toast, useForm, useState } from '../shell.js';
import { words } from '../messages/en/settings.js';
import { BothVersions } from '../ui/both_versions.js';
import { withRevision } from '../ui/edit.js';
import { changed, sides } from './changes.js';

/**
 * @param {any} workspace @param {(workspace: any) => Record<string, any>} read to the members of the form
 * @param {(changes: Record<string, any>) => any} write from changed members to the body of a PATCH
 * @param {{draft: string, done?: (workspace: any) => void, wrong?: (changes: Record<string, any>) => import('../api.js').FieldError[]}} options `wrong`: what need not be sent to be refused
 */
export function useWorkspaceForm(workspace, read, write, { draft, done, wrong }) {
  const [base, setBase] = useState(workspace);
  const [theirs, setTheirs] = useState(/** @type {any} */ (null));
  const path = `/v1/workspaces/${workspace.id}`;
  const put = async (/** @type {any} */ value, /** @type {string} */ revision) => {
    const changes = changed(read(base), value);
    if (Object.keys(changes).length === 0) { toast(words.nothing); return; }
    const errors = wrong?.(changes) ?? [];
    if (errors.length > 0) throw new Problem(422, { errors }, null);
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
  // Of a draft that was kept, nothing else says that it is not in force.
  const [kept] = useState(form.dirty);
  const restored = kept && form.dirty && html`<div class="field"><${Notice} tone="warn" actions=${html`<button type="button" class="button small" onClick=${() => form.reset(read(base))}>${words.discard}</button>`}>${words.kept}<//></div>`;
  const take = () => { setBase(theirs); form.reset(read(theirs)); setTheirs(null); };
  const discard = form.dirty && html`<button type="button" class="button" onClick=${() => form.reset(read(base))}>${words.discard}</button>`;
  const conflict = theirs && html`<${BothVersions} rows=${sides(read(base), read(theirs), form.value).map((row) => ({ name: row.name, theirs: brief(row.theirs), mine: brief(row.mine) }))} keep=${() => put(form.value, theirs.revision).catch(() => {})} take=${take} />`;
  return { form: theirs ? { ...form, problem: null } : form, base, conflict, discard, restored };
}

/** As text; a logo is a long one. @param {any} value */
function brief(value) {
  if (value === undefined) return null;
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > 160 ? `${text.slice(0, 40)}… (${size(text.length)})` : text;
}
