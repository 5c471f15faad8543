// What is one endpoint, and what can be done with it?
// Its state in words, four parts by tabs, and test, preview, pause; a deleted one says when, and where its past is.
import { Failed, Loading, May, Notice, Page, State, Tabs, currentTab, endpointName, html, link, may, relative, useClock, useEffect, useLive, useState } from '../shell.js';
import { PauseOrSwitchOn, Preview, SendTest } from '../endpoint/actions.js';
import { readEndpoint } from '../endpoint/read.js';
import { ShownSecret } from '../endpoint/secret.js';
import { isNew } from '../endpoint/state.js';
import { StateLine } from '../endpoint/state_line.js';
import { styles } from '../endpoint/styles.js';
import { words } from '../messages/en/endpoint.js';

await styles;

/** Each tab's file is loaded when it is first opened. @type {Record<string, () => Promise<any>>} */
const FILES = {
  overview: () => import('../endpoint/overview.js'), deliveries: () => import('../endpoint/deliveries.js'),
  settings: () => import('../endpoint/settings.js'), verify: () => import('../endpoint/verify.js'),
};
/** @type {Record<string, any>} */
const loaded = {};

/** @param {{ws: string, id: string}} props */
export default function Endpoint({ ws, id }) {
  const live = useLive(`/v1/webhook-endpoints/${encodeURIComponent(id)}`, { workspace_id: ws }, { every: 5000, read: readEndpoint });
  const endpoint = live.data;
  const tabs = [['overview', words.overview], ...(may('deliveries:ro') ? [['deliveries', words.deliveries]] : []), ...(endpoint?.rule_id ? [] : [['settings', words.settings]]), ['verify', words.verify]];
  const asked = currentTab('overview');
  const tab = tabs.some(([name]) => name === asked) ? asked : 'overview';
  // The overview shows them, and the head of each part whether anything was sent to a new one.
  const counts = endpoint && may('deliveries:ro') && (tab === 'overview' || isNew(endpoint, Date.now()));
  const figures = useLive(counts ? `/v1/webhook-endpoints/${endpoint.id}/statistics` : null, {}, { every: 30_000 });
  const changed = () => { live.refresh(); figures.refresh(); };
  if (live.error) return html`<${Page} title=${words.endpoint} crumbs=${[[words.endpoints, link('endpoints')]]}><${Gone} ws=${ws} id=${id} live=${live} /><//>`;
  if (!endpoint) return html`<${Page} title=${words.endpoint} crumbs=${[[words.endpoints, link('endpoints')]]}><${Loading} rows=${8} /><//>`;
  return html`<${Page} title=${endpointName(endpoint)} heading=${html`<bdi>${endpointName(endpoint)}</bdi>`} crumbs=${[[words.endpoints, link('endpoints')]]} note=${html`<${StateLine} endpoint=${endpoint} figures=${figures.data} />`}
    actions=${html`<${Preview} endpoint=${endpoint} /><${May} scope="webhooks">${!endpoint.rule_id && html`<${PauseOrSwitchOn} endpoint=${endpoint} done=${changed} />`}<${SendTest} endpoint=${endpoint} done=${changed} /><//>`}>
    <${Tabs} label=${words.parts} tabs=${tabs} />
    ${endpoint.rule_id && html`<${Notice} actions=${may('rules:ro') && html`<a class="button small" href=${link('rules', endpoint.rule_id)}>${words.openRule}</a>`}>${words.ofRule}<//>`}
    <${ShownSecret} id=${endpoint.id}>${tab !== 'verify' && html`<a class="button" href=${link('endpoints', endpoint.id, { tab: 'verify' })}>${words.nextVerify}</a>`}<//>
    <${Part} key=${tab} name=${tab} ws=${ws} endpoint=${endpoint} figures=${figures} refresh=${live.refresh} />
  <//>`;
}

/** @param {{name: string, ws: string, endpoint: any, figures: import('../live.js').Live, refresh: () => Promise<void>}} props */
function Part({ name, ws, endpoint, figures, refresh }) {
  const [, draw] = useState(0);
  const [broken, setBroken] = useState(/** @type {Error|null} */ (null));
  useEffect(() => { if (!loaded[name]) FILES[name]().then((module) => { loaded[name] = module.default; draw((n) => n + 1); }, setBroken); }, [name]);
  if (broken) throw broken;
  const Module = loaded[name];
  return Module ? html`<div class="tab-part"><${Module} key=${endpoint.id} ws=${ws} endpoint=${endpoint} figures=${figures} refresh=${refresh} /></div>` : html`<${Loading} rows=${6} />`;
}

/** Not there: perhaps it was deleted. @param {{ws: string, id: string, live: import('../live.js').Live}} props */
function Gone({ ws, id, live }) {
  const missing = live.error?.status === 404;
  const deleted = useLive(missing ? `/v1/deleted-endpoints/${encodeURIComponent(id)}` : null, { workspace_id: ws });
  const now = useClock(30_000);
  if (!missing || deleted.error) return html`<${Failed} problem=${live.error} retry=${live.refresh} />`;
  if (!deleted.data) return html`<${Loading} rows=${3} />`;
  return html`<${State} icon="trash" title=${words.deletedTitle} actions=${html`<a class="button" href=${link('deliveries', '', { endpoint_id: id })}>${words.itsDeliveries}</a>`}>${words.deletedAt(relative(deleted.data.deleted_at, now), deleted.data.description, deleted.data.url)}<//>`;
}
