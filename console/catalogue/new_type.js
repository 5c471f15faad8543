// How is an event type described?
// By hand, or from the draft of what was seen; the fields of the schema are shown while one types it.
import { FormEnd, Loading, Notice, Problem, TextField, call, get, html, link, navigate, post, route, toast, useForm, useLive, useRef } from '../shell.js';
import { memberText, parseJson, pretty } from '../ui/json_text.js';
import { indented, write } from '../ui/raw_json.js';
import { words } from '../messages/en/catalogue.js';
import { JsonField, Marks, Says, Words, describing, jsonOf, shownOf } from './type_form.js';

/** @param {{ws: string}} props */
export default function NewType({ ws }) {
  const from = route.value.query.get('from');
  const seen = useLive(from ? '/v1/event-types/seen' : null, { workspace_id: ws });
  if (from && seen.loading) return html`<${Loading} rows=${8} />`;
  const draft = from ? seen.data?.data.find((/** @type {any} */ t) => t.name === from) : null;
  return html`<${NewForm} key=${from ?? ''} ws=${ws} name=${from ?? ''} schema=${draft?.schema} />`;
}

/** @param {{ws: string, name: string, schema: any}} props */
function NewForm({ ws, name, schema }) {
  const groups = (useLive('/v1/event-types').data?.groups ?? []).map((/** @type {any} */ g) => g.name).filter(Boolean);
  const last = useRef(/** @type {any} */ (null));
  const start = { name, group: '', title: '', description: '', schema: indented(schema), example: '', deprecated: false, archived: false, hidden: false };
  const form = useForm(start, async (value) => {
    const made = await post('/v1/event-types', write({ name: value.name.trim(), ...describing(value), schema: jsonOf(value.schema) ?? undefined, example: jsonOf(value.example) ?? undefined }));
    toast(words.made);
    navigate(link('catalogue', made.name));
  }, { draft: `type.${name}` });
  const takeLast = async () => {
    try {
      const { data: [event] } = await get('/v1/events', { workspace_id: ws, event_type: name, limit: 1 });
      const text = event && !event.erased_at && memberText((await call('GET', `/v1/events/${event.id}`, { query: { workspace_id: ws }, text: true })).text, 'data');
      if (text) form.set({ example: pretty(parseJson(text)) }); else toast(words.noLast, { kind: 'failed' });
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      toast(error.message, { kind: 'failed' });
    }
  };
  return html`<div class="beside">
    <form onSubmit=${form.submit} novalidate>
      ${schema && html`<${Notice}>${words.fromSeen}<//>`}
      <${TextField} form=${form} name="name" label=${words.name} hint=${words.nameHint} class="mono" spellcheck=${false} autocapitalize="off" autofocus=${!name} required placeholder="invoice.paid" />
      <${Words} form=${form} groups=${groups} />
      <${JsonField} form=${form} name="schema" label=${words.schema} hint=${words.schemaHint} rows=${10} />
      <${JsonField} form=${form} name="example" label=${words.example} hint=${words.exampleHint} rows=${6} />
      ${schema && !form.value.example.trim() && html`<p class="below"><button type="button" class="plain" onClick=${takeLast}>${words.takeLast}</button></p>`}
      <${Marks} form=${form} />
      <${FormEnd} form=${form} save=${words.create} shown=${shownOf(form.problem)} cancel=${() => { form.reset(); navigate(link('catalogue')); }} />
    </form>
    <${Says} text=${form.value.schema} last=${last} />
  </div>`;
}
