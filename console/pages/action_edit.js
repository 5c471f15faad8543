// How is an action made?
// Its settings, with the form that its parameters make beside them; the secret that signs its calls is shown once.
import { FormEnd, Page, html, link, may, navigate, post, useForm, Forbidden } from '../shell.js';
import { ActionFields, FormOf, shownOf } from '../actions/fields.js';
import { blank, creation } from '../actions/values.js';
import { rememberSecret } from '../endpoint/secret.js';
import { styles } from '../endpoint/styles.js';
import { write } from '../ui/raw_json.js';
import { sheet } from '../ui/sheet.js';
import { words } from '../messages/en/actions.js';

await Promise.all([styles, sheet(new URL('../actions/actions.css', import.meta.url))]);

/** @param {{ws: string}} props */
export default function ActionEdit({ ws }) {
  const form = useForm(blank(), async (value) => {
    const made = await post('/v1/actions', write({ workspace_id: ws, ...creation(value) }));
    rememberSecret({ ...made, id: made.endpoint_id });
    navigate(link('actions', made.name));
  }, { draft: `action.${ws}` });
  const crumbs = [[words.title, link('actions')]];
  if (!may('admin')) return html`<${Page} title=${words.newTitle} crumbs=${crumbs}><${Forbidden} scope="admin" /><//>`;
  return html`<${Page} title=${words.newTitle} crumbs=${crumbs}><div class="beside">
    <form onSubmit=${form.submit} novalidate>
      <${ActionFields} form=${form} isNew />
      <${FormEnd} form=${form} save=${words.create} shown=${shownOf(form.problem)} cancel=${() => { form.reset(); navigate(link('actions')); }} />
    </form>
    <${FormOf} text=${form.value.parameters} />
  </div><//>`;
}
