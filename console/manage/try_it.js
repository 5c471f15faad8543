// How is an operation tried out?
// Its parameters and body as a form; the answer with its time, as it came. What changes something is asked about first.
import { Confirm, Failed, Problem, call, html, useState } from '../shell.js';
import { words } from '../messages/en/developers.js';
import { CodeEditor } from '../ui/code_editor.js';
import { addressOf, missingOf } from './openapi.js';

/** @param {string} text */
function pretty(text) {
  try { return JSON.stringify(JSON.parse(text), null, 2); } catch { return text; }
}

/** @param {{of: import('./openapi.js').Operation, values: Record<string, string>, setValues: (values: any) => void, body: string, setBody: (text: string) => void}} props */
export function TryIt({ of: op, values, setValues, body, setBody }) {
  const [busy, setBusy] = useState(false);
  const [asks, setAsks] = useState(false);
  const [answer, setAnswer] = useState(/** @type {any} */ (null));
  const missing = missingOf(op, values);
  const send = async () => {
    if (busy) return;
    setBusy(true);
    const begun = performance.now();
    const took = () => Math.round(performance.now() - begun);
    try {
      const made = await call(op.method, addressOf(op, values), { body: op.body ? body : undefined, text: true });
      setAnswer({ status: made.status, text: made.text, ms: took() });
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      setAnswer({ problem, ms: took() });
    } finally { setBusy(false); }
  };
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    if (missing.length > 0) setAnswer({ missing });
    else if (op.method === 'GET') send();
    else setAsks(true);
  };
  const params = op.params.filter((p) => p.in !== 'header');
  return html`<form class="try" onSubmit=${submit} novalidate>
    ${params.length > 0 && html`<div class="try-params">${params.map((p) => html`<label key=${p.name}><span class="mono">${p.name}</span><input type="text" class="mono" autocomplete="off" spellcheck=${false} aria-invalid=${answer?.missing?.includes(p.name) ? 'true' : undefined} value=${values[p.name] ?? ''} onInput=${(/** @type {any} */ e) => setValues({ ...values, [p.name]: e.target.value.trim() })} /></label>`)}</div>`}
    ${op.body && html`<${CodeEditor} label=${words.body} value=${body} change=${setBody} rows=${Math.min(14, body.split('\n').length + 1)} errors=${answer?.problem?.errors ?? []} />`}
    <div class="row below"><button class="button primary" aria-disabled=${busy ? 'true' : undefined}>${busy ? words.sending : words.send}</button>${answer?.status && html`<span class="good-text" role="status">${words.took(answer.status, answer.ms, new Blob([answer.text]).size)}</span>`}</div>
    ${answer?.missing && html`<p class="error" role="alert">${words.missing(answer.missing.join(', '))}</p>`}
    ${answer?.problem && html`<${Failed} compact problem=${answer.problem} title=${`${answer.problem.status || ''} ${answer.problem.title}`} />`}
    ${answer?.status && html`<pre class="code wrap answer" tabindex="0" aria-label=${words.answer}>${answer.text ? pretty(answer.text).slice(0, 200_000) : words.empty}</pre>`}
    ${asks && html`<${Confirm} danger=${op.method === 'DELETE'} title=${words.askTitle(op.summary)} confirm=${words.send} close=${() => setAsks(false)} run=${send}><p>${words.askWords}</p><p class="mono break">${op.method} ${addressOf(op, values)}</p><//>`}
  </form>`;
}
