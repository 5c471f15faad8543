// How are the fields of a schema shown?
// One row a field, indented under what holds it, folded where it is large; type, need, limits and meaning beside it.
import { Badge, Icon, html, useMemo, useState } from '../shell.js';
import { limits, words } from '../messages/en/catalogue.js';
import { fieldsOf } from './schema.js';

/** From so many fields on only the first level is open. */
const LONG = 60;

/** @param {{schema: any}} props */
export function FieldsTable({ schema }) {
  const fields = useMemo(() => fieldsOf(schema), [schema]);
  const [open, setOpen] = useState(/** @type {Record<string, boolean>} */ ({}));
  const isOpen = (/** @type {string} */ path) => open[path] ?? fields.length <= LONG;
  if (fields.length === 0) return html`<p class="muted">${words.noFields}</p>`;
  const nested = fields.some((f) => f.parent);
  const shown = [];
  let closed = Infinity;
  for (const field of fields) {
    if (field.depth > closed) continue;
    closed = field.parent && !isOpen(field.path) ? field.depth : Infinity;
    shown.push(field);
  }
  return html`<div class="fields-scroll" tabindex="0" role="region" aria-label=${words.fields}><table class="schema-fields"><thead><tr><th scope="col">${words.field}</th><th scope="col">${words.fieldType}</th><th scope="col">${words.meaning}</th></tr></thead>
    <tbody>${shown.map((f, n) => html`<tr key=${`${n} ${f.path}`} style=${{ '--in': `${f.depth * 18 + (nested ? 26 : 0)}px` }}>
      <th scope="row"><span class="field-name" style=${{ paddingInlineStart: `${f.depth * 18}px` }}>
        ${f.parent ? html`<button type="button" class="icon-button" aria-expanded=${isOpen(f.path) ? 'true' : 'false'} aria-label=${f.path} onClick=${() => setOpen({ ...open, [f.path]: !isOpen(f.path) })}><${Icon} name=${isOpen(f.path) ? 'down' : 'right'} /></button>` : nested && html`<span class="no-fold"></span>`}
        <bdi class="mono break" title=${f.path}>${f.name || '/'}</bdi></span></th>
      <td><span class="mono">${f.type}</span> <span class=${f.required ? 'need' : 'muted'}>${f.required ? words.required : words.optional}</span></td>
      <td>${f.deprecated && html`<${Badge} tone="warn">${words.deprecated}<//> `}<span dir="auto">${[f.title, f.description].filter(Boolean).join(': ')}</span>${f.limits.length > 0 && html`<span class="limits">${f.limits.map((l) => (limits[l.is] ?? String)(l.value)).join(' · ')}</span>`}${f.example !== undefined && html`<span class="limits">${words.example}: <code>${JSON.stringify(f.example)}</code></span>`}</td>
    </tr>`)}</tbody></table></div>
  ${fields.length >= 1000 && html`<p class="hint">${words.cutFields(fields.length)}</p>`}`;
}
