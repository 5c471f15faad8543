// Which keys are there?
// The sheet that `?` opens: what is bound now, everywhere and on this page, and the switch for single keys.
import { Dialog, Switch, boundKeys, html, keyName, messages, setSingleKeys, singleKeys } from '../shell.js';

/** @param {{close: () => void}} props */
export function KeySheet({ close }) {
  const all = boundKeys();
  const part = (/** @type {string} */ title, /** @type {boolean} */ everywhere) => {
    const keys = Object.entries(Object.groupBy(all.filter((k) => k.everywhere === everywhere), (k) => k.words));
    return keys.length > 0 && html`<section><h3>${title}</h3><dl class="key-list">${keys.map(([said, same = []]) => html`<div key=${said}><dt>${said}</dt><dd>${same.map((k, n) => html`<span key=${k.key}>${n > 0 && html`<span class="muted">${messages.keys.or}</span>`} ${k.key.split(' ').map((key) => html`<kbd key=${key}>${keyName(key)}</kbd> `)}</span>`)}</dd></div>`)}</dl></section>`;
  };
  return html`<${Dialog} title=${messages.keys.title} wide close=${close}>
    <div class="columns">${part(messages.keys.everywhere, true)}${part(messages.keys.page, false)}</div>
    <div class="field side"><div><strong>${messages.keys.singles}</strong><p class="hint">${messages.keys.singlesHint}</p></div><${Switch} label=${messages.keys.singles} on=${singleKeys.value} change=${setSingleKeys} /></div>
  <//>`;
}
