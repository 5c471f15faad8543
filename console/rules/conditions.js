// How are the conditions of a rule shown and edited?
// Groups as boxes, conditions as rows, each with a grip, a menu and what it says of the event that is looked at.
import { Coded, Icon, html } from '../shell.js';
import { texts } from '../messages/en/rules.js';
import { MATCHES, TEXTS, condition, group as newGroup, isWritten } from './filter.js';
import { isNumber } from './json.js';
import { Menu } from './menu.js';
import * as moves from './moves.js';
import { choiceOf, choices, choose, typeOfAll } from './operators.js';
import { below, short } from './paths.js';
import { ofNode, operatorWords, shownValue, toText } from './sentence.js';
import { ValueInput } from './value_input.js';

/**
 * @typedef {import('./filter.js').Node} Node
 * @typedef {import('./filter.js').Group} Group
 * @typedef {import('./builder.js').Builder} Builder
 */

/** Where something may be dropped. @param {{b: Builder, parent: string, index: number}} props */
function Slot({ b, parent, index }) {
  const key = `${parent}/${index}`;
  const drag = b.drag.value;
  const isOpen = drag?.places.some((place) => place.key === key);
  return html`<li class=${`r-slot ${isOpen ? 'open' : ''} ${drag && drag.places[drag.at]?.key === key ? 'over' : ''}`} data-slot=${key} role="presentation"></li>`;
}

/** The items of a group, and the places between them. @param {{b: Builder, of: Group, base: string}} props */
function Items({ b, of, base }) {
  return html`<ul class="r-items" role="list">
    <${Slot} b=${b} parent=${of.id} index=${0} />
    ${of.items.flatMap((node, place) => [
    html`<li key=${node.id} class=${`r-item ${b.drag.value?.subject.id === node.id ? 'r-lifted' : ''}`}>${node.kind === 'group' ? html`<${Box} b=${b} of=${node} base=${base} />` : html`<${Row} b=${b} of=${node} base=${base} />`}</li>`,
    html`<${Slot} key=${`${node.id} after`} b=${b} parent=${of.id} index=${place + 1} />`,
  ])}
  </ul>`;
}

/** What makes a row movable. @param {{id: string, label: string, off?: boolean}} props */
export const Grip = ({ id, label, off }) => (off ? null : html`<button type="button" class="r-grip" data-drag=${id} aria-label=${label} title=${texts.gripHint} aria-describedby="drag-help"><svg viewBox="0 0 8 14" aria-hidden="true"><path d="M2 2h.01M6 2h.01M2 7h.01M6 7h.01M2 12h.01M6 12h.01" /></svg></button>`);

/** All, any or none of. @param {{b: Builder, of: Group}} props */
const MatchChoice = ({ b, of }) => html`<select class="r-match" aria-label=${texts.matchLabel} value=${of.match} disabled=${b.readOnly} onChange=${(/** @type {any} */ e) => b.edit(moves.change(b.filter, of.id, { match: e.target.value }))}>
  ${MATCHES.map((match) => html`<option key=${match} value=${match}>${texts.matches[match]}</option>`)}
</select>`;

/** The buttons under the items. @param {{b: Builder, of: Group, base: string}} props */
function Adders({ b, of, base }) {
  if (b.readOnly) return null;
  const at = { parent: of.id, index: of.items.length };
  const add = (/** @type {Node} */ node) => { b.edit(moves.insert(b.filter, at, node)); b.focusOn(node.id); };
  const canNest = moves.drop(b.filter, newGroup('$or', [condition(base ? `${base}.x` : 'data.x', '$exists', true)]), at) !== null;
  return html`<div class="r-adders"><button type="button" class="plain" onClick=${() => add(condition(base ? '' : 'data.', '$eq', ''))}><${Icon} name="plus" />${texts.addCondition}</button>
    ${canNest && html`<button type="button" class="plain" onClick=${() => add(newGroup(of.match === '$or' ? '$and' : '$or', []))}><${Icon} name="plus" />${texts.addGroup}</button>`}</div>`;
}

/** The whole filter. @param {{b: Builder}} props */
export function Conditions({ b }) {
  const whole = b.filter;
  const mistakes = b.wrong.get('root');
  return html`<div class="r-conditions" role="group" aria-label=${texts.conditions}>
    <div class="r-group-head">${whole.items.length > 1 || whole.match !== '$and' ? html`<${MatchChoice} b=${b} of=${whole} /><span class="muted">${texts.mustHold[whole.match]}</span>` : html`<span class="muted">${whole.items.length === 0 ? (/** @type {any} */ (b).noConditions ?? texts.noConditions) : texts.oneCondition}</span>`}</div>
    <${Mistakes} of=${mistakes} />
    <${Items} b=${b} of=${whole} base="" />
    <${Adders} b=${b} of=${whole} base="" />
  </div>`;
}

