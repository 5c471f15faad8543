// Who may see this workspace in your product, and how does it look there?
// Links that are open, with what they allow; the look, drawn beside the form as it will be.
import { May, Page, Tabs, currentTab, html } from '../shell.js';
import { words } from '../messages/en/portal.js';
import { Links } from '../manage/portal_links.js';
import { Look } from '../manage/portal_look.js';
import { NewLink } from '../manage/portal_link_new.js';
import { styles } from '../manage/styles.js';

await styles;

/** @param {{ws: string}} props */
export default function Portal({ ws }) {
  return html`<${Page} title=${words.title} note=${words.note} actions=${html`<${May} scope="webhooks"><${NewLink} ws=${ws} /><//>`}>
    <${Tabs} label=${words.parts} tabs=${[['links', words.links], ['look', words.look]]} />
    ${currentTab('links') === 'look' ? html`<${Look} ws=${ws} />` : html`<${Links} ws=${ws} />`}
  <//>`;
}
