// How is an endpoint made?
// URL and types first, all else folded; beside it the exact request that the settings make, while one types.
import { Forbidden, FormEnd, Notice, Page, html, link, may, navigate, post, useForm, useState } from '../shell.js';
import { EndpointFields, shownPointers } from '../endpoint/fields.js';
import { PreviewPanel, firstType, usePreview, useSample, useTypes } from '../endpoint/preview.js';
import { rememberSecret } from '../endpoint/secret.js';
import { blank, creation, write } from '../endpoint/values.js';
import { styles } from '../endpoint/styles.js';
import { words } from '../messages/en/endpoint_form.js';

await styles;

/** @param {{ws: string}} props */
export default function EndpointNew({ ws }) {
  const form = useForm(blank(), async (value) => {
    const made = await post('/v1/webhook-endpoints', write({ workspace_id: ws, ...creation(value) }));
    rememberSecret(made);
    navigate(link('endpoints', made.id));
  }, { draft: `endpoint.${ws}`, secret: ['secret'] });
  const [restored] = useState(form.dirty);
  const known = useTypes(ws);
  const [type, setType] = useState('');
  const shownType = type || firstType(form.value.events, known.types);
  const sample = useSample(ws, shownType, known);
  const preview = usePreview(ws, form.value, sample);
  if (!may('webhooks')) return html`<${Page} title=${words.newTitle} crumbs=${[[words.endpoints, link('endpoints')]]}><${Forbidden} scope="webhooks" /><//>`;
  return html`<${Page} title=${words.newTitle} crumbs=${[[words.endpoints, link('endpoints')]]}>
    <div class="beside">
      <form onSubmit=${form.submit} novalidate>
        ${restored && form.dirty && html`<div class="field"><${Notice} actions=${html`<button type="button" class="button small" onClick=${() => form.reset()}>${words.anew}</button>`}>${words.restored}<//></div>`}
        <${EndpointFields} form=${form} known=${known} preview=${preview} sample=${sample} isNew />
        <${FormEnd} form=${form} save=${words.create} shown=${shownPointers(form.problem)} cancel=${() => { form.reset(); navigate(link('endpoints')); }} />
      </form>
      <${PreviewPanel} preview=${preview} sample=${sample} type=${shownType} types=${known.types.map((t) => t.name)} change=${setType} url=${form.value.url} />
    </div>
  <//>`;
}
