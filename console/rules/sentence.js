// What does a rule say in plain words?
// The rule as a sentence, in parts, of which paths and values may be set apart; also its accessible description.

import { words } from '../messages/en/rules.js';
import { TEXTS, isWritten } from './filter.js';
import { isNumber } from './json.js';
import { choiceOf, typeOf } from './operators.js';
import { short } from './paths.js';

/**
 * @typedef {{text: string, as: 'text' | 'path' | 'value' | 'type'}} Part
 * @typedef {import('./filter.js').Node} Node
 */

/** Longest value, in characters. */
const LONGEST = 48;

/** @param {string} text @returns {Part} */
const plain = (text) => ({ text, as: 'text' });

/** @param {string} text */
const cut = (text) => ([...text].length > LONGEST ? `${[...text].slice(0, LONGEST - 1).join('')}…` : text);

/** @param {any} value */
export const shownValue = (value) => (typeof value === 'string' ? `“${cut(value)}”` : isNumber(value) ? String(value) : cut(JSON.stringify(value) ?? ''));

/** Puts words between: a, b or c. @param {Part[][]} items @param {string} last @returns {Part[]} */
function listed(items, last) {
  return items.flatMap((parts, place) => {
    if (place === 0) return parts;
    return [plain(place === items.length - 1 ? ` ${last} ` : ', '), ...parts];
  });
}

/** The operator in words, such as “is after” for dates. @param {import('./operators.js').Choice} choice @param {any} value */
export function operatorWords(choice, value) {
  const first = Array.isArray(value) ? value[0] : value;
  const dates = typeOf(first) === 'date' ? words.dates[choice] : undefined;
  return dates ?? words.operators[choice];
}

/** @param {Node} node @returns {Part[]} */
export function ofNode(node) {
  /** @type {Part} */
  const path = { text: node.kind === 'group' && node.of === 'plain' ? '' : short(node.path), as: 'path' };
  if (node.kind === 'condition') {
    const choice = choiceOf(node);
    // As in MongoDB, what is missing is null.
    if (choice === '$eq' && node.value === null) return [path, plain(` ${words.nullOrMissing}`)];
    const parts = [path, plain(` ${operatorWords(choice, node.value)}`)];
    if (choice === '$exists' || choice === '$missing') return parts;
    const values = (Array.isArray(node.value) ? node.value : [node.value]).map((value) => [/** @type {Part} */ ({ text: shownValue(value), as: 'value' })]);
    const ending = node.caseSensitive && TEXTS.has(node.op) ? [plain(` ${words.caseSensitive}`)] : [];
    return [...parts, plain(' '), ...listed(values, choice === '$nin' ? words.nor : words.or), ...ending];
  }
  const inner = inside(node, true);
  return node.of === 'element' ? [plain(`${words.someItem} `), path, plain(` ${words.where} `), ...inner] : inner;
}

/** The conditions of a group. @param {import('./filter.js').Group} of @param {boolean} isNested @returns {Part[]} */
function inside(of, isNested) {
  const items = of.items.filter(isWritten).map(ofNode);
  if (items.length === 0) return [];
  const isSingle = items.length === 1 && of.match !== '$nor';
  const joined = of.match === '$and' ? listed(items, words.and) : listed(items, words.or);
  const opening = of.match === '$nor' ? words.noneOf : '';
  if (isSingle || (!isNested && of.match !== '$nor')) return joined;
  return [plain(`${opening}(`), ...joined, plain(')')];
}

/** What a step does. @param {import('./draft.js').Step} step @param {(id: string) => string} nameOf an endpoint @returns {Part[]} */
export function ofStep(step, nameOf) {
  const later = step.delay_seconds > 0 ? [plain(` ${words.after(step.delay_seconds)}`)] : [];
  /** @param {string} text @param {Part['as']} as @param {string} missing @returns {Part} */
  const named = (text, as, missing) => (text === '' ? plain(missing) : { text: cut(text), as });
  if (step.does === 'emit') return [plain(`${words.emit} `), named(step.type, 'type', words.someType), ...later];
  if (step.does === 'invoke') return [plain(`${words.invoke} `), named(step.action, 'type', words.someAction), ...later];
  if (!step.isOwn) return [plain(`${words.deliver} `), named(step.endpoint_id && nameOf(step.endpoint_id), 'type', words.someEndpoint)];
  return [plain(`${words.posts[step.preset] ?? words.deliver} `), named(host(step.url), 'type', words.someUrl), ...later];
}

/** @param {string} url */
const host = (url) => /^https?:\/\/([^/?#]+)/.exec(url)?.[1] ?? '';

/**
 * The whole rule.
 * @param {import('./draft.js').Draft} draft @param {(id: string) => string} [nameOf] an endpoint @returns {Part[]}
 */
export function sentence(draft, nameOf = (id) => id) {
  const types = draft.events.map((type) => [/** @type {Part} */ ({ text: type, as: 'type' })]);
  const when = types.length === 0 ? [plain(words.whenAny)] : [plain(`${words.whenA} `), ...listed(types, words.or), plain(` ${words.comes}`)];
  const channels = draft.channels.map((channel) => [/** @type {Part} */ ({ text: channel, as: 'type' })]);
  const inChannel = channels.length === 0 ? [] : [plain(` ${words.inChannel} `), ...listed(channels, words.or)];
  const conditions = isWritten(draft.filter) ? [plain(`, ${words.if} `), ...inside(draft.filter, false)] : [];
  const steps = draft.steps.map((step) => ofStep(step, nameOf));
  const then = steps.length === 0 ? [plain(words.nothing)] : listed(steps, words.and);
  return merged([...when, ...inChannel, ...conditions, plain(`, ${words.then} `), ...then, plain('.')]);
}

/** Texts side by side are one. @param {Part[]} parts @returns {Part[]} */
function merged(parts) {
  return parts.reduce((/** @type {Part[]} */ all, part) => {
    const last = all[all.length - 1];
    if (last?.as === 'text' && part.as === 'text') all[all.length - 1] = plain(last.text + part.text);
    else all.push(part);
    return all;
  }, []);
}

/** @param {Part[]} parts */
export const toText = (parts) => parts.map((part) => part.text).join('');
