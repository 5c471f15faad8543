// Which types of event shall an endpoint get?
// A tree of families with counts of what was seen lately; types that nobody knows yet are added by their name.
import { Badge, Coded, Icon, Segments, html, number, relative, useId, useMemo, useState } from '../shell.js';
import { words } from '../messages/en/endpoint_form.js';
import { chosen, find, toggle, typeTree } from './types.js';

/** From so many types on one searches. */
const MANY = 10;
/** In so long a tree, families of which nothing was seen begin closed. */
const LONG = 30;
const OWN = words.ownTypes.map(([name, title]) => ({ name, title, described: true, count: 0 }));

/** @param {{events: string[], change: (events: string[]) => void, known: {types: import('./types.js').KnownType[], seen: any}, error: string|null}} props */
export function TypePicker({ events, change, known, error }) {
  const [some, setSome] = useState(events.length > 0);
  const [text, setText] = useState('');
  const [other, setOther] = useState('');
  const id = useId();
  const tree = useMemo(() => typeTree(find(known.types, text)), [known.types, text]);
  const own = useMemo(() => typeTree(find(OWN, text)), [text]);
  const choose = (/** @type {string} */ view) => { setSome(view === 'some'); if (view === 'all') change([]); };
  const add = () => { const name = other.trim(); if (name && !events.includes(name)) change(toggle(events, name)); setOther(''); };
  const pick = (/** @type {string} */ pattern) => change(toggle(events, pattern));
  return html`<div class=${`field types ${error ? 'wrong' : ''}`} role="group" aria-labelledby=${`${id}-label`}>
    <div class="label"><label id=${`${id}-label`}>${words.types}</label></div>
    <${Segments} label=${words.types} value=${some ? 'some' : 'all'} change=${choose} options=${[['all', words.every], ['some', words.chosen]]} />
    ${!some ? html`<p class="hint">${words.everyHint}</p>` : html`
      ${events.length > 0 ? html`<ul class="chips">${events.map((e) => html`<li key=${e}><span class="mono">${e}</span><button type="button" class="icon-button" aria-label=${words.remove(e)} onClick=${() => pick(e)}><${Icon} name="cross" /></button></li>`)}</ul>` : html`<p class="hint">${words.none}</p>`}
      <div class="type-tree">
        ${known.types.length > MANY && html`<label class="tree-find"><${Icon} name="search" /><span class="hidden">${words.find}</span><input type="search" placeholder=${words.find} value=${text} onInput=${(/** @type {any} */ e) => setText(e.target.value)} onKeyDown=${(/** @type {KeyboardEvent} */ e) => { if (e.key === 'Enter') e.preventDefault(); }} /></label>`}
        ${known.types.length === 0 ? html`<p class="hint pad">${words.noTypes}</p>` : tree.length + own.length === 0 ? html`<p class="hint pad">${words.noneFound}</p>`
    : html`<ul>${tree.map((node) => html`<${Node} key=${node.pattern} node=${node} events=${events} pick=${pick} level=${0} closed=${!text && known.types.length > LONG && node.count === 0 && chosen(events, node.pattern) === ''} />`)}${own.map((node) => html`<${Node} key=${node.pattern} node=${node} events=${events} pick=${pick} level=${0} closed=${!text} />`)}</ul>`}
      </div>
      ${known.seen.events > 0 && html`<p class="hint">${words.seen(known.seen.events, relative(known.seen.back_to))}</p>`}
      <div class="add-row"><label class="hidden" for=${`${id}-other`}>${words.another}</label><input id=${`${id}-other`} class="mono" type="text" placeholder=${words.another} value=${other} spellcheck=${false} autocapitalize="off" autocomplete="off"
        aria-invalid=${error ? 'true' : undefined} onInput=${(/** @type {any} */ e) => setOther(e.target.value)} onBlur=${() => add()} onKeyDown=${(/** @type {KeyboardEvent} */ e) => { if (e.key === 'Enter') { e.preventDefault(); add(); } }} /><button type="button" class="button" onClick=${add}>${words.addType}</button></div>
      <p class="hint">${words.anotherHint}</p>`}
    ${error && html`<p class="error"><${Icon} name="warn" /><span><${Coded} of=${error} /></span></p>`}
  </div>`;
}

/** @param {{node: import('./types.js').TypeNode, events: string[], pick: (pattern: string) => void, level: number, closed?: boolean}} props @returns {any} */
function Node({ node, events, pick, level, closed = false }) {
  const [open, setOpen] = useState(!closed);
  const how = chosen(events, node.pattern);
  const family = node.children.length > 0;
  return html`<li>
    <div class="type-row" style=${{ paddingInlineStart: `${level * 22}px` }}>
      ${family ? html`<button type="button" class="icon-button fold-arrow" aria-expanded=${open ? 'true' : 'false'} aria-label=${node.label} onClick=${() => setOpen(!open)}><${Icon} name=${open ? 'down' : 'right'} /></button>` : html`<span class="fold-arrow"></span>`}
      <label title=${how === 'family' ? words.family : undefined}><input type="checkbox" checked=${how === 'own' || how === 'family'} disabled=${how === 'family'} ref=${(/** @type {any} */ box) => { if (box) box.indeterminate = how === 'part'; }} onChange=${() => pick(node.pattern)} />
        <span class="mono">${node.label}</span>${node.type?.title && html`<span class="muted cut">${node.type.title}</span>`}${node.type?.deprecated && html`<${Badge} tone="warn">${words.deprecated}<//>`}${node.type?.described === false && html`<${Badge}>${words.undescribed}<//>`}</label>
      ${node.count > 0 && html`<span class="number muted">${number(node.count)}</span>`}
    </div>
    ${family && open && html`<ul>${node.children.map((child) => html`<${Node} key=${child.pattern} node=${child} events=${events} pick=${pick} level=${level + 1} />`)}</ul>`}
  </li>`;
}
