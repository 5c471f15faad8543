// What is one source, what came to it, and how is it set up?
// Its requests with their verdicts, the steps at the provider with its address, and its settings; one request by the query.
import { Confirm, Failed, Loading, May, Notice, Opens, Page, State, Tabs, currentTab, html, link, may, messages, patch, route, toast, useLive } from '../shell.js';
import { styles } from '../endpoint/styles.js';
import { Warning } from '../sources/fields.js';
import { Sample } from '../sources/sample.js';
import { withRevision } from '../ui/edit.js';
import { Later } from '../ui/later.js';
import { sheet } from '../ui/sheet.js';
import { words } from '../messages/en/sources.js';
import { providers } from '../messages/en/providers.js';

await Promise.all([styles, sheet(new URL('../sources/sources.css', import.meta.url))]);

/** @type {Record<string, () => Promise<any>>} */
const TABS = { requests: () => import('../sources/requests.js'), setup: () => import('../sources/setup.js'), settings: () => import('../sources/settings.js') };
const request = () => import('../sources/request.js');

/** @param {{ws: string, id: string}} props */
export default function Source({ ws, id }) {
  const path = `/v1/sources/${encodeURIComponent(id)}`;
  const live = useLive(path, {}, { every: 15_000, read: withRevision });
  const crumbs = [[words.title, link('sources')]];
  const source = live.data;
  if (live.error) return html`<${Page} title=${words.title} crumbs=${crumbs}><${Failed} problem=${live.error} retry=${live.refresh} /><//>`;
  if (!source) return html`<${Page} title=${words.title} crumbs=${crumbs}><${Loading} rows=${8} /><//>`;
  // A key for all workspaces may read it; this address names another workspace.
  if (source.workspace_id !== ws) return html`<${Page} title=${words.title} crumbs=${crumbs}><${State} icon="search" title=${messages.states.notFoundTitle}>${messages.states.notFound}<//><//>`;
  const one = route.value.query.get('request');
  if (one) return html`<${Page} title=${words.requestTitle} crumbs=${[...crumbs, [source.name, link('sources', id)]]}><${Later} load=${request} source=${source} id=${one} path=${path} /><//>`;
  const tabs = [['requests', words.requests], ['setup', words.setUp], ['settings', words.settings]];
  const tab = TABS[currentTab('requests')] ? currentTab('requests') : 'requests';
  return html`<${Page} title=${source.name} heading=${html`<bdi>${source.name}</bdi>`} crumbs=${crumbs} note=${providers[source.provider]?.name ?? source.provider} actions=${html`<${May} scope="sources"><${OnOff} path=${path} source=${source} refresh=${live.refresh} /><${Sample} path=${path} source=${source} /><//>`}>
    <${Tabs} label=${words.parts} tabs=${tabs} />
    ${!source.active && html`<${Notice} tone="warn" icon="pause">${words.offLine}<//>`}
    <${Warning} text=${source.warning} />
    <div class="tab-body"><${Later} key=${tab} load=${TABS[tab]} source=${source} path=${path} refresh=${live.refresh} /></div>
  <//>`;
}

/** @param {{path: string, source: any, refresh: () => Promise<void>}} props */
const OnOff = ({ path, source, refresh }) => {
  const set = async (/** @type {boolean} */ active) => { await patch(path, { active }); toast(active ? words.switched : words.paused); await refresh(); };
  if (!may('sources')) return null;
  return source.active
    ? html`<${Opens} label=${words.pause}>${(/** @type {() => void} */ close) => html`<${Confirm} title=${words.pauseTitle(source.name)} confirm=${words.pause} close=${close} run=${() => set(false)}>${words.pauseWords}<//>`}<//>`
    : html`<button class="button" onClick=${() => set(true).catch((error) => toast(error.message, { kind: 'failed' }))}>${words.switchOn}</button>`;
};