/** A group inside another, or an item of an array. @param {{b: Builder, of: Group, base: string}} props */
function Box({ b, of, base }) {
  const isElement = of.of === 'element';
  const inner = isElement ? below(base, of.path) : base;
  const said = b.said.get(of.id);
  return html`<div class=${`r-box ${isElement ? 'r-element' : ''}`} role="group" aria-label=${toText(ofNode(of)) || texts.emptyGroup}>
    <div class="r-group-head">
      <${Grip} id=${of.id} label=${texts.grip(isElement ? short(of.path) : texts.matches[of.match])} off=${b.readOnly} />
      <${Mark} of=${b.judged.get(of.id)} />
      ${isElement && html`<span>${texts.someItemOf}</span><${PathInput} b=${b} of=${of} base=${base} /><span>${texts.where}</span>`}
      ${!isElement || of.items.length > 1 || of.match !== '$and' ? html`<${MatchChoice} b=${b} of=${of} />` : ''}
      <span class="spacer"></span>
      ${!b.readOnly && html`<${Menu} label=${texts.menu} items=${() => menuOf(b, of)} />`}
    </div>
    <${Said} b=${b} of=${of} said=${said} />
    <${Mistakes} of=${b.wrong.get(of.id)} />
    <${Items} b=${b} of=${of} base=${inner} />
    ${!isWritten(of) && html`<p class="hint">${texts.emptyGroup}</p>`}
    <${Adders} b=${b} of=${of} base=${inner} />
  </div>`;
}

/** One condition. @param {{b: Builder, of: import('./filter.js').Condition, base: string}} props */
function Row({ b, of, base }) {
  const said = b.said.get(of.id);
  const seen = b.valuesAt(below(base, of.path));
  const choice = choiceOf(of);
  const sentence = toText(ofNode(of));
  const wrong = b.wrong.get(of.id);
  const change = (/** @type {Partial<import('./filter.js').Condition>} */ members, /** @type {string | null} */ field = null) => b.edit(moves.change(b.filter, of.id, members), field);
  return html`<div class=${`r-condition ${wrong ? 'wrong' : ''}`} role="group" aria-label=${sentence} data-node=${of.id}>
    <div class="r-condition-line">
      <${Grip} id=${of.id} label=${texts.grip(sentence)} off=${b.readOnly} />
      <${Mark} of=${b.judged.get(of.id)} />
      <fieldset disabled=${b.readOnly} class="r-condition-parts">
        <${PathInput} b=${b} of=${of} base=${base} />
        <select class="r-operator" aria-label=${texts.operator} value=${choice} onChange=${(/** @type {any} */ e) => b.edit(moves.replace(b.filter, of.id, [choose(of, e.target.value)]))}>
          ${choices(typeOfAll(seen), choice).map((each) => html`<option key=${each} value=${each}>${(of.value === null && texts.ofNull[each]) || (texts.choices[each] ?? operatorWords(each, of.value))}</option>`)}
        </select>
        <${ValueInput} of=${of} label=${texts.value} suggestions=${seen.flat()} wrong=${Boolean(wrong)} change=${(/** @type {any} */ value, /** @type {string} */ field) => change({ value }, field)}>
          ${TEXTS.has(of.op) && html`<label class="r-case" title=${texts.caseHint}><input type="checkbox" checked=${of.caseSensitive} onChange=${(/** @type {any} */ e) => change({ caseSensitive: e.target.checked })} />${texts.caseLabel}</label>`}
        <//>
      </fieldset>
      <${Share} tally=${b.tallies.get(of.id)} room=${b.events.length > 1} />
      ${!b.readOnly && html`<${Menu} label=${texts.menu} items=${() => menuOf(b, of)} />`}
    </div>
    <${Said} b=${b} of=${of} said=${said} />
    <${Mistakes} of=${wrong} />
  </div>`;
}

/** The path, completed from what events have. @param {{b: Builder, of: Node, base: string}} props */
function PathInput({ b, of, base }) {
  const list = base ? `paths-${of.id}` : 'rule-paths';
  return html`<input type="text" class="r-path mono" aria-label=${texts.path} title=${of.path} value=${of.path} list=${list} spellcheck=${false} autocomplete="off" autocapitalize="off" disabled=${b.readOnly}
    placeholder=${base ? texts.memberPlaceholder : 'data.…'} onInput=${(/** @type {any} */ e) => b.edit(moves.change(b.filter, of.id, { path: e.target.value }), `${of.id}/path`)} />
    ${base && html`<datalist id=${list}>${b.pathsBelow(base).map((path) => html`<option key=${path} value=${path} />`)}</datalist>`}`;
}

