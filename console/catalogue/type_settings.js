// How are the words and the states of an event type changed, and how does it go?
// Edit form: it shows both versions after a conflict. Deleting the type is here, too, with its consequences.
import { Confirm, Opens, html, link, navigate, part, remove, toast, useLive } from '../shell.js';
import { EditEnd, useEdit } from '../ui/edit.js';
import { indented } from '../ui/raw_json.js';
import { words } from '../messages/en/catalogue.js';
import { JsonField, Marks, Words, describing, jsonOf, shownOf } from './type_form.js';

/** @param {any} type */
const from = (type) => ({ name: type.name, group: type.group ?? '', title: type.title, description: type.description, schema: '', example: indented(type.example), deprecated: type.deprecated, archived: type.archived, hidden: type.hidden });
/** @param {any} value */
const body = (value) => ({ ...describing(value), example: jsonOf(value.example) });

/** @param {{type: any, refresh: () => Promise<void>}} props */
export default function TypeSettings({ type, refresh }) {
  const groups = (useLive('/v1/event-types').data?.groups ?? []).map((/** @type {any} */ g) => g.name).filter(Boolean);
  const edit = useEdit(type, { path: `/v1/event-types/${part(type.name)}`, from, body, draft: `type.${type.name}.edit`, done: refresh });
  const { form } = edit;
  return html`<form onSubmit=${form.submit} novalidate>
    <${Words} form=${form} groups=${groups} />
    <${JsonField} form=${form} name="example" label=${words.example} hint=${words.exampleHint} rows=${6} />
    <${Marks} form=${form} />
    <${EditEnd} edit=${edit} from=${from} save=${words.save} shown=${shownOf(form.problem)} />
    <div class="field side"><div><strong>${words.remove}</strong><p class="hint">${words.removeHint}</p></div>
      <${Opens} class="button danger-text" label=${words.remove}>${(/** @type {() => void} */ close) => html`<${Confirm} danger type=${type.name} title=${words.removeTitle(type.name)} confirm=${words.remove} close=${close} run=${async () => {
        await remove(`/v1/event-types/${part(type.name)}`);
        toast(words.removed);
        form.reset();
        navigate(link('catalogue'));
      }}>${words.removeHint}<//>`}<//></div>
  </form>`;
}

