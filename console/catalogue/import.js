// How do many event types come in at once?
// A file or a text; first what would change, type by type, then the import of exactly that document.
import { Failed, Fold, Notice, Problem, call, html, link, messages, navigate, number, toast, useId, useState } from '../shell.js';
import { CodeEditor } from '../ui/code_editor.js';
import { words } from '../messages/en/catalogue.js';

const MOST_BYTES = 1024 * 1024;
const DRAFT = 'posthorn.draft.import';

export default function Import() {
  const [text, setText] = useState(() => sessionStorage.getItem(DRAFT) ?? '');
  const [plan, setPlan] = useState(/** @type {any} */ (null));
  const [problem, setProblem] = useState(/** @type {Problem|null} */ (null));
  const [busy, setBusy] = useState(false);
  const type = (/** @type {string} */ next) => {
    setText(next);
    setPlan(null);
    setProblem(null);
    try { sessionStorage.setItem(DRAFT, next); } catch { /* too large to keep: the file is still there */ }
  };
  const send = async (/** @type {boolean} */ dry) => {
    setBusy(true);
    setProblem(null);
    try {
      const { data } = await call('POST', '/v1/event-types/import', { body: text, query: dry ? { dry_run: true } : {}, key: dry ? '' : undefined });
      if (dry) { setPlan(data); return; }
      toast(words.imported(data.added, data.changed));
      sessionStorage.removeItem(DRAFT);
      navigate(link('catalogue'));
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      setProblem(error);
      setPlan(null);
    } finally { setBusy(false); }
  };
  const todo = plan ? plan.added + plan.changed : 0;
  return html`<p class="muted prose-line">${words.importLead} ${words.starters}</p>
    <form onSubmit=${(/** @type {Event} */ e) => { e.preventDefault(); send(!plan || todo === 0); }}>
      <${File} read=${type} />
      <${CodeEditor} label=${words.document} value=${text} change=${type} errors=${problem?.errors ?? []} rows=${plan ? 8 : 18} />
      ${problem && problem.errors.length === 0 && html`<${Failed} problem=${problem} compact title=${problem.title} />`}
      <div class="form-end"><div class="row"><button class=${`button ${plan ? '' : 'primary'}`} type="button" disabled=${busy || !text.trim()} onClick=${() => send(true)}>${words.look}</button>
        ${todo > 0 && html`<button class="button primary" disabled=${busy}>${words.apply(todo)}</button>`}<a class="button" href=${link('catalogue')}>${messages.form.cancel}</a></div></div>
    </form>
    ${plan && html`<${Plan} plan=${plan} />`}`;
}

/** @param {{read: (text: string) => void}} props */
function File({ read }) {
  const id = useId();
  const [note, setNote] = useState(/** @type {string} */ (words.orPaste));
  const take = async (/** @type {any} */ event) => {
    const file = event.target.files[0];
    if (!file) return;
    if (file.size > MOST_BYTES) { setNote(words.tooLarge); return; }
    setNote(file.name);
    read(await file.text());
    event.target.value = '';
  };
  return html`<div class="file-row"><input id=${id} type="file" accept=".json,application/json" onChange=${take} /><label class="button" for=${id}>${words.file}</label><span class="cut">${note}</span></div>`;
}

/** @param {{plan: any}} props */
function Plan({ plan }) {
  const touched = plan.data.filter((/** @type {any} */ t) => t.effect !== 'untouched');
  return html`<dl class="figures import-figures">${['added', 'changed', 'untouched'].map((effect) => html`<div key=${effect}><dt>${words.effects[effect]}</dt><dd>${number(plan[effect])}</dd></div>`)}</dl>
    ${touched.length === 0 && html`<${Notice} tone="good">${words.nothingToDo}<//>`}
    <div>${touched.map((/** @type {any} */ t) => html`<${Fold} key=${t.name} label=${html`<span class="mono">${t.name}</span>`} note=${words.effects[t.effect]}><${Members} of=${t} /><//>`)}</div>`;
}

/** @param {{of: any}} props */
const Members = ({ of }) => html`<table class="schema-fields"><thead><tr><th scope="col">${words.member}</th>${of.before && html`<th scope="col">${words.was}</th>`}<th scope="col">${words.becomes}</th></tr></thead>
  <tbody>${Object.keys(of.after ?? {}).filter((name) => of.before || !empty(of.after[name])).map((name) => html`<tr key=${name}><th scope="row" class="mono">${name}</th>${of.before && html`<td>${shown(of.before[name])}</td>`}<td>${shown(of.after[name])}</td></tr>`)}</tbody></table>`;

/** @param {any} value */
const empty = (value) => value === null || value === '' || value === false || value === 0;
/** @param {any} value */
const shown = (value) => (value === undefined || value === null ? html`<span class="muted">–</span>` : html`<span dir="auto" class="break">${typeof value === 'string' ? value : JSON.stringify(value)}</span>`);
