// Which types are sent and not described?
// Of the last events, each with the draft of a schema that its payloads suggest, and a button that begins the description.
import { Empty, Fold, Loaded, Time, count, html, link, relative } from '../shell.js';
import { words } from '../messages/en/catalogue.js';
import { FieldsTable } from './fields_table.js';
import { mayDescribe } from './use.js';

/** @param {{seen: import('../live.js').Live}} props */
export default function SeenList({ seen }) {
  return html`<${Loaded} of=${seen}>${(/** @type {any} */ found) => (found.data.length === 0
    ? html`<${Empty} title=${found.events ? words.seenNone : words.noEventsYet}>${words.seenNoneHint(found.events)}<//>`
    : html`<p class="muted prose-line">${words.seenLead(found.events, found.back_to ? relative(found.back_to) : '–')}</p>
      <ul class="seen-list">${found.data.map((/** @type {any} */ t) => html`<li key=${t.name}>
        <div class="seen-head"><bdi class="mono break">${t.name}</bdi><span class="muted">${count(t.count, 'event')} · <${Time} at=${t.last_at} /></span>
          <div class="row"><a class="button small" href=${link('events', '', { event_type: t.name })}>${words.openEvents}</a>${mayDescribe() && html`<a class="button small" href=${link('catalogue', '', { view: 'new', from: t.name })}>${words.useDraft}</a>`}</div></div>
        <${Fold} label=${words.showDraft}><${FieldsTable} schema=${t.schema} /><//>
      </li>`)}</ul>`)}<//>`;
}
