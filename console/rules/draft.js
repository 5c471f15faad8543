// What is a rule while it is edited, and how is it JSON?
// The draft: immutable, whole, with what the builder does not show kept as it is. Templates and payloads stay texts.

import { fromJson, isWritten, root, toJson } from './filter.js';
import { JsonMistake, Raw, isObject, line, parseJson, stringify, tidy, valueOf } from './json.js';

/**
 * @typedef {import('./json.js').JsonNode} JsonNode
 * @typedef {{key: string, name: string, value: string}} Header
 * @typedef {object} Step
 * @property {string} key For the screen; steps that were saved have their id.
 * @property {string} id
 * @property {'deliver' | 'emit' | 'invoke'} does
 * @property {boolean} isOwn `deliver`: to a URL of its own, not to an endpoint that exists.
 * @property {string} url
 * @property {string} endpoint_id
 * @property {string} preset `''` is left out.
 * @property {string} template The JSON that is sent, as it was typed; `''` is the payload.
 * @property {number} delay_seconds
 * @property {string} type `emit`
 * @property {string} action `invoke`
 * @property {Header[]} headers
 * @property {Record<string, any>} rest Settings that the builder does not show.
 * @typedef {{key: string, name: string, expect: boolean, event: string}} Example `event` is JSON.
 * @typedef {object} Draft
 * @property {string} name
 * @property {boolean} active
 * @property {'live' | 'watch'} mode
 * @property {string[]} events
 * @property {string[]} channels
 * @property {import('./filter.js').Group} filter
 * @property {Step[]} steps
 * @property {Example[]} examples
 * @property {Record<string, any>} rest
 * @typedef {{pointer: string, detail: string}} Mistake
 */

/** What an answer has beside the settings. */
const NOT_SETTINGS = new Set(['id', 'workspace_id', 'secrets', 'revision', 'created_at', 'updated_at']);
/** @type {Record<Step['does'], string>} The member that holds the template. */
export const TEMPLATE = { deliver: 'template', emit: 'data', invoke: 'parameters' };
/** @type {ReadonlySet<string>} */
export const CHATS = new Set(['slack', 'teams', 'discord']);
export const PRESETS = ['envelope', 'json', 'slack', 'teams', 'discord'];

let made = 0;
export const newKey = () => `k${(made += 1)}`;

/** @param {Partial<Step>} [members] @returns {Step} */
export function step(members = {}) {
  const empty = { id: '', does: /** @type {const} */ ('deliver'), isOwn: true, url: '', endpoint_id: '', preset: '', template: '', delay_seconds: 0, type: '', action: '', headers: [], rest: {} };
  return { key: newKey(), ...empty, ...members };
}

/** A rule that was not begun. @returns {Draft} */
export function empty() {
  return { name: '', active: true, mode: 'watch', events: [], channels: [], filter: root(), steps: [step()], examples: [], rest: {} };
}

/** A value of another kind than the builder shows; the server says what is wrong with it. */
class Strange extends Error {}

/** @template T @param {T | undefined} value @param {(value: any) => boolean} is @param {T} otherwise @returns {T} */
function only(value, is, otherwise) {
  if (value === undefined) return otherwise;
  if (!is(value)) throw new Strange();
  return value;
}

const isText = (/** @type {any} */ value) => typeof value === 'string';
const isTexts = (/** @type {any} */ value) => Array.isArray(value) && value.every(isText);
const isFlag = (/** @type {any} */ value) => typeof value === 'boolean';

/** The members of an object; none of what is missing. @param {JsonNode | undefined} node @returns {Record<string, JsonNode>} */
function membersOf(node) {
  if (node && !node.members && node.text !== 'null') throw new Strange();
  return Object.fromEntries(node?.members ?? []);
}

/** The elements of an array; none of what is missing. @param {JsonNode | undefined} node @returns {JsonNode[]} */
function itemsOf(node) {
  if (node && !node.items) throw new Strange();
  return node?.items ?? [];
}

/**
 * The draft of a rule's JSON; `null` if the builder cannot show it, which it then is not a rule.
 * @param {string} text JSON @returns {Draft | null}
 */
export function fromText(text) {
  try {
    return read(parseJson(text), text);
  } catch (error) {
    if (error instanceof Strange || error instanceof JsonMistake) return null;
    throw error;
  }
}

/** @param {JsonNode} node @param {string} text @returns {Draft} */
function read(node, text) {
  const { name, active, mode, when, if: conditions, then, examples, ...others } = membersOf(node);
  const { events, channels, ...strange } = Object.fromEntries(Object.entries(membersOf(when)).map(([key, value]) => [key, valueOf(value)]));
  const filter = conditions === undefined ? root() : fromJson(valueOf(conditions));
  if (!filter || Object.keys(strange).length > 0) throw new Strange();
  const rest = Object.entries(others).filter(([key]) => !NOT_SETTINGS.has(key));
  return {
    name: only(name && valueOf(name), isText, ''),
    active: only(active && valueOf(active), isFlag, true),
    mode: only(mode && valueOf(mode), (value) => value === 'live' || value === 'watch', 'live'),
    events: only(events, isTexts, []),
    channels: only(channels, isTexts, []),
    filter,
    steps: itemsOf(then).map((each) => readStep(each, text)),
    examples: itemsOf(examples).map((each) => readExample(each, text)),
    rest: Object.fromEntries(rest.map(([key, value]) => [key, valueOf(value)])),
  };
}

