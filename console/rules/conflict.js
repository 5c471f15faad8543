// What if somebody else saved the rule meanwhile?
// Both versions side by side, with the lines that differ marked; nothing that was typed is lost.
import { Dialog, html, messages } from '../shell.js';
import { texts } from '../messages/en/rules.js';
import { differing } from './differing.js';
import { toText } from './draft.js';
import { tidy } from './json.js';
import { sentence, toText as words } from './sentence.js';

/** @param {{editor: import('./editor.js').Editor, nameOf: (id: string) => string}} props */
export function Conflict({ editor, nameOf }) {
  const { theirs, draft, settle } = editor;
  if (!theirs) return null;
  const versions = [draft, theirs.draft].map((each) => tidy(toText(each), 52).split('\n'));
  const marks = differing(versions[0], versions[1]);
  const mine = html`<button type="button" class="button" onClick=${() => settle('mine')}>${texts.keepMine}</button>`;
  return html`<${Dialog} title=${messages.form.changedTitle} wide close=${() => settle('mine')} footer=${html`${mine}<button type="button" class="button primary" onClick=${() => settle('theirs')}>${texts.takeTheirs}</button>`}>
    <p>${texts.conflict}</p>
    <div class="r-versions">
      ${[draft, theirs.draft].map((each, at) => html`<section key=${at}><h3>${at === 0 ? texts.mine : texts.theirs}</h3><p class="hint">${words(sentence(each, nameOf))}</p>
        <pre class="mono">${versions[at].map((line, place) => html`<span key=${place} class=${marks[at].has(place) ? 'r-differs' : ''}>${line}${'\n'}</span>`)}</pre></section>`)}
    </div>
  <//>`;
}
