// Which event is an endpoint tested with?
// One of a type that it gets, with the catalogue's example as payload, until something else is typed; sent at once, and its answer shown.
import { Dialog, Failed, Field, Problem, call, html, messages, part, post, useEffect, useState } from '../shell.js';
import { words } from '../messages/en/endpoint.js';
import { CodeEditor } from '../ui/code_editor.js';
import { memberText, parseJson, pretty } from '../ui/json_text.js';
import { Exchange } from './exchange.js';
import { firstType, useTypes } from './preview.js';
import { covers } from './types.js';
import { Raw, write } from './values.js';

/** What the API takes if no type is given. Other types of the product's own may not be sent. */
const DEFAULT = 'posthorn.test';

/** @param {{endpoint: any, close: () => void}} props */
export function TestDialog({ endpoint, close }) {
  const known = useTypes(endpoint.workspace_id);
  const [typed, setType] = useState(/** @type {string|null} */ (null));
  const [written, setData] = useState(/** @type {string|null} */ (null));
  const [busy, setBusy] = useState(false);
  const [delivery, setDelivery] = useState(/** @type {any} */ (null));
  const [problem, setProblem] = useState(/** @type {Problem|null} */ (null));
  const type = typed ?? (known.ready ? typeFor(endpoint.events, known.types) : '');
  const example = useExample(type.trim(), known.types);
  const data = written ?? example ?? '';
  // What is pressed before the fields are filled in waits for them: they say what is sent.
  const [asked, setAsked] = useState(false);
  const ready = known.ready && (written !== null || example !== null);
  const submit = (/** @type {Event} */ event) => { event.preventDefault(); setAsked(true); };
  useEffect(() => { if (asked && ready && !busy) { setAsked(false); send(); } }, [asked, ready, busy]);
  const send = async () => {
    setBusy(true);
    setProblem(null);
    try {
      setDelivery(await post(`/v1/webhook-endpoints/${endpoint.id}/test`, write({ type: type.trim() || undefined, data: data.trim() ? new Raw(data.trim()) : undefined })));
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      setProblem(error);
    } finally { setBusy(false); }
  };
  const offered = known.types.map((t) => t.name).filter((name) => endpoint.events.length === 0 || endpoint.events.some((/** @type {string} */ e) => covers(e, name)));
  return html`<${Dialog} wide title=${words.testTitle} close=${close}>
    <form onSubmit=${submit}>
      <p class="muted">${words.testHint} ${!endpoint.active && words.testAlso}</p>
      <datalist id="test-types">${[...offered, DEFAULT].map((name) => html`<option key=${name} value=${name} />`)}</datalist>
      <${Field} label=${words.type} error=${problem?.at('/type')} optional>${(/** @type {any} */ a) => html`<input ...${a} class="mono" type="text" list="test-types" placeholder=${DEFAULT} value=${type} spellcheck=${false} autocomplete="off" onInput=${(/** @type {any} */ e) => setType(e.target.value)} />`}<//>
      <${Field} label=${words.payload} hint=${example && data === example ? words.payloadExample : words.payloadHint} optional>${() => html`<${CodeEditor} label=${words.payload} value=${data} change=${setData} rows=${8} errors=${(problem?.errors ?? []).filter((e) => e.pointer.startsWith('/data'))} strip="/data" />`}<//>
      ${problem && html`<${Failed} problem=${problem} compact />`}
      <div class="row end"><button type="button" class="button" onClick=${close}>${messages.form.close}</button><button class="button primary" aria-disabled=${busy || asked ? 'true' : undefined}>${busy || asked ? words.sending : delivery ? words.sendAgain : words.sendTest}</button></div>
    </form>
    ${delivery && html`<${Exchange} key=${delivery.id} delivery=${delivery} url=${endpoint.url} />`}
  <//>`;
}

/** An event type that the endpoint subscribes to and that a caller may send; empty if no such type is known. @param {string[]} events @param {import('./types.js').KnownType[]} types */
function typeFor(events, types) {
  const sendable = events.filter((e) => !e.startsWith('posthorn.'));
  return (events.length === 0 ? types.length : sendable.length) ? firstType(sendable, types) : '';
}

/**
 * The catalogue's example of the type, with every digit of its numbers. No payload that was sent: it may be another
 * customer's. Null while it loads. @param {string} type @param {import('./types.js').KnownType[]} types
 */
function useExample(type, types) {
  const [loaded, setLoaded] = useState({ of: '', text: '' });
  const described = types.some((t) => t.name === type && t.described);
  useEffect(() => {
    if (!described) return;
    let over = false;
    call('GET', `/v1/event-types/${part(type)}`, { text: true }).then((answer) => memberText(answer.text, 'example'), () => null)
      .then((found) => { if (!over) setLoaded({ of: type, text: found && found !== 'null' ? pretty(parseJson(found)) : '' }); });
    return () => { over = true; };
  }, [type, described]);
  if (!described) return '';
  return loaded.of === type ? loaded.text : null;
}
