// How is a thing changed that somebody else may change at the same time?
// Edit form with optimistic locking: it sends only the changes, with If-Match. A conflict shows both versions and keeps the draft.
import { FormEnd, call, html, messages, toast, useEffect, useForm, useState } from '../shell.js';
import { words } from '../messages/en/edit.js';
import { BothVersions } from './both_versions.js';
import { write } from './raw_json.js';

/** Keeps the revision beside the answer: `useLive(path, query, { read: withRevision })`. @param {import('../api.js').Answer} answer */
export const withRevision = ({ data, headers }) => ({ ...data, revision: headers.get('etag') });

/**
 * @typedef {object} Edit
 * @property {import('./form.js').Form} form
 * @property {any} base what was opened, or saved last
 * @property {any} theirs what somebody else saved meanwhile
 * @property {() => void} keep
 * @property {() => void} take
 * @property {(value: any) => Record<string, any>} body every member that the form names, as the API writes it
 */

/**
 * @param {any} thing with its `revision`
 * @param {object} how
 * @param {string} how.path
 * @param {import('../api.js').Query} [how.query]
 * @param {(thing: any) => any} how.from the form's values
 * @param {(value: any) => Record<string, any>} how.body the values as the API's members
 * @param {(before: any, after: any, name: string) => any} [how.changed] one member of the merge; its value if left out
 * @param {string} how.draft
 * @param {(saved: any) => any} how.done
 * @returns {Edit}
 */
export function useEdit(thing, { path, query, from, body, changed = (_, after) => after, draft, done }) {
  // What was opened counts, not what polling brings: else somebody else's change would be overwritten unseen.
  const [base, setBase] = useState(thing);
  const [theirs, setTheirs] = useState(/** @type {any} */ (null));
  const put = async (/** @type {any} */ value, /** @type {any} */ since, /** @type {string} */ revision) => {
    const [old, next] = [body(from(since)), body(value)];
    const names = Object.keys(next).filter((name) => write(old[name] ?? null) !== write(next[name] ?? null));
    if (names.length === 0) { toast(words.nothing); return; }
    try {
      const saved = withRevision(await call('PATCH', path, { query, revision, body: write(Object.fromEntries(names.map((name) => [name, changed(old[name], next[name], name) ?? null]))) }));
      setBase(saved);
      setTheirs(null);
      form.reset(from(saved));
      toast(words.saved);
      await done(saved);
    } catch (error) {
      if (!['precondition_failed', 'changed_meanwhile'].includes(/** @type {any} */ (error).code)) throw error;
      setTheirs(withRevision(await call('GET', path, { query })));
      throw error;
    }
  };
  const form = useForm(from(base), (value) => put(value, base, base.revision), { draft });
  // As long as nothing is typed, the form follows what others save.
  useEffect(() => { if (thing.revision !== base.revision && !form.dirty && !form.saving) { setBase(thing); form.reset(from(thing)); } }, [thing.revision]);
  const keep = () => { put(form.value, base, theirs.revision).catch(() => {}); };
  const take = () => { setBase(theirs); form.reset(from(theirs)); setTheirs(null); };
  return { form, base, theirs, keep, take, body: (/** @type {any} */ value) => body(value) };
}

/**
 * Both versions while there are two, and the buttons.
 * @param {{edit: Edit, from: (thing: any) => any, shown?: string[], save?: string, children?: any}} props `shown`: pointers that have a field
 */
export function EditEnd({ edit, from, shown, save = messages.form.save, children }) {
  const { form, theirs, base } = edit;
  if (theirs) return html`<${BothVersions} rows=${different(edit.body(from(base)), edit.body(from(theirs)), edit.body(form.value))} keep=${edit.keep} take=${edit.take} />`;
  return html`<div class=${`save-bar ${form.dirty ? 'dirty' : ''}`}><${FormEnd} form=${form} save=${save} shown=${shown}>
      ${form.dirty && html`<button type="button" class="button" onClick=${() => form.reset(from(base))}>${words.discard}</button>`}${children}<//></div>`;
}

/**
 * What they or you changed; null: as before. @param {Record<string, any>} before @param {Record<string, any>} theirs @param {Record<string, any>} mine
 * @returns {{name: string, theirs: string|null, mine: string|null}[]}
 */
function different(before, theirs, mine) {
  const side = (/** @type {any} */ value, /** @type {any} */ old) => (write(value ?? null) === write(old ?? null) ? null : write(value ?? null));
  return Object.keys(before).map((name) => ({ name, theirs: side(theirs[name], before[name]), mine: side(mine[name], before[name]) })).filter((row) => row.theirs !== null || row.mine !== null);
}