/** Green where it is as wanted, red where it is not, with words for those who see neither. @param {{of: {held: boolean, isWanted: boolean} | undefined}} props */
function Mark({ of }) {
  if (!of) return html`<span class="r-verdict"></span>`;
  const label = `${of.held ? texts.holds : texts.doesNotHold}${of.held === of.isWanted ? '' : `, ${texts.inNone}`}`;
  return html`<span class=${`r-verdict ${of.isWanted ? 'good' : 'bad'}`} title=${label}><${Icon} name=${of.isWanted ? 'check' : 'cross'} label=${label} /></span>`;
}

/** How often it held. @param {{tally: import('./backtest.js').Tally | undefined, room?: boolean}} props */
const Share = ({ tally, room }) => (tally && tally.of > 1 ? html`<span class="r-share number" title=${texts.shareHint(tally.held, tally.of)}>${tally.held}<span class="muted">/${tally.of}</span></span>` : room ? html`<span class="r-share"></span>` : null);

/** Why it does not hold, and whether it ever can. @param {{b: Builder, of: Node, said: import('./backtest.js').Said | undefined}} props */
function Said({ b, of, said }) {
  const tally = b.tallies.get(of.id);
  const isNever = tally && tally.strange > 0 && tally.strange === tally.of && tally.of > 1;
  if (isNever) return html`<p class="r-said warn"><${Icon} name="warn" />${texts.neverFits(short(of.path), kindOf(tally.example), shownValue(tally.example), tally.of, toText(ofNode(of)), of.kind === 'condition' ? kindOf([of.value].flat()[0]) : 'object')}</p>`;
  if (!said || (said.held && said.reason !== 'missing')) return null;
  const found = said.found.map(shownValue).join(', ');
  return html`<p class=${`r-said ${b.judged.get(of.id)?.isWanted ? '' : 'bad-text'}`}>${texts.reasons[said.reason ?? ''] ?? ''}${found && html` <bdi class="mono">${found}</bdi>`}</p>`;
}

/** @param {any} value @returns {'text' | 'number' | 'flag' | 'null' | 'list' | 'object'} */
const kindOf = (value) => (isNumber(value) ? 'number' : typeof value === 'string' ? 'text' : typeof value === 'boolean' ? 'flag' : value === null ? 'null' : Array.isArray(value) ? 'list' : 'object');

/** What the server refuses. @param {{of: string[] | undefined}} props */
export const Mistakes = ({ of }) => (of ? of.map((words) => html`<p key=${words} class="error" role="alert"><${Icon} name="warn" /><span><${Coded} of=${words} /></span></p>`) : null);

/** What can be done with a node. @param {Builder} b @param {Node} node @returns {import('./menu.js').Item[]} */
function menuOf(b, node) {
  const { filter } = b;
  /** @param {string} label @param {Group | null} result @param {string} [key] @returns {import('./menu.js').Item} */
  const move = (label, result, key) => ({ label, key, off: result === null, run: () => { if (result) { b.edit(result); b.focusOn(node.id); } } });
  const targets = moves.targets(filter, node.id).slice(0, 6);
  const found = moves.find(filter, node.id);
  const isGroup = node.kind === 'group' && node.of === 'plain';
  return [
    move(texts.moves.up, moves.up(filter, node.id)),
    move(texts.moves.down, moves.down(filter, node.id)),
    move(texts.moves.out, moves.out(filter, node.id)),
    ...targets.map((to) => move(texts.moves.into(nameOf(b, to)), moves.into(filter, node.id, to.id))),
    null,
    ...MATCHES.map((match) => move(texts.moves.wrap(texts.matches[match]), moves.wrap(filter, node.id, match))),
    ...(isGroup ? [move(texts.moves.unwrap, moves.unwrap(filter, node.id))] : []),
    move(texts.moves.duplicate, moves.duplicate(filter, node.id)),
    null,
    { label: texts.moves.remove, danger: true, run: () => { b.edit(moves.remove(filter, node.id)); b.focusOn(found?.parent.items[found.index - 1]?.id ?? found?.parent.id ?? ''); } },
  ];
}

/** How a group is called where there are several. @param {Builder} b @param {Group} of */
export function nameOf(b, of) {
  if (of.of === 'root') return texts.wholeRule;
  const words = toText(ofNode(of));
  return words ? (words.length > 40 ? `${words.slice(0, 39)}…` : words) : texts.matches[of.match];
}
