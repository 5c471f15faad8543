// What does one rule do, and how is it changed?
// The builder, its JSON, and when it fired; saving, watching, live, and what somebody else saved meanwhile.
import { Badge, Confirm, Failed, Icon, Loading, Notice, Opens, Page, Problem, Status, Switch, Tabs, call, currentTab, endpointName, html, link, may, navigate, remove, signal, toast, useEffect, useEndpoints, useKeys, useState } from '../shell.js';
import { texts } from '../messages/en/rules.js';
import { Builder } from '../rules/builder.js';
import { savedFrom, useEditor } from '../rules/editor.js';
import { lazy } from '../rules/lazy.js';
import { sentence } from '../rules/sentence.js';
import { styles } from '../rules/styles.js';

await styles;

const Firings = lazy(() => import('../rules/firings.js'), 'Firings');
const Conflict = lazy(() => import('../rules/conflict.js'), 'Conflict');
const Secrets = lazy(() => import('../rules/secrets.js'), 'Secrets');

/** The secrets of steps that were just made: shown once, on the page of the rule. */
const made = signal(/** @type {Record<string, string> | null} */ (null));

/** @param {{ws: string, id: string}} props */
export default function Rule({ ws, id }) {
  const ruleId = id === 'new' ? '' : id;
  const [loaded, setLoaded] = useState(/** @type {import('../rules/editor.js').Saved | Problem | null} */ (null));
  const load = async () => {
    setLoaded(null);
    try {
      setLoaded(savedFrom((await call('GET', `/v1/rules/${ruleId}`)).text));
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      setLoaded(error);
    }
  };
  useEffect(() => { if (ruleId) load(); }, [ruleId]);
  const crumbs = /** @type {[string, string][]} */ ([[texts.title, link('rules')]]);
  if (loaded instanceof Problem) return html`<${Page} title=${texts.rule} crumbs=${crumbs}><${Failed} problem=${loaded} retry=${load} /><//>`;
  if (ruleId && !loaded) return html`<${Page} title=${texts.rule} crumbs=${crumbs}><${Loading} rows=${8} /><//>`;
  return html`<${Edit} ws=${ws} ruleId=${ruleId} loaded=${loaded} crumbs=${crumbs} />`;
}

