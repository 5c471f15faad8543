// What is one action, and what comes of invoking it?
// Its form with the exact request before anything is sent, its log, and its settings; one invocation by the query.
import { Failed, Loading, Notice, Page, Status, Tabs, currentTab, html, link, may, route, useLive } from '../shell.js';
import { Effect } from '../actions/list.js';
import { ShownSecret } from '../endpoint/secret.js';
import { styles } from '../endpoint/styles.js';
import { withRevision } from '../ui/edit.js';
import { Later } from '../ui/later.js';
import { sheet } from '../ui/sheet.js';
import { words } from '../messages/en/actions.js';

await Promise.all([styles, sheet(new URL('../actions/actions.css', import.meta.url))]);

/** @type {Record<string, () => Promise<any>>} */
const TABS = { invoke: () => import('../actions/run.js'), log: () => import('../actions/log.js'), settings: () => import('../actions/settings.js') };
const invocation = () => import('../actions/invocation.js');

/** @param {{ws: string, id: string}} props `id`: the name */
export default function Action({ ws, id }) {
  const path = `/v1/actions/${encodeURIComponent(id)}`;
  const live = useLive(path, { workspace_id: ws }, { every: 15_000, read: withRevision });
  const crumbs = [[words.title, link('actions')]];
  const one = route.value.query.get('invocation');
  // The log outlives its action.
  if (one) return html`<${Page} title=${words.invocation} crumbs=${[...crumbs, [id, link('actions', id, { tab: 'log' })]]}><${Later} load=${invocation} ws=${ws} id=${one} /><//>`;
  const action = live.data;
  if (live.error) return html`<${Page} title=${id} crumbs=${crumbs}><${Failed} problem=${live.error} retry=${live.refresh} /><//>`;
  if (!action) return html`<${Page} title=${id} crumbs=${crumbs}><${Loading} rows=${8} /><//>`;
  const tabs = [['invoke', words.invoke], ['log', words.log], ...(may('admin:ro') ? [['settings', words.settings]] : [])];
  const tab = tabs.some(([name]) => name === currentTab('invoke')) ? currentTab('invoke') : 'invoke';
  return html`<${Page} title=${action.title || action.name} heading=${html`<bdi>${action.title || action.name}</bdi> <span class="mono muted action-name">${action.title ? action.name : ''}</span>`} crumbs=${crumbs} note=${action.description} actions=${html`<${Effect} of=${action.effect} />${!action.active && html`<${Status} of="off" />`}`}>
    <${Tabs} label=${words.partsOf} tabs=${tabs} />
    ${!action.active && html`<${Notice} tone="warn" icon="pause">${words.offLine}<//>`}
    ${action.active && action.roles.length === 0 && html`<${Notice} tone="warn">${words.noRolesLine}<//>`}
    <${ShownSecret} id=${action.endpoint_id} />
    <div class="tab-body"><${Later} key=${tab} load=${TABS[tab]} ws=${ws} action=${action} path=${path} refresh=${live.refresh} /></div>
  <//>`;
}
