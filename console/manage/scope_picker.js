// How are the rights of a key or a link chosen?
// One line for each noun with its levels, and what follows as a sentence; what one lacks is not offered.
import { Coded, Icon, html, session } from '../shell.js';
import { words } from '../messages/en/keys.js';
import { givable, levels, scopesOf } from './scopes.js';

/** @param {{scopes: string[], change: (scopes: string[]) => void, nouns: string[], error?: string|null}} props */
export function ScopePicker({ scopes, change, nouns, error }) {
  const own = session.value?.scopes ?? [];
  const chosen = levels(scopes);
  const pick = (/** @type {string} */ noun, /** @type {import('./scopes.js').Level} */ level) => change(scopesOf({ ...chosen, [noun]: level }));
  return html`<div class="scope-picker" role="group" aria-label=${words.scopesTitle}>
    ${nouns.filter((noun) => givable(noun, own).length > 1).map((noun) => {
    const scope = chosen[noun] === 'rw' ? noun : `${noun}:ro`;
    return html`<div key=${noun} class="scope-line">
        <strong>${words.nouns[noun]}</strong>
        <div class="segments" role="radiogroup" aria-label=${words.nouns[noun]}>${givable(noun, own).map((level) => html`<button key=${level} type="button" role="radio" aria-checked=${chosen[noun] === level ? 'true' : 'false'} onClick=${() => pick(noun, level)}>${words.levelOf[`${noun}.${level}`] ?? words.levels[level]}</button>`)}</div>
        <span class="muted">${chosen[noun] === 'none' ? '' : words.scopes[scope]}</span>
      </div>`;
  })}
    ${error && html`<p class="error"><${Icon} name="warn" /><span><${Coded} of=${error} /></span></p>`}
  </div>`;
}
