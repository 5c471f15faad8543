// What if somebody else saved the endpoint meanwhile?
// Both versions of each setting that differs, side by side; what was typed stays until one is chosen.
import { Notice, html } from '../shell.js';
import { words } from '../messages/en/endpoint.js';
import { fromEndpoint, settings, write } from './values.js';

/**
 * The settings that they or you changed. @param {any} before @param {any} theirs @param {import('./values.js').FormValue} mine
 * @returns {{name: string, theirs: string|null, mine: string|null}[]} null: as before
 */
export function differences(before, theirs, mine) {
  const [old, other, own] = [settings(fromEndpoint(before)), settings(fromEndpoint(theirs)), settings(mine)];
  const text = (/** @type {any} */ value) => write(value ?? null);
  return Object.keys(old).map((name) => ({ name, theirs: text(other[name]) === text(old[name]) ? null : text(other[name]), mine: text(own[name]) === text(old[name]) ? null : text(own[name]) }))
    .filter((row) => row.theirs !== null || row.mine !== null);
}

/** @param {{before: any, theirs: any, mine: import('./values.js').FormValue, keep: () => void, take: () => void}} props */
export function Conflict({ before, theirs, mine, keep, take }) {
  const rows = differences(before, theirs, mine);
  return html`<div class="conflict" role="alert"><${Notice} tone="warn"><strong>${words.conflict}</strong>
    <table><thead><tr><th scope="col">${words.setting}</th><th scope="col">${words.theirs}</th><th scope="col">${words.yours}</th></tr></thead>
      <tbody>${rows.map((row) => html`<tr key=${row.name}><th scope="row" class="mono">${row.name}</th>${[row.theirs, row.mine].map((text, n) => html`<td key=${n}>${text === null ? html`<span class="muted">${words.unchanged}</span>` : html`<code class="break">${text}</code>`}</td>`)}</tr>`)}</tbody></table>
    <p>${words.onlyTheirs}</p>
    <div class="row below"><button type="button" class="button primary" onClick=${keep}>${words.keepYours}</button><button type="button" class="button" onClick=${take}>${words.takeTheirs}</button></div><//></div>`;
}
