// Which actions are there, who invoked them, and what does an agent see?
// The list with effect and roles, the log of all invocations, and the tools of a chosen key.
import { Page, May, Tabs, currentTab, html, link, may, navigate, useKeys } from '../shell.js';
import { styles } from '../endpoint/styles.js';
import { Later } from '../ui/later.js';
import { sheet } from '../ui/sheet.js';
import { words } from '../messages/en/actions.js';

await Promise.all([styles, sheet(new URL('../actions/actions.css', import.meta.url))]);

/** @type {Record<string, () => Promise<any>>} */
const TABS = { all: () => import('../actions/list.js'), log: () => import('../actions/log.js'), agents: () => import('../actions/agents.js') };

/** @param {{ws: string}} props */
export default function Actions({ ws }) {
  const tab = TABS[currentTab('all')] ? currentTab('all') : 'all';
  useKeys(may('admin') ? { n: [words.add, () => navigate(link('actions', '', { view: 'new' }))] } : {});
  return html`<${Page} title=${words.title} note=${words.lead} actions=${html`<${May} scope="admin"><a class="button primary" href=${link('actions', '', { view: 'new' })}>${words.add}</a><//>`}>
    <${Tabs} label=${words.parts} tabs=${[['all', words.all], ['log', words.log], ['agents', words.agents]]} />
    <div class="tab-body"><${Later} key=${tab} load=${TABS[tab]} ws=${ws} /></div>
  <//>`;
}
