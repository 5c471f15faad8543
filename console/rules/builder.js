// How do the three columns of the builder belong together?
// Event, cards and result share one draft; dragging, the server's verdicts and its refusals come together here.
import { State, announce, html, may, setQuery, signal, useComputed, useEffect, useMemo, useRef, useState } from '../shell.js';
import { texts } from '../messages/en/rules.js';
import { RECENT, judge, saidOf, tally, useTest } from './backtest.js';
import { Conditions } from './conditions.js';
import { focusOn, useDragging } from './dragging.js';
import { newKey } from './draft.js';
import { EventPanel } from './event_panel.js';
import { pathsOf, schemaPaths, useDescription, useLooked, useTypes } from './events.js';
import { Examples } from './examples.js';
import { nodeAt, pointers } from './filter.js';
import { Raw } from './json.js';
import { lazy } from './lazy.js';
import { fromValue } from './operators.js';
import * as moves from './moves.js';
import { from, valuesAt } from './paths.js';
import { Result } from './result.js';
import { ofNode, toText } from './sentence.js';
import { Steps } from './steps.js';
import { When } from './when.js';

const JsonView = lazy(() => import('./json_view.js'), 'JsonView');

/** @typedef {ReturnType<typeof useBuilder>} Builder What the parts of the builder share. */

/** @param {{editor: import('./editor.js').Editor, ws: string, ruleId: string, endpoints: {id: string, name: string}[], readOnly: boolean}} props */
function useBuilder({ editor, ws, ruleId, endpoints, readOnly }) {
  const { draft, set, put } = editor;
  const { filter } = draft;
  const [choice, look] = useState(/** @type {import('./events.js').Choice} */ (''));
  const mayTry = may('rules') && may('events:ro');
  const tested = useTest({ draft, ws, ruleId, query: mayTry ? { recent: RECENT } : null });
  const types = useTypes(ws);
  const description = useDescription(draft.events, types.described);
  const events = tested.result?.events ?? [];
  const isWaiting = mayTry && tested.result === null && tested.problem === null;
  const first = events[0]?.id ? `event:${events[0].id}` : !isWaiting && description?.example != null ? `type:${description.name}` : !isWaiting && draft.examples[0] ? `example:${draft.examples[0].key}` : '';
  const now = /** @type {import('./events.js').Choice} */ (choice || first);
  const looked = useLooked(ws, now, draft.examples, description);
  const { event } = looked;
  // The backtest has the verdict on its events and the requests for one of them; of others the server is asked.
  const listed = event?.id ? events.find((each) => each.id === event.id) : undefined;
  const isShown = listed && tested.result?.requests[0]?.event_id === listed.id;
  const query = !event || isShown || readOnly ? null : event.id ? { event_id: event.id } : { event: new Raw(ownEvent(event)) };
  // An event of one's own is not signed with a stored secret, unless one may manage endpoints.
  const alone = useTest({ draft, ws, ruleId: event?.id || may('webhooks') ? ruleId : '', query });
  const own = isShown ? tested.result : alone.result;
  const answered = listed ? tested : alone;
  const said = useMemo(() => saidOf(answered.filter, listed ?? own?.events[0]), [answered.filter, listed, own]);
  const judged = useMemo(() => judge(filter, said), [filter, said]);
  const tallies = useMemo(() => tally(tested.filter, events), [tested.result]);
  const errors = useMemo(() => merged([editor.errors, tested.problem?.errors ?? [], alone.problem?.errors ?? []]), [editor.errors, tested.problem, alone.problem]);
  const wrong = useMemo(() => byNode(filter, errors), [filter, errors]);
  const paths = useMemo(() => [...new Set([...pathsOf(event?.document), ...schemaPaths(description?.schema)])], [event, description]);
  const drag = useMemo(() => signal(/** @type {import('./drag.js').Drag | null} */ (null)), []);
  // What comes while something is dragged waits, so that no place moves away from under it.
  const isDragging = useComputed(() => drag.value !== null);
  const shown = useRef({ said, judged, tallies, wrong });
  if (!isDragging.value) shown.current = { said, judged, tallies, wrong };
  const target = useRef(/** @type {HTMLTextAreaElement | null} */ (null));
  const [hasTemplate, setHasTemplate] = useState(false);

  const edit = (/** @type {import('./filter.js').Group} */ next, /** @type {string | null} */ field = null) => put({ filter: next }, field);
  const add = (/** @type {string} */ path, /** @type {any} */ value) => {
    const node = fromValue(path, value);
    edit(moves.insert(filter, { parent: 'root', index: filter.items.length }, node));
    announce(texts.added(toText(ofNode(node))));
    focusOn(node.id);
  };
  const insert = (/** @type {string} */ pointer) => {
    if (!target.current || !event) return;
    target.current.setRangeText(`{{ ${expression(pointer)} }}`, target.current.selectionStart, target.current.selectionEnd, 'end');
    target.current.dispatchEvent(new InputEvent('input', { bubbles: true }));
    target.current.focus();
  };
  const addExample = (/** @type {import('./events.js').Looked} */ of, /** @type {boolean} */ expect) => {
    const example = { key: newKey(), name: texts.exampleBegun(of.type, draft.examples.length + 1), expect, event: ownEvent(of) };
    put({ examples: [...draft.examples, example] });
    announce(texts.exampleAdded);
  };
  return {
    draft, filter, set, put, edit, add, insert, addExample, look, focusOn, readOnly, ws, endpoints, types: types.all, description, events, mayTry, isWaiting, choice: now, looked, tested, alone, own, ...shown.current, errors, drag,
    saved: editor.saved, pending: editor.pending, block: editor.block, hasTemplate,
    aim: (/** @type {HTMLTextAreaElement} */ area) => { target.current = area; setHasTemplate(true); },
    valuesAt: (/** @type {string} */ path) => (event ? valuesAt(event.document, path) : []),
    pathsBelow: (/** @type {string} */ base) => (base ? paths.flatMap((path) => from(base, path) ?? []) : paths),
    /** @param {string} pointer @param {boolean} [only] not what is inside of it @returns {string[] | undefined} */
    errorsAt: (pointer, only = false) => {
      const found = errors.filter((each) => each.pointer === pointer || (!only && each.pointer.startsWith(`${pointer}/`)));
      return found.length > 0 ? found.map((each) => each.detail) : undefined;
    },
  };
}

