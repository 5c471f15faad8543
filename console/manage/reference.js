// Which operations has the API?
// By noun, with a text to find one by; the chosen one stands in the address, so that a link opens it.
import { Icon, Loaded, html, link, route, setQuery, useEffect, useLive, useMemo, useRef, useState } from '../shell.js';
import { words } from '../messages/en/developers.js';
import { operationsOf } from './openapi.js';
import { OperationView } from './operation.js';

/** @param {{ws: string}} props */
export default function Reference({ ws }) {
  const live = useLive('/v1/openapi.json');
  return html`<${Loaded} of=${live} rows=${10}>${(/** @type {any} */ doc) => html`<${Read} doc=${doc} ws=${ws} />`}<//>`;
}

/** @param {{doc: any, ws: string}} props */
function Read({ doc, ws }) {
  const groups = useMemo(() => operationsOf(doc), [doc]);
  const [text, setText] = useState('');
  const chosen = route.value.query.get('op');
  const operation = groups.flatMap((g) => g.operations).find((op) => op.id === chosen);
  const wanted = text.trim().toLowerCase();
  const shown = groups.map((g) => ({ ...g, operations: g.operations.filter((op) => `${op.summary} ${op.method} ${op.path} ${g.noun}`.toLowerCase().includes(wanted)) })).filter((g) => g.operations.length > 0);
  const list = useRef(/** @type {HTMLElement|null} */ (null));
  useEffect(() => { list.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest' }); }, [chosen]);
  return html`<div class=${`reference ${operation ? 'has-operation' : ''}`}>
    <nav class="operations" aria-label=${words.reference} ref=${list}>
      <label class="text-filter"><${Icon} name="search" /><span class="hidden">${words.find}</span><input type="search" placeholder=${words.find} value=${text} spellcheck=${false} onInput=${(/** @type {any} */ e) => setText(e.target.value)} /></label>
      ${shown.length === 0 && html`<p class="muted pad">${words.none}</p>`}
      ${shown.map((g) => html`<div key=${g.noun} role="group" aria-label=${g.noun}><h3 title=${g.text}>${g.noun}</h3>${g.operations.map((op) => html`<a key=${op.id} href=${link('developers', '', { op: op.id })} aria-current=${op.id === chosen ? 'page' : undefined} title=${`${op.method} ${op.path}`}><span class=${`method ${op.method.toLowerCase()}`}>${op.method === 'DELETE' ? 'DEL' : op.method}</span><span>${op.summary}</span></a>`)}</div>`)}
    </nav>
    <div class="operation">${operation
    ? html`<p class="phone-back"><button type="button" class="plain" onClick=${() => setQuery({ op: null })}><${Icon} name="left" />${words.all}</button></p><${OperationView} key=${operation.id} doc=${doc} of=${operation} ws=${ws} />`
    : html`<div class="operation-none"><p>${words.intro(location.origin)}</p><p class="muted">${words.choose}</p><p><a href="/v1/openapi.json" target="_blank" rel="noopener">${words.document}<${Icon} name="external" /></a></p></div>`}</div>
  </div>`;
}
