// How does one's own code verify a signature?
// Samples in seven languages with the values of an endpoint that one chooses.
import { Empty, Field, Loaded, May, endpointName, html, link, route, setQuery, useLive } from '../shell.js';
import { words } from '../messages/en/developers.js';
import { secretOf } from '../endpoint/secret.js';
import { Samples as View } from '../endpoint/samples_view.js';
import { styles } from '../endpoint/styles.js';

await styles;

/** @param {{ws: string}} props */
export default function Samples({ ws }) {
  const live = useLive('/v1/webhook-endpoints', { workspace_id: ws, limit: 250 });
  return html`<${Loaded} of=${live}>${(/** @type {any} */ page) => {
    const endpoints = page.data.filter((/** @type {any} */ e) => e.signature.profile !== 'none');
    if (endpoints.length === 0) return html`<${Empty} title=${words.noEndpoint} actions=${html`<${May} scope="webhooks"><a class="button primary" href=${link('endpoints', 'new')}>${words.newEndpoint}</a><//>`}>${words.noEndpointHint}<//>`;
    const chosen = endpoints.find((/** @type {any} */ e) => e.id === route.value.query.get('endpoint')) ?? endpoints[0];
    return html`<${Field} label=${words.endpoint} hint=${words.endpointHint}>${(/** @type {any} */ a) => html`<select ...${a} value=${chosen.id} onChange=${(/** @type {any} */ e) => setQuery({ endpoint: e.target.value }, { replace: true })}>${endpoints.map((/** @type {any} */ e) => html`<option key=${e.id} value=${e.id}>${endpointName(e).slice(0, 80)}</option>`)}</select>`}<//>
      <div class="samples-of"><${View} key=${chosen.id} endpoint=${chosen} secret=${secretOf(chosen.id)} /></div>`;
  }}<//>`;
}