/** Each refusal once. @param {import('./draft.js').Mistake[][]} of */
const merged = (of) => [...new Map(of.flat().map((error) => [`${error.pointer} ${error.detail}`, error])).values()];

/** The event as an example has it: without the id, which is another each time. @param {import('./events.js').Looked} event */
const ownEvent = ({ text }) => text.replace(/"id":"evt_[0-9A-Z]+",/, '');

/** A pointer as an expression of templates reads it. @param {string} pointer */
function expression(pointer) {
  const names = pointer.split('/').slice(1).map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'));
  return names.reduce((text, name) => (/^\d+$/.test(name) ? `${text}[${name}]` : /^[A-Za-z_]\w*$/.test(name) ? (text ? `${text}.${name}` : name) : `${text}[${JSON.stringify(name).replaceAll('"', "'")}]`), '');
}

/** The types, and before them the families that have several of them. @param {string[]} types */
function families(types) {
  const of = types.filter((type) => type.includes('.')).map((type) => type.replace(/\.[^.]*$/, '.*'));
  return [...new Set(of.filter((family, place) => of.indexOf(family) !== place)), ...types];
}

/** What the server refuses of the conditions, by the id of the node. @param {import('./filter.js').Group} filter @param {{pointer: string, detail: string}[]} errors @returns {Map<string, string[]>} */
function byNode(filter, errors) {
  const known = pointers(filter);
  const found = /** @type {Map<string, string[]>} */ (new Map());
  for (const { pointer, detail } of errors) {
    if (!/^\/if(\/|$)/.test(pointer)) continue;
    const id = nodeAt(known, pointer.slice(3));
    found.set(id, [...(found.get(id) ?? []), detail]);
  }
  return found;
}

/** @param {{editor: import('./editor.js').Editor, ws: string, ruleId: string, endpoints: {id: string, name: string}[], readOnly: boolean, view: string}} props */
export function Builder({ view, ...props }) {
  const b = useBuilder(props);
  const root = useDragging(b);
  const [, draw] = useState(0);
  // JSON that is no rule yet: an edit of the older rule in its place would take what was typed with it.
  const isHeld = view !== 'json' && b.pending.current !== null;
  useEffect(() => {
    if (!isHeld) return;
    b.block(texts.held);
    return () => b.block(null);
  }, [isHeld]);
  const drop = () => { b.pending.current = null; draw((n) => n + 1); };
  const held = html`<${State} icon="warn" title=${texts.held} actions=${html`<button type="button" class="button primary" onClick=${() => setQuery({ tab: 'json' })}>${texts.toJson}</button><button type="button" class="button" onClick=${drop}>${texts.dropJson}</button>`}>${texts.heldHint}<//>`;
  return html`<div class=${`r-builder r-view-${isHeld ? 'json' : view} ${b.readOnly ? 'r-read-only' : ''}`} ref=${root}>
    ${view !== 'json' && !isHeld && !b.readOnly && html`<${EventPanel} b=${b} />`}
    <div class="r-rule-column r-cards">
      ${isHeld ? held : view === 'json' ? html`<${JsonView} b=${b} />` : html`
        <section class="r-card"><h2>${texts.when}</h2><${When} b=${b} /></section>
        <section class="r-card"><h2>${texts.if}${b.tested.result && b.tested.result.of > 0 && html`<span class="r-near muted number">${texts.firesFor(b.tested.result.matched)} ${texts.ofTheLast(b.tested.result.of)}</span>`}</h2><${Conditions} b=${b} /></section>
        <section class="r-card"><h2>${texts.then}</h2><${Steps} b=${b} /></section>
        <section class="r-card"><h2>${texts.examples}</h2><${Examples} b=${b} /></section>`}
    </div>
    ${!isHeld && !b.readOnly && html`<${Result} b=${b} />`}
    <datalist id="rule-paths">${b.pathsBelow('').map((path) => html`<option key=${path} value=${path} />`)}</datalist>
    <datalist id="rule-families">${families(b.types).map((type) => html`<option key=${type} value=${type} />`)}</datalist>
    <datalist id="rule-types">${b.types.map((type) => html`<option key=${type} value=${type} />`)}</datalist>
    <p id="drag-help" class="hidden">${texts.dragHelp}</p>
  </div>`;
}