/** @param {{ws: string, ruleId: string, loaded: any, crumbs: [string, string][]}} props */
function Edit({ ws, ruleId, loaded, crumbs }) {
  const editor = useEditor(ws, ruleId, loaded);
  const { draft, saved, isDirty, isSaving, problem, errors } = editor;
  const endpoints = useEndpoints(ws);
  const nameOf = (/** @type {string} */ id) => (endpoints.get(id) ? endpointName(endpoints.get(id)) : id);
  const readOnly = !may('rules');
  const tab = currentTab('builder');
  const undo = (/** @type {KeyboardEvent | undefined} */ event) => (event?.shiftKey ? editor.redo() : editor.undo());
  useKeys(readOnly ? {} : { 'mod+z': [texts.undoKey, undo], 'mod+y': [texts.redoKey, editor.redo], 'mod+s': [texts.saveKey, () => { if (isDirty || !ruleId) save(); }] });
  const save = async (/** @type {'live' | 'watch'} */ mode = draft.mode) => {
    const answer = await editor.save(mode);
    if (!answer) return;
    if (Object.keys(answer.secrets ?? {}).length > 0) made.value = answer.secrets;
    toast(answer.mode === 'live' ? texts.savedLive : texts.savedWatching);
    if (!ruleId) navigate(link('rules', answer.id), { replace: true });
  };
  const switchTo = async (/** @type {Parameters<typeof editor.switchTo>[0]} */ members) => {
    const word = members.active === undefined ? texts.switched[members.mode ?? 'watch'] : texts.switched[String(members.active)];
    if (await editor.switchTo(members)) toast(word);
  };
  const [asksOff, setAsksOff] = useState(false);
  const state = !saved ? null : !saved.draft.active ? 'off' : saved.draft.mode === 'live' ? 'live' : 'watching';
  const buttons = readOnly ? null : html`
    <span class="row tight"><button type="button" class="icon-button" aria-label=${texts.undoKey} title=${texts.undoKey} disabled=${!editor.canUndo} onClick=${() => editor.undo()}><${Icon} name="undo" /></button>
    <button type="button" class="icon-button" aria-label=${texts.redoKey} title=${texts.redoKey} disabled=${!editor.canRedo} onClick=${editor.redo}><${Icon} name="redo" /></button></span>
    ${saved && html`<label class="row tight"><${Switch} on=${saved.draft.active} busy=${isSaving} label=${texts.switchOf(saved.draft.name)} change=${(/** @type {boolean} */ active) => (!active && saved.draft.mode === 'live' ? setAsksOff(true) : switchTo({ active }))} /></label>
      ${asksOff && html`<${Confirm} title=${texts.offTitle(saved.draft.name)} confirm=${texts.switchOff} close=${() => setAsksOff(false)} run=${() => switchTo({ active: false })}><p>${texts.offWords}</p><//>`}
      ${saved.draft.mode === 'watch' ? html`<button type="button" class=${`button ${isDirty ? '' : 'primary'}`} disabled=${isSaving} onClick=${() => (isDirty ? save('live') : switchTo({ mode: 'live' }))}>${isDirty ? texts.saveLive : texts.setLive}</button>`
    : html`<button type="button" class="button" disabled=${isSaving} onClick=${() => switchTo({ mode: 'watch' })}>${texts.setWatch}</button>`}
      <button type="button" class=${`button ${isDirty ? 'primary' : ''}`} disabled=${!isDirty || isSaving} onClick=${() => save()}>${isSaving ? texts.saving : texts.save}</button>
      <${Opens} label=${texts.delete} class="button danger-text">${(/** @type {() => void} */ close) => html`<${Confirm} danger title=${texts.deleteTitle(saved.draft.name)} confirm=${texts.delete} close=${close} run=${async () => { await remove(`/v1/rules/${ruleId}`); toast(texts.deleted); navigate(link('rules')); }}><p>${texts.deleteHint}</p><//>`}<//>`}
    ${!saved && html`<button type="button" class="button" disabled=${isSaving} onClick=${() => save('live')}>${texts.createLive}</button><button type="button" class="button primary" disabled=${isSaving} onClick=${() => save('watch')}>${isSaving ? texts.saving : texts.createWatch}</button>`}`;
  const shown = sentence(draft, nameOf);
  return html`<div class="rules-page"><${Page} title=${draft.name || texts.newRule} crumbs=${crumbs} heading=${html`<${Name} editor=${editor} readOnly=${readOnly} state=${state} />`} actions=${buttons}>
    <p class="sentence r-lead-sentence" id="rule-sentence" aria-live="off">${shown.map(({ text, as }, place) => (as === 'text' ? text : html`<bdi key=${place} class=${as}>${text}</bdi>`))}</p>
    ${problem && html`<${Notice} tone="bad">${texts.notSaved} ${general(problem, errors)} ${problem.request_id && html`<span class="mono muted">${problem.request_id}</span>`}<//>`}
    ${editor.isRestored && isDirty && html`<${Notice} actions=${html`<button type="button" class="button small" onClick=${editor.discard}>${texts.discard}</button>`}>${texts.restored}<//>`}
    ${saved && html`<${Tabs} label=${texts.parts} tabs=${[['builder', texts.builder], ['json', texts.json], ...(may('events:ro') ? [['firings', texts.firingsTab]] : [])]} />`}
    ${!saved && html`<${Tabs} label=${texts.parts} tabs=${[['builder', texts.builder], ['json', texts.json]]} />`}
    ${tab === 'firings' && ruleId && saved ? html`<${Firings} ruleId=${ruleId} steps=${draft.steps} saved=${saved.draft} />`
    : html`<${Builder} view=${tab} editor=${editor} ws=${ws} ruleId=${ruleId} readOnly=${readOnly} endpoints=${[...endpoints.values()].filter((each) => !each.rule_id).map((each) => ({ id: each.id, name: endpointName(each) }))} />`}
    ${editor.theirs && html`<${Conflict} editor=${editor} nameOf=${nameOf} />`}
    ${made.value && html`<${Secrets} of=${made.value} close=${() => { made.value = null; }} />`}
  <//></div>`;
}

/** What was refused and has no place of its own. @param {Problem} problem @param {{pointer: string, detail: string}[]} errors */
function general(problem, errors) {
  const rest = errors.filter(({ pointer }) => !/^\/(then|if|examples|when|name)/.test(pointer));
  return problem.errors.length === 0 ? problem.message : rest.length > 0 ? rest.map(({ pointer, detail }) => `${pointer} ${detail}`).join('; ') : texts.seeBelow(errors.length);
}

/** The name, as a field in the place of the title. @param {{editor: import('../rules/editor.js').Editor, readOnly: boolean, state: string | null}} props */
function Name({ editor, readOnly, state }) {
  const { draft, errors, put } = editor;
  const wrong = errors.find(({ pointer }) => pointer === '/name')?.detail;
  return html`<span class="r-rule-title"><input type="text" class="r-name-input" aria-label=${texts.name} aria-invalid=${wrong ? 'true' : undefined} aria-describedby="rule-sentence" placeholder=${texts.namePlaceholder} disabled=${readOnly} value=${draft.name} onInput=${(/** @type {any} */ e) => put({ name: e.target.value }, 'name')} />
    ${state && html`<${Status} of=${state} />`}${editor.isDirty && editor.saved && html`<span class="row tight"><${Badge}>${texts.unsaved}<//><button type="button" class="plain r-discard" onClick=${editor.discard}>${texts.discardEdits}</button></span>`}
    ${wrong && html`<span class="error"><${Icon} name="warn" />${wrong}</span>`}</span>`;
}

