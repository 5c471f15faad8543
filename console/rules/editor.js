// What is being edited, what was saved, and what happens when it is saved?
// The editor's state: a draft with undo, kept in sessionStorage; saving under the revision that it began with.
import { Problem, call, messages, unsaved, useEffect, useMemo, useRef, useState } from '../shell.js';
import { empty, fromText, mistakes, newKey, settings, toText } from './draft.js';
import { toJson } from './filter.js';
import { push, redo, start, undo } from './history.js';
import { Raw, parseJson, stringify } from './json.js';

/**
 * @typedef {import('./draft.js').Draft} Draft
 * @typedef {{text: string, draft: Draft, revision: number}} Saved A rule as the server has it.
 * @typedef {object} Editor
 * @property {Draft} draft
 * @property {Saved | null} saved `null` for a rule that was never saved
 * @property {(next: Draft, field?: string | null) => void} set `field`: what is being typed in
 * @property {(members: Partial<Draft>, field?: string | null) => void} put
 * @property {() => void} undo
 * @property {() => void} redo
 * @property {boolean} canUndo
 * @property {boolean} canRedo
 * @property {boolean} isDirty
 * @property {boolean} isRestored whether the draft is from before a reload or a login
 * @property {() => void} discard
 * @property {boolean} isSaving
 * @property {Problem | null} problem the last refusal
 * @property {import('./draft.js').Mistake[]} errors what of it still stands: what was edited since is judged anew
 * @property {Saved | null} theirs what somebody else saved meanwhile
 * @property {(keep: 'mine' | 'theirs') => void} settle
 * @property {{current: {text: string} | null}} pending JSON that is typed and is no rule yet
 * @property {(words: string | null) => void} block nothing is saved while there are words why not
 * @property {(mode?: Draft['mode']) => Promise<any>} save gives the answer, or `null` if it was refused
 * @property {(members: {mode?: Draft['mode'], active?: boolean}) => Promise<boolean>} switchTo at once, without the rest; whether it was done
 */

/** @param {string} text an answer with a rule @returns {Saved} */
export function savedFrom(text) {
  const draft = fromText(text);
  if (!draft) throw new Error('the server sent a rule that the builder cannot show');
  return { text, draft, revision: JSON.parse(text).revision };
}

/**
 * @param {string} ws @param {string} id `''` for a new rule @param {Saved | null} loaded @param {Draft} [begun] what a new rule begins with
 * @returns {Editor}
 */
