// What is one event type, and who gets it?
// Its fields, example and use; its versions with what each changed; its settings. What is not described says so.
import { Failed, Loading, May, Notice, Page, State, Tabs, currentTab, html, link, part, useLive } from '../shell.js';
import { mayDescribe } from '../catalogue/use.js';
import { States } from '../catalogue/types_list.js';
import { styles } from '../endpoint/styles.js';
import { withRevision } from '../ui/edit.js';
import { Later } from '../ui/later.js';
import { sheet } from '../ui/sheet.js';
import { words } from '../messages/en/catalogue.js';

await Promise.all([styles, sheet(new URL('../catalogue/catalogue.css', import.meta.url))]);

/** @type {Record<string, () => Promise<any>>} */
const TABS = { overview: () => import('../catalogue/type_overview.js'), versions: () => import('../catalogue/versions.js'), settings: () => import('../catalogue/type_settings.js') };

/** @param {{ws: string, id: string}} props `id`: the name */
export default function EventType({ ws, id }) {
  const live = useLive(`/v1/event-types/${part(id)}`, {}, { every: 15_000, read: withRevision });
  const crumbs = [[words.title, link('catalogue')]];
  const type = live.data;
  if (live.error?.status === 404) return html`<${Page} title=${id} heading=${html`<bdi class="mono">${id}</bdi>`} crumbs=${crumbs}><${State} icon="search" title=${words.unknown} actions=${html`<a class="button" href=${link('catalogue', '', { tab: 'seen' })}>${words.seenTab(null)}</a>${mayDescribe() && html`<a class="button primary" href=${link('catalogue', '', { view: 'new', from: id })}>${words.useDraft}</a>`}`}>${words.unknownHint}<//><//>`;
  if (live.error) return html`<${Page} title=${id} crumbs=${crumbs}><${Failed} problem=${live.error} retry=${live.refresh} /><//>`;
  if (!type) return html`<${Page} title=${id} crumbs=${crumbs}><${Loading} rows=${8} /><//>`;
  const tabs = [['overview', words.overview], ['versions', words.versions], ...(mayDescribe() ? [['settings', words.settings]] : [])];
  const tab = tabs.some(([name]) => name === currentTab('overview')) ? currentTab('overview') : 'overview';
  return html`<${Page} title=${type.name} heading=${html`<span class="type-name"><bdi class="mono break">${type.name}</bdi><${States} type=${type} /></span>`} crumbs=${crumbs} note=${type.title}
    actions=${html`<${May} scope="events"><a class="button" href=${link('events', 'send', { type: type.name })}>${words.send}</a><//>`}>
    <${Tabs} label=${words.partsOf} tabs=${tabs} />
    ${type.archived ? html`<${Notice} tone="warn">${words.archivedLine}<//>` : type.deprecated && html`<${Notice} tone="warn">${words.deprecatedLine}<//>`}
    ${type.hidden && html`<${Notice}>${words.hiddenLine}<//>`}
    <div class="tab-body"><${Later} key=${tab} load=${TABS[tab]} ws=${ws} type=${type} refresh=${live.refresh} /></div>
  <//>`;
}
