// What if somebody else saved the endpoint meanwhile?
// Both versions of each setting that differs, side by side; what was typed stays until one is chosen.
import { html } from '../shell.js';
import { BothVersions } from '../ui/both_versions.js';
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
  return html`<${BothVersions} rows=${differences(before, theirs, mine)} keep=${keep} take=${take} />`;
}
