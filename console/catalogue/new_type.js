// How is an event type described?
// By hand, or from the draft of what was seen; the fields of the schema are shown while one types it.
import { FormEnd, Loading, Notice, TextField, html, link, navigate, post, route, toast, useForm, useLive, useRef } from '../shell.js';
import { indented, write } from '../ui/raw_json.js';
import { words } from '../messages/en/catalogue.js';
import { JsonField, Marks, Says, Words, describing, jsonOf, shownOf } from './type_form.js';

/** @param {{ws: string}} props */
export default function NewType({ ws }) {
  const from = route.value.query.get('from');
  const seen = useLive(from ? '/v1/event-types/seen' : null, { workspace_id: ws });
  if (from && seen.loading) return html`<${Loading} rows=${8} />`;
  const draft = from ? seen.data?.data.find((/** @type {any} */ t) => t.name === from) : null;
  return html`<${NewForm} key=${from ?? ''} name=${from ?? ''} schema=${draft?.schema} />`;
}

/** @param {{name: string, schema: any}} props */
function NewForm({ name, schema }) {
  const groups = (useLive('/v1/event-types').data?.groups ?? []).map((/** @type {any} */ g) => g.name).filter(Boolean);
  const last = useRef(/** @type {any} */ (null));
  const start = { name, group: '', title: '', description: '', schema: indented(schema), example: '', deprecated: false, archived: false, hidden: false };
  const form = useForm(start, async (value) => {
    const made = await post('/v1/event-types', write({ name: value.name.trim(), ...describing(value), schema: jsonOf(value.schema) ?? undefined, example: jsonOf(value.example) ?? undefined }));
    toast(words.made);
    navigate(link('catalogue', made.name));
  }, { draft: `type.${name}` });
  return html`<div class="beside">
    <form onSubmit=${form.submit} novalidate>
      ${schema && html`<${Notice}>${words.fromSeen}<//>`}
      <${TextField} form=${form} name="name" label=${words.name} hint=${words.nameHint} class="mono" spellcheck=${false} autocapitalize="off" autofocus=${!name} required placeholder="invoice.paid" />
      <${Words} form=${form} groups=${groups} />
      <${JsonField} form=${form} name="schema" label=${words.schema} hint=${words.schemaHint} rows=${10} />
      <${JsonField} form=${form} name="example" label=${words.example} hint=${words.exampleHint} rows=${6} />
      <${Marks} form=${form} />
      <${FormEnd} form=${form} save=${words.create} shown=${shownOf(form.problem)} cancel=${() => { form.reset(); navigate(link('catalogue')); }} />
    </form>
    <${Says} text=${form.value.schema} last=${last} />
  </div>`;
}
