// What does one operation take, what does it answer, and how is it called?
// Its scope, parameters and fields as tables, an example, the refusals, curl, and a form that really calls it.
import { Copy, Fold, Section, html, useState } from '../shell.js';
import { words } from '../messages/en/developers.js';
import { curlOf, exampleOf, fieldsOf, follow, typeOf } from './openapi.js';
import { TryIt } from './try_it.js';

/** @param {{doc: any, of: import('./openapi.js').Operation, ws: string}} props */
export function OperationView({ doc, of: op, ws }) {
  const [values, setValues] = useState(/** @type {Record<string, string>} */ (Object.fromEntries(op.params.filter((p) => p.name === 'workspace_id' || p.name === 'workspace').map((p) => [p.name, ws]))));
  const [body, setBody] = useState(() => exampleOf(op, ws));
  const params = op.params.filter((p) => p.in !== 'header');
  const fine = op.answers.find(([status]) => status.startsWith('2'));
  const answer = fine?.[1].content?.['application/json'];
  const refusals = op.answers.filter(([status]) => Number(status) >= 400);
  const curl = curlOf(op, location.origin, values, body);
  return html`
    <h2 class="operation-title">${op.summary}</h2>
    <p class="operation-line"><span class=${`method ${op.method.toLowerCase()}`}>${op.method}</span><code class="break">${op.path}</code></p>
    <${Prose} text=${op.text} />
    <p class="muted scope-of">${words.scope}: ${op.scopes === null ? words.openToAll : op.scopes.length === 0 ? words.noScope : op.scopes.map((scope) => html`<code key=${scope}>${scope}</code> `)}</p>
    <div class="with-copy"><pre class="code wrap" tabindex="0" aria-label=${words.curl}>${curl}</pre><${Copy} text=${curl} /></div>
    ${params.length > 0 && html`<${Section} title=${words.params}><${Fields} doc=${doc} rows=${params.map((p) => ({ name: p.name, depth: 0, type: typeOf(doc, p.schema), required: p.required, text: p.description ?? '', schema: follow(doc, p.schema), place: words.answers[p.in] }))} /><//>`}
    ${op.body && html`<${Section} title=${words.body}><${Fields} doc=${doc} rows=${fieldsOf(doc, op.body.schema)} /><//>`}
    <${Section} title=${words.tryIt} note=${words.tryHint}><${TryIt} of=${op} values=${values} setValues=${setValues} body=${body} setBody=${setBody} /><//>
    ${fine && html`<${Section} title=${words.fine(fine[0])}><p class="muted">${fine[1].description}</p>${answer ? html`<${Fields} answer doc=${doc} rows=${fieldsOf(doc, answer.schema)} />
      ${answer.example !== undefined && html`<${Fold} label=${words.example}><div class="with-copy"><pre class="code wrap" tabindex="0">${pretty(answer.example)}</pre><${Copy} text=${pretty(answer.example)} /></div><//>`}` : html`<p class="muted">${words.nothing}</p>`}<//>`}
    ${refusals.length > 0 && html`<${Section} title=${words.errors}><ul class="refusals">${refusals.map(([status, refusal]) => html`<li key=${status}><span class="mono">${status}</span><${Prose} text=${refusal.description ?? ''} /></li>`)}</ul><//>`}`;
}

/** @param {any} value */
const pretty = (value) => (typeof value === 'string' ? value : JSON.stringify(value, null, 2));

/** @param {{doc: any, rows: any[], answer?: boolean}} props */
const Fields = ({ rows, answer }) => html`<table class="fields"><thead><tr><th scope="col">${words.field}</th><th scope="col">${words.meaning}</th></tr></thead><tbody>${rows.map((row) => html`<tr key=${row.name}>
  <th scope="row" style=${{ paddingInlineStart: `${row.depth * 16}px` }}><code class="break" title=${row.name}>${row.depth ? row.name.slice(row.name.lastIndexOf('.') + 1) : row.name}</code><span class="muted field-type">${[row.type, row.place, row.required && !answer && words.required].filter(Boolean).join(' · ')}</span></th>
  <td><${Prose} text=${row.text} />${bounds(row.schema)}</td></tr>`)}</tbody></table>`;

/** What a value may be. @param {any} s */
function bounds(s) {
  const b = words.bounds;
  const values = s.enum ?? s.items?.enum;
  const said = [
    s.minimum !== undefined && b.min(s.minimum), s.maximum !== undefined && s.maximum < 1e15 && b.max(s.maximum), s.minItems !== undefined && b.minItems(s.minItems), s.maxItems !== undefined && b.maxItems(s.maxItems),
    s.maxLength !== undefined && b.maxLength(s.maxLength), s.default !== undefined && s.default !== null && b.default(JSON.stringify(s.default)),
  ].filter(Boolean);
  return html`${said.length > 0 && html`<p class="muted">${said.join(' · ')}</p>`}${values && html`<p class="muted">${b.one} ${values.map((/** @type {any} */ v, /** @type {number} */ n) => html`${n > 0 && ' '}<code key=${v}>${String(v)}</code>`)}</p>`}`;
}

/** Paragraphs, and code between backticks. @param {{text: string}} props */
export const Prose = ({ text }) => (text ? html`<div class="prose-line">${text.split(/\n{2,}/).map((paragraph, n) => html`<p key=${n}>${paragraph.split('`').map((part, at) => (at % 2 ? html`<code key=${at}>${part}</code>` : part))}</p>`)}</div>` : null);
