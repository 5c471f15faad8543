// What does somebody who writes code against Posthorn need?
// The reference of the API with a way to try it, samples that verify signatures, and the doctor for refused ones.
import { Forbidden, Page, Tabs, currentTab, html, link, may, messages, route, shortId } from '../shell.js';
import { words } from '../messages/en/developers.js';
import { lazy } from '../rules/lazy.js';
import { styles } from '../manage/styles.js';

await styles;

const Reference = lazy(() => import('../manage/reference.js'), 'default');
const Samples = lazy(() => import('../manage/samples.js'), 'default');
const Doctor = lazy(() => import('../manage/doctor.js'), 'default');

/** @param {{ws: string}} props */
export default function Developers({ ws }) {
  const reads = may('webhooks:ro');
  if (route.value.app === 'portal') return html`<${Page} title=${words.doctor} crumbs=${wayBack()}>${reads ? html`<${Doctor} ws=${ws} />` : html`<${Forbidden} scope="webhooks:ro" />`}<//>`;
  const tab = currentTab('reference');
  const tabs = /** @type {[string, string][]} */ ([['reference', words.reference], ...(reads ? [['samples', words.samples], ['doctor', words.doctor]] : [])]);
  return html`<${Page} title=${tabs.find(([name]) => name === tab)?.[1] ?? words.title} heading=${words.title}>
    <${Tabs} label=${words.parts} tabs=${tabs} />
    ${tab === 'doctor' && reads ? html`<${Doctor} ws=${ws} />` : tab === 'samples' && reads ? html`<${Samples} ws=${ws} />` : html`<${Reference} ws=${ws} />`}
  <//>`;
}

/** The portal opens the doctor from a delivery or an endpoint; it does not stand among its pages. @returns {[string, string][]} */
function wayBack() {
  const { query } = route.value;
  const [delivery, endpoint] = [query.get('delivery'), query.get('endpoint')];
  if (delivery && may('deliveries:ro')) return [[messages.nav.deliveries, link('deliveries')], [shortId(delivery), link('deliveries', delivery)]];
  return [[messages.nav.endpoints, link('endpoints')], .../** @type {[string, string][]} */ (endpoint ? [[shortId(endpoint), link('endpoints', endpoint, { tab: 'verify' })]] : [])];
}