/** @param {JsonNode} node @param {string} text @returns {Step} */
function readStep(node, text) {
  const members = membersOf(node);
  const does = /** @type {Step['does']} */ (members.do?.text);
  if (!Object.hasOwn(TEMPLATE, does)) throw new Strange();
  /** @param {string} name */
  const take = (name) => {
    const value = members[name];
    delete members[name];
    return value && valueOf(value);
  };
  const template = members[TEMPLATE[does]];
  delete members[TEMPLATE[does]];
  take('do');
  const url = take('url');
  const id = only(take('id'), isText, '');
  const headers = only(take('headers'), (value) => isObject(value) && Object.values(value).every(isText), {});
  const preset = only(take('preset'), isText, '');
  return {
    key: id || newKey(), id, does, isOwn: does !== 'deliver' || url !== undefined || members.endpoint_id === undefined,
    url: only(url, isText, ''),
    endpoint_id: only(take('endpoint_id'), isText, ''),
    preset,
    template: template === undefined ? '' : shownTemplate(template, text, preset),
    delay_seconds: only(take('delay_seconds'), Number.isInteger, 0),
    type: does === 'emit' ? only(take('type'), isText, '') : '',
    action: does === 'invoke' ? only(take('action'), isText, '') : '',
    headers: Object.entries(headers).map(([name, value]) => ({ key: newKey(), name, value: String(value) })),
    rest: Object.fromEntries(Object.entries(members).map(([key, value]) => [key, valueOf(value)])),
  };
}

/** Whether a template is the text of a message, and not JSON: `Ticket {{ data.id }}`. @param {string} template @param {string} preset */
export const isMessage = (template, preset) => CHATS.has(preset) && !/^\s*(?:\{(?![{%])|"|$)/.test(template);

/** @param {JsonNode} node @param {string} text @param {string} preset */
function shownTemplate(node, text, preset) {
  const isBare = node.kind === 'string' && isMessage(node.text, preset);
  return isBare ? node.text : tidy(text.slice(node.start, node.end), 60);
}

/** @param {JsonNode} node @param {string} text @returns {Example} */
function readExample(node, text) {
  const { name, event, expect, ...others } = membersOf(node);
  if (!event?.members || Object.keys(others).length > 0) throw new Strange();
  return {
    key: newKey(),
    name: only(name && valueOf(name), isText, ''),
    expect: only(expect && valueOf(expect), isFlag, true),
    event: text.slice(event.start, event.end),
  };
}

/** The settings as the server takes them. @param {Draft} draft @returns {Record<string, any>} */
export function settings(draft) {
  const { name, active, mode, events, channels, filter, rest } = draft;
  const examples = draft.examples.map((each) => ({ name: each.name, event: new Raw(each.event), expect: each.expect }));
  return { name, active, mode, when: { events, channels }, if: isWritten(filter) ? toJson(filter) : null, then: draft.steps.map(writeStep), examples, ...rest };
}

/** @param {Step} from @returns {Record<string, any>} */
function writeStep({ id, does, isOwn, url, endpoint_id, preset, template, delay_seconds, type, action, headers, rest }) {
  /** @type {Record<string, any>} */
  const written = { id: id || undefined, do: does };
  const isForward = does === 'deliver' && !isOwn;
  if (does === 'deliver') Object.assign(written, isForward ? { endpoint_id } : { url, preset: preset || undefined });
  if (does === 'emit') written.type = type;
  if (does === 'invoke') written.action = action;
  if (!isForward) {
    if (template.trim() !== '') written[TEMPLATE[does]] = isMessage(template, preset) || !isJson(template) ? template : new Raw(line(parseJson(template)));
    if (delay_seconds > 0) written.delay_seconds = delay_seconds;
    const named = headers.filter((header) => header.name !== '');
    if (does === 'deliver' && named.length > 0) written.headers = Object.fromEntries(named.map((header) => [header.name, header.value]));
  }
  return isForward ? written : { ...written, ...rest };
}

/** @param {string} text */
const isJson = (text) => mistakeIn(text) === null;

/** Why a text is not JSON. @param {string} text @returns {JsonMistake | null} */
export function mistakeIn(text) {
  try {
    parseJson(text);
    return null;
  } catch (error) {
    if (error instanceof JsonMistake) return error;
    throw error;
  }
}

/** The rule as it is saved. @param {Draft} draft */
export const toText = (draft) => stringify(settings(draft));

/** What the server could not tell, as it never gets it: templates that are not JSON. @param {Draft} draft @returns {Mistake[]} */
export function mistakes(draft) {
  return draft.steps.flatMap(({ does, isOwn, template, preset }, place) => {
    const isNone = template.trim() === '' || isMessage(template, preset) || (does === 'deliver' && !isOwn);
    const mistake = isNone ? null : mistakeIn(template);
    return mistake ? [{ pointer: `/then/${place}/${TEMPLATE[does]}`, detail: `is not JSON: line ${mistake.line}: ${mistake.message}` }] : [];
  });
}

/** Whether there is enough of a step to try it. @param {Step} of */
export function isComplete(of) {
  if (of.template.trim() !== '' && !isMessage(of.template, of.preset) && !isJson(of.template)) return false;
  if (of.does === 'emit') return of.type !== '';
  if (of.does === 'invoke') return of.action !== '';
  return of.isOwn ? /^https?:\/\/./.test(of.url) : of.endpoint_id !== '';
}
