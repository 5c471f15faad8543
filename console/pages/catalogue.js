// Which event types are there, who listens, and what is sent without being described?
// Types under their groups with use beside them; what was seen and is missing; what did not fit; import and form by the query.
import { Page, Tabs, currentTab, html, link, may, route, useLive } from '../shell.js';
import { Later } from '../ui/later.js';
import { sheet } from '../ui/sheet.js';
import { mayDescribe } from '../catalogue/use.js';
import { words } from '../messages/en/catalogue.js';
import { styles } from '../endpoint/styles.js';

await Promise.all([styles, sheet(new URL('../catalogue/catalogue.css', import.meta.url))]);

/** @type {Record<string, () => Promise<any>>} */
const TABS = { types: () => import('../catalogue/types_list.js'), seen: () => import('../catalogue/seen_list.js'), mismatches: () => import('../catalogue/misfit_list.js') };
/** @type {Record<string, () => Promise<any>>} */
const VIEWS = { new: () => import('../catalogue/new_type.js'), import: () => import('../catalogue/import.js') };

/** @param {{ws: string}} props */
export default function Catalogue({ ws }) {
  const { query } = route.value;
  const view = query.get('view') ?? '';
  // A customer reads what each type means; how well the installation describes them is the operator's.
  const portal = route.value.app === 'portal';
  const whole = may('events:ro') && !portal;
  const seen = useLive(whole && !VIEWS[view] ? '/v1/event-types/seen' : null, { workspace_id: ws });
  if (VIEWS[view] && mayDescribe()) return html`<${Page} title=${view === 'new' ? words.newTitle : words.importTitle} crumbs=${[[words.title, link('catalogue')]]}><${Later} key=${view} load=${VIEWS[view]} ws=${ws} /><//>`;
  const tab = TABS[currentTab('types')] ? currentTab('types') : 'types';
  return html`<${Page} title=${words.title} note=${portal ? words.leadPortal : words.lead} actions=${mayDescribe() && html`<a class="button" href=${link('catalogue', '', { view: 'import' })}>${words.import}</a><a class="button primary" href=${link('catalogue', '', { view: 'new' })}>${words.describe}</a>`}>
    ${whole && html`<${Tabs} label=${words.parts} tabs=${[['types', words.types], ['seen', words.seenTab(seen.data?.data.length ?? null)], ['mismatches', words.mismatches]]} />`}
    <div class="tab-body"><${Later} key=${tab} load=${TABS[tab]} ws=${ws} seen=${seen} /></div>
  <//>`;
}
