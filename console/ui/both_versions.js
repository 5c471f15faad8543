// What does one see when somebody else saved the same thing meanwhile?
// A conflict of optimistic locking: both versions of each setting that differs, side by side, until one is chosen.
import { Notice, html } from '../shell.js';
import { words } from '../messages/en/edit.js';

/** @param {{rows: {name: string, theirs: string|null, mine: string|null}[], keep: () => void, take: () => void}} props null: as before */
export const BothVersions = ({ rows, keep, take }) => html`<div class="conflict" role="alert"><${Notice} tone="warn"><strong>${words.conflict}</strong>
  <table><thead><tr><th scope="col">${words.setting}</th><th scope="col">${words.theirs}</th><th scope="col">${words.yours}</th></tr></thead>
    <tbody>${rows.map((row) => html`<tr key=${row.name}><th scope="row" class="mono">${row.name}</th>${[row.theirs, row.mine].map((text, n) => html`<td key=${n} data-label=${n === 0 ? words.theirs : words.yours}>${text === null ? html`<span class="muted">${words.unchanged}</span>` : html`<code class="break">${text}</code>`}</td>`)}</tr>`)}</tbody></table>
  <p>${words.onlyTheirs}</p>
  <div class="row below"><button type="button" class="button primary" onClick=${keep}>${words.keepYours}</button><button type="button" class="button" onClick=${take}>${words.takeTheirs}</button></div><//></div>`;
