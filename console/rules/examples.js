// Which events must the rule fire for, and for which must it not?
// The rule's tests: it is saved only if each of them says what is expected.
import { Dialog, Icon, html, useState } from '../shell.js';
import { texts } from '../messages/en/rules.js';
import { CodeEditor } from '../ui/code_editor.js';
import { Mistakes } from './conditions.js';
import { mistakeIn } from './draft.js';
import { Menu } from './menu.js';
import { tidy } from './json.js';

/** @typedef {import('./builder.js').Builder} Builder */

/** @param {{b: Builder}} props */
export function Examples({ b }) {
  const { examples } = b.draft;
  const [edited, setEdited] = useState(/** @type {{place: number, text: string} | null} */ (null));
  const put = (/** @type {number} */ place, /** @type {Partial<import('./draft.js').Example>} */ members, /** @type {string | null} */ field = null) => b.put({ examples: examples.with(place, { ...examples[place], ...members }) }, field);
  return html`<div class="r-examples">
    ${examples.length === 0 && html`<p class="hint">${texts.noExamples}</p>`}
    <ul role="list">${examples.map((example, place) => html`<li key=${example.key} class=${b.choice === `example:${example.key}` ? 'r-looked' : ''}>
      <div class="r-example-line">
        <input type="text" aria-label=${texts.exampleName} value=${example.name} placeholder=${texts.exampleNumber(place + 1)} disabled=${b.readOnly} onInput=${(/** @type {any} */ e) => put(place, { name: e.target.value }, `${example.key}/name`)} />
        <select aria-label=${texts.expect} value=${String(example.expect)} disabled=${b.readOnly} onChange=${(/** @type {any} */ e) => put(place, { expect: e.target.value === 'true' })}><option value="true">${texts.mustFire}</option><option value="false">${texts.mustNotFire}</option></select>
        <button type="button" class="plain" onClick=${() => b.look(`example:${example.key}`)}>${texts.look}</button>
        ${!b.readOnly && html`<${Menu} label=${texts.menuOfExample(place + 1)} items=${() => [
    { label: texts.editEvent, run: () => setEdited({ place, text: tidy(example.event) }) },
    { label: texts.moves.duplicate, off: examples.length >= 20, run: () => b.put({ examples: examples.toSpliced(place, 0, { ...example, key: `${example.key}+` }) }) },
    null,
    { label: texts.moves.remove, danger: true, run: () => b.put({ examples: examples.toSpliced(place, 1) }) },
  ]} />`}
      </div>
      <${Mistakes} of=${b.errorsAt(`/examples/${place}`)} />
    </li>`)}</ul>
    ${edited && html`<${Dialog} title=${texts.editEvent} wide close=${() => setEdited(null)} footer=${html`<button type="button" class="button" onClick=${() => setEdited(null)}>${texts.cancel}</button><button type="button" class="button primary" disabled=${Boolean(mistakeIn(edited.text))} onClick=${() => { put(edited.place, { event: edited.text }); setEdited(null); }}>${texts.take}</button>`}>
      <${CodeEditor} label=${texts.editEvent} value=${edited.text} rows=${18} change=${(/** @type {string} */ text) => setEdited({ ...edited, text })} /><p class="hint"><${Icon} name="info" /> ${texts.eventForm}</p>
    <//>`}
  </div>`;
}
