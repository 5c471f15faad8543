// How is the filter of an endpoint typed?
// The builder's conditions in a form, and their JSON as a second view; values of the event beside become conditions.
import { CodeEditor } from '../ui/code_editor.js';
import { Icon, Segments, announce, html, signal, useMemo, useState } from '../shell.js';
import { texts } from '../messages/en/rules.js';
import { judge, saidOf } from './backtest.js';
import { Conditions, Grip } from './conditions.js';
import { focusOn, useDragging } from './dragging.js';
import { mistakeIn } from './draft.js';
import { pathTo, pathsOf } from './events.js';
import { fromJson, isWritten, nodeAt, pointers, root, toJson } from './filter.js';
import { isObject, read, stringify, tidy } from './json.js';
import { insert } from './moves.js';
import { fromValue } from './operators.js';
import { from, short, valuesAt } from './paths.js';
import { ofNode, toText } from './sentence.js';
import { styles } from './styles.js';

await styles;

/** So many values of the event are offered. */
const OFFERED = 10;

/**
 * @param {object} props
 * @param {string} props.text JSON; `''` is no filter
 * @param {(text: string) => void} props.change
 * @param {string} props.data the payload beside, as JSON
 * @param {string} [props.type] its type
 * @param {any[] | null} [props.why] what the server says of it: the rules of `/v1/rules/test`
 * @param {{pointer: string, detail: string}[]} [props.errors] what it refuses, below `/filter`
 */
export function FilterField({ text, change, data, type = '', why = null, errors = [] }) {
  const [view, setView] = useState('builder');
  const [written, setWritten] = useState({ text, tree: treeOf(text) });
  // The tree that wrote the text has groups that are still empty, which the text has not.
  const tree = useMemo(() => (written.text === text ? written.tree : treeOf(text)), [text, written]);
  const document = useMemo(() => (mistakeIn(data) ? {} : { type, data: read(data) }), [data, type]);
  const said = useMemo(() => saidOf(tree ?? root(), why ? /** @type {any} */ ({ why }) : undefined), [tree, why]);
  const drag = useMemo(() => signal(/** @type {import('./drag.js').Drag | null} */ (null)), []);
  const edit = (/** @type {import('./filter.js').Group} */ next) => {
    const json = isWritten(next) ? tidy(stringify(toJson(next))) : '';
    setWritten({ text: json, tree: next });
    change(json);
  };
  const filter = tree ?? root();
  const b = /** @type {any} */ ({
    noConditions: texts.noFilter, filter, edit, focusOn, drag, said, readOnly: false, judged: judge(filter, said), tallies: new Map(), wrong: byNode(filter, errors), looked: { event: { document } },
    valuesAt: (/** @type {string} */ path) => valuesAt(document, path),
    pathsBelow: (/** @type {string} */ base) => pathsOf(document).flatMap((path) => from(base, path) ?? []),
  });
  const met = b.judged.get('root');
  const within = useDragging(b);
  const add = (/** @type {string} */ path, /** @type {any} */ value) => {
    const node = fromValue(path, value);
    edit(insert(filter, { parent: 'root', index: filter.items.length }, node));
    announce(texts.added(toText(ofNode(node))));
    focusOn(node.id);
  };
  return html`<div class="rules-page"><div class="r-builder r-view-field" ref=${within} onKeyDown=${stay}>
    <${Segments} label=${texts.parts} value=${tree ? view : 'json'} change=${setView} options=${[['builder', texts.builder], ['json', texts.json]]} />
    ${tree && view === 'builder' ? html`${met && html`<p class=${met.held ? 'good-text' : 'bad-text'} role="status"><${Icon} name=${met.held ? 'check' : 'cross'} /> ${met.held ? texts.meets : texts.meetsNot}</p>`}<${Conditions} b=${b} /><${Offered} document=${document} add=${add} />`
    : html`<${CodeEditor} label=${texts.conditions} value=${text} change=${change} errors=${errors} strip="/filter" rows=${Math.min(14, Math.max(4, text.split('\n').length + 1))} />`}
    <datalist id="rule-paths">${b.pathsBelow('').map((/** @type {string} */ path) => html`<option key=${path} value=${path} />`)}</datalist>
    <p id="drag-help" class="hidden">${texts.dragHelp}</p>
  </div></div>`;
}

/** Enter in a condition does not send the form that it is in. @param {KeyboardEvent} event */
function stay(event) {
  if (event.key === 'Enter' && event.target instanceof HTMLInputElement) event.preventDefault();
}

/** The filter of a text; `null` if it is none, which the JSON view says. @param {string} text */
const treeOf = (text) => (text.trim() === '' ? root() : mistakeIn(text) ? null : fromJson(read(text)));

/** What is refused, by the node. @param {import('./filter.js').Group} filter @param {{pointer: string, detail: string}[]} errors */
function byNode(filter, errors) {
  const known = pointers(filter);
  return new Map(errors.map(({ pointer, detail }) => [nodeAt(known, pointer.replace(/^\/filter/, '')), [detail]]));
}

/** Values of the event that can be dragged into the conditions, or added. @param {{document: any, add: (path: string, value: any) => void}} props */
function Offered({ document, add }) {
  const offered = plain(document).slice(0, OFFERED);
  if (offered.length === 0) return null;
  return html`<p class="hint">${texts.fromEvent}</p><ul class="r-offered" role="list">${offered.map(([pointer, path, value]) => html`<li key=${pointer} class="r-chip"><${Grip} id=${`value:${pointer}`} label=${texts.gripValue(short(path))} /><bdi class="mono">${short(path)}</bdi><button type="button" class="icon-button" aria-label=${texts.addValueOf(short(path))} title=${texts.addValueOf(short(path))} onClick=${() => add(path, value)}><${Icon} name="plus" /></button></li>`)}</ul>`;
}

/** Values that are no objects, the shallow ones first, with pointer and path. @param {any} document @returns {[string, string, any][]} */
function plain(document) {
  const found = /** @type {[string, string, any][]} */ ([]);
  let level = /** @type {[string, any][]} */ ([['/data', document.data]]);
  for (let depth = 0; depth < 4; depth += 1) {
    level = level.flatMap(([at, value]) => (isObject(value) ? Object.entries(value).map(([name, inner]) => /** @type {[string, any]} */ ([`${at}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`, inner])) : []));
    for (const [at, value] of level) {
      const path = isObject(value) ? null : pathTo(document, at);
      if (path !== null) found.push([at, path, value]);
    }
  }
  return found;
}
