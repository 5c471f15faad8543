// Which events does the rule look at?
// Types and families, completed from what is described and seen, and channels.
import { Icon, html, useState } from '../shell.js';
import { texts } from '../messages/en/rules.js';
import { Mistakes } from './conditions.js';

/** @typedef {import('./builder.js').Builder} Builder */

/** @param {{b: Builder}} props */
export function When({ b }) {
  const { events, channels } = b.draft;
  const [hasChannels, setHasChannels] = useState(channels.length > 0);
  return html`<div class="r-when">
    <${Chips} label=${texts.types} of=${events} list="rule-families" none=${texts.anyType} placeholder=${texts.addType} readOnly=${b.readOnly} change=${(/** @type {string[]} */ next) => b.put({ events: next })} />
    <${Mistakes} of=${b.errorsAt('/when/events')} />
    ${hasChannels || channels.length > 0 ? html`<${Chips} label=${texts.channels} of=${channels} none=${texts.anyChannel} placeholder=${texts.addChannel} readOnly=${b.readOnly} change=${(/** @type {string[]} */ next) => b.put({ channels: next })} /><${Mistakes} of=${b.errorsAt('/when/channels')} />`
    : !b.readOnly && html`<button type="button" class="plain" onClick=${() => setHasChannels(true)}><${Icon} name="plus" />${texts.onlyInChannels}</button>`}
  </div>`;
}

/** Words that are added with Enter. @param {{label: string, of: string[], none: string, placeholder: string, list?: string, readOnly: boolean, change: (next: string[]) => void}} props */
function Chips({ label, of, none, placeholder, list, readOnly, change }) {
  const [typed, setTyped] = useState('');
  const take = (/** @type {string} */ text) => {
    const added = text.split(/[\s,]+/).filter((each) => each !== '' && !of.includes(each));
    setTyped('');
    if (added.length > 0) change([...of, ...added]);
  };
  const key = (/** @type {KeyboardEvent} */ event) => {
    if (event.isComposing) return;
    if (event.key === 'Enter' || event.key === ',') { event.preventDefault(); take(typed); }
    else if (event.key === 'Backspace' && typed === '' && of.length > 0) change(of.slice(0, -1));
  };
  return html`<div class="r-chips-line"><span class="muted">${label}</span><span class="r-chips">
    ${of.map((each) => html`<span key=${each} class="r-chip"><bdi class="mono">${each}</bdi>${!readOnly && html`<button type="button" class="icon-button" aria-label=${texts.removeChip(each)} onClick=${() => change(of.filter((other) => other !== each))}><${Icon} name="cross" /></button>`}</span>`)}
    ${of.length === 0 && html`<span>${none}</span>`}
    ${!readOnly && html`<input type="text" class="mono" aria-label=${label} value=${typed} list=${list} placeholder=${placeholder} spellcheck=${false} autocomplete="off" autocapitalize="off" onInput=${(/** @type {any} */ e) => setTyped(e.target.value)} onChange=${(/** @type {any} */ e) => take(e.target.value)} onKeyDown=${key} />`}
  </span></div>`;
}
