// Which real event stands on the left, and how does a value of it become a condition?
// The event as a tree: each value can be dragged into the conditions, or added by its plus.
import { Failed, Icon, Loading, State, html, link, relative, shortId } from '../shell.js';
import { texts } from '../messages/en/rules.js';
import { JsonTree } from '../ui/json_tree.js';
import { Grip } from './conditions.js';
import { pathTo } from './events.js';
import { valueOf } from './json.js';
import { short } from './paths.js';
import { whyNot } from './why_not.js';

/** @typedef {import('./builder.js').Builder} Builder */

/** @param {{b: Builder}} props */
export function EventPanel({ b }) {
  const { event, problem, isLoading } = b.looked;
  const at = event?.at ? relative(event.at) : '';
  return html`<section class="r-rule-column r-event-panel" aria-label=${texts.event}>
    <div class="r-column-head"><h2>${texts.event}</h2>${event?.id && html`<a class="plain" href=${link('events', event.id)}>${texts.open}</a>`}</div>
    <label class="r-choose"><span class="hidden">${texts.chooseEvent}</span><select value=${b.choice} onChange=${(/** @type {any} */ e) => b.look(e.target.value)}>
      ${b.events.length === 0 && !b.choice && html`<option value="">${b.isWaiting ? texts.trying : texts.noEvents}</option>`}
      ${b.events.length > 0 && html`<optgroup label=${texts.lastEvents}>${b.events.map((each) => html`<option key=${each.id} value=${`event:${each.id}`}>${`${each.matched ? '✓' : '–'} ${[each.type, each.matched ? '' : whyNot(b.tested.filter, each), relative(each.timestamp), shortId(each.id ?? '')].filter(Boolean).join(' · ')}`}</option>`)}</optgroup>`}
      ${isElsewhere(b) && html`<option value=${b.choice}>${event ? `${event.type} · ${at}` : b.choice.slice(6)}</option>`}
      ${b.draft.examples.length > 0 && html`<optgroup label=${texts.examples}>${b.draft.examples.map((each, place) => html`<option key=${each.key} value=${`example:${each.key}`}>${each.name || texts.exampleNumber(place + 1)}</option>`)}</optgroup>`}
      ${b.description?.example != null && html`<optgroup label=${texts.catalogue}><option value=${`type:${b.description.name}`}>${texts.exampleOf(b.description.name)}</option></optgroup>`}
    </select></label>
    ${problem ? html`<${Failed} problem=${problem} compact />`
    : event ? html`<p class="hint">${b.readOnly ? '' : texts.eventHint}</p><${JsonTree} key=${event.choice} text=${event.text} label=${texts.event} tools=${(/** @type {string} */ _, /** @type {any} */ node, /** @type {string} */ pointer) => tools(b, node, pointer)} />`
      : isLoading || b.isWaiting ? html`<${Loading} rows=${6} height=${24} />`
        : html`<${State} title=${texts.noEventTitle} actions=${html`<a class="button" href=${link('events', 'send')}>${texts.send}</a>`}>${texts.noEventHint}<//>`}
  </section>`;
}

/** Whether a stored event is looked at that is not among the last ones. @param {Builder} b */
const isElsewhere = (b) => b.choice.startsWith('event:') && !b.events.some((each) => `event:${each.id}` === b.choice);

/** What can be done with a value. @param {Builder} b @param {any} node @param {string} pointer */
function tools(b, node, pointer) {
  const path = pointer === '' || b.readOnly ? null : pathTo(b.looked.event?.document, pointer);
  if (path === null) return null;
  return html`<${Grip} id=${`value:${pointer}`} label=${texts.gripValue(short(path))} />
    <button type="button" class="icon-button r-add" aria-label=${texts.addValueOf(short(path))} title=${texts.addValueOf(short(path))} onClick=${() => b.add(path, valueOf(node))}><${Icon} name="plus" /></button>
    ${b.hasTemplate && html`<button type="button" class="icon-button r-insert" aria-label=${texts.insert(path)} title=${texts.insert(path)} onMouseDown=${(/** @type {Event} */ e) => e.preventDefault()} onClick=${() => b.insert(pointer)}><span class="mono">{ }</span></button>`}`;
}