export function useEditor(ws, id, loaded, begun) {
  const store = `posthorn.draft.rule.${ws}.${id || 'new'}`;
  const [saved, setSaved] = useState(loaded);
  const kept = useRef(/** @type {{draft: Draft, revision: number} | null | undefined} */ (undefined));
  if (kept.current === undefined) kept.current = readKept(store);
  const before = saved?.draft ?? begun ?? empty();
  const first = useRef(before);
  const [history, setHistory] = useState(() => start(kept.current?.draft ?? before));
  const [revision, setRevision] = useState(kept.current?.revision ?? loaded?.revision ?? 0);
  const [isRestored, setRestored] = useState(Boolean(kept.current));
  const [isSaving, setSaving] = useState(false);
  const [refusal, setRefusal] = useState(/** @type {{problem: Problem, draft: Draft} | null} */ (null));
  const [theirs, setTheirs] = useState(/** @type {Saved | null} */ (null));
  const pending = useRef(/** @type {{text: string} | null} */ (null));
  const blocked = useRef(/** @type {string | null} */ (null));
  const draft = history.present;
  const base = saved?.draft ?? first.current;
  const setProblem = (/** @type {Problem | null} */ problem) => setRefusal(problem && { problem, draft });
  const errors = useMemo(() => (refusal?.problem.errors ?? []).filter((error) => stillStands(error.pointer, refusal?.draft ?? draft, draft)), [refusal, draft]);
  const problem = refusal && (refusal.problem.errors.length === 0 || errors.length > 0) ? refusal.problem : null;
  const isDirty = draft !== base && toText(draft) !== toText(base);

  useEffect(() => {
    if (isDirty) keep(store, draft, revision);
    else sessionStorage.removeItem(store);
  }, [draft, isDirty, revision]);
  // The draft outlives the page, so nothing is asked when it is left.
  useEffect(() => () => { unsaved.value = null; }, []);

  const set = (/** @type {Draft} */ next, /** @type {string | null} */ field = null) => setHistory((old) => push(old, next, field));
  const put = (/** @type {Partial<Draft>} */ members, /** @type {string | null} */ field = null) => setHistory((old) => push(old, { ...old.present, ...members }, field));

  /** @param {string} text */
  const takeOver = (text) => {
    const next = like(draft, savedFrom(text));
    setSaved(next);
    setRevision(next.revision);
    setHistory((old) => push(old, next.draft));
    setRestored(false);
    setTheirs(null);
    sessionStorage.removeItem(store);
  };

  /** @param {unknown} error */
  const refused = async (error) => {
    if (!(error instanceof Problem)) throw error;
    if (error.code !== 'precondition_failed' && error.code !== 'changed_meanwhile') return setProblem(error);
    setTheirs(savedFrom((await call('GET', `/v1/rules/${id}`)).text));
  };

  const save = async (mode = draft.mode) => {
    if (blocked.current) return setProblem(new Problem(422, { detail: blocked.current }, null)), null;
    const wrong = mistakes(draft);
    if (wrong.length > 0) return setProblem(new Problem(422, { title: messages.form.failed, errors: wrong }, null)), null;
    setSaving(true);
    setProblem(null);
    try {
      const body = id ? toText({ ...draft, mode }) : stringify({ workspace_id: ws, ...settings({ ...draft, mode }) });
      const answer = await call(id ? 'PATCH' : 'POST', id ? `/v1/rules/${id}` : '/v1/rules', { body, revision: id ? `"${revision}"` : undefined });
      takeOver(answer.text);
      return answer.data;
    } catch (error) {
      await refused(error);
      return null;
    } finally {
      setSaving(false);
    }
  };

  /** @param {{mode?: Draft['mode'], active?: boolean}} members */
  const switchTo = async (members) => {
    setSaving(true);
    setProblem(null);
    try {
      const { text } = await call('PATCH', `/v1/rules/${id}`, { body: members, revision: `"${revision}"` });
      const next = like(draft, savedFrom(text));
      setSaved(next);
      setRevision(next.revision);
      // It is done already: there is nothing to undo.
      setHistory((old) => ({ ...old, present: isDirty ? { ...old.present, ...members } : next.draft }));
      return true;
    } catch (error) {
      await refused(error);
      return false;
    } finally {
      setSaving(false);
    }
  };

  /** @param {'mine' | 'theirs'} which */
  const settle = (which) => {
    if (!theirs) return;
    setSaved(theirs);
    setRevision(theirs.revision);
    // Theirs is one step of the history: undo brings one's own back.
    if (which === 'theirs') setHistory((old) => push(old, theirs.draft));
    setTheirs(null);
  };

  /** Whether the rule is on, and live, is switched at once and no edit: undo does not bring it back. @param {import('./history.js').History<Draft>} at @returns {import('./history.js').History<Draft>} */
  const asItIs = (at) => (saved ? { ...at, present: { ...at.present, mode: saved.draft.mode, active: saved.draft.active } } : at);

  return {
    draft, saved, set, put, pending, block: (words) => { blocked.current = words; }, isDirty, isRestored, isSaving, problem, errors, theirs, settle, save, switchTo,
    undo: () => setHistory((old) => asItIs(undo(old))), redo: () => setHistory((old) => asItIs(redo(old))), canUndo: history.past.length > 0, canRedo: history.future.length > 0,
    discard: () => { pending.current = null; setHistory((old) => push(old, base)); setRestored(false); setProblem(null); setRevision(saved?.revision ?? 0); },
  };
}

/** Whether what a pointer leads to was not edited since. @param {string} pointer @param {Draft} before @param {Draft} now */
function stillStands(pointer, before, now) {
  const [, member, place] = pointer.split('/');
  const at = Number(place);
  if (member === 'name') return before.name === now.name;
  if (member === 'if') return before.filter === now.filter;
  if (member === 'when') return before.events === now.events && before.channels === now.channels;
  if (member === 'then') return place === undefined ? before.steps === now.steps : before.steps[at] === now.steps[at];
  if (member === 'examples') return before.filter === now.filter && before.examples[at] === now.examples[at];
  return true;
}

/** What was saved, with the nodes that are on the screen if their conditions are the same. @param {Draft} shown @param {Saved} saved @returns {Saved} */
function like(shown, saved) {
  const isSame = stringify(toJson(shown.filter)) === stringify(toJson(saved.draft.filter));
  return isSame ? { ...saved, draft: { ...saved.draft, filter: shown.filter } } : saved;
}

/** @param {string} store @param {Draft} draft @param {number} revision */
function keep(store, draft, revision) {
  // Templates are kept as they were typed, also while they are no JSON yet.
  const templates = draft.steps.map((step) => step.template);
  try {
    sessionStorage.setItem(store, stringify({ revision, templates, rule: new Raw(toText(draft)) }));
  } catch { /* the store is full: nothing is kept */ }
}

/** @param {string} store @returns {{draft: Draft, revision: number} | null} */
function readKept(store) {
  try {
    const text = sessionStorage.getItem(store);
    if (text === null) return null;
    const members = Object.fromEntries(parseJson(text).members ?? []);
    const draft = fromText(text.slice(members.rule.start, members.rule.end));
    if (!draft) return null;
    const kept = JSON.parse(text);
    const steps = draft.steps.map((step, place) => ({ ...step, key: step.id || newKey(), template: kept.templates?.[place] ?? step.template }));
    return { revision: kept.revision, draft: { ...draft, steps } };
  } catch {
    return null;
  }
}
