// For which of the last events would the draft fire, and what would it send?
// The draft is tried by the server after each edit: on the last 100 events, and on the one that is looked at.
import { Problem, call, useEffect, useMemo, useRef, useState } from '../shell.js';
import { isComplete, settings } from './draft.js';
import { isWritten, pointers } from './filter.js';
import { stringify } from './json.js';

/**
 * @typedef {{pointer: string, held: boolean, found: any[], reason: string | null}} Finding
 * @typedef {{rule: string, passed: boolean, tried: string[], matched: string | null, conditions: Finding[]}} Verdict
 * @typedef {{id: string | null, type: string, timestamp: string, matched: boolean, why: Verdict[]}} TestedEvent
 * @typedef {{step: string, event_id: string | null, request: any, error: string | null, signature_is_valid: boolean}} StepRequest
 * @typedef {{matched: number, of: number, complete: boolean, events: TestedEvent[], requests: StepRequest[]}} Result
 * @typedef {{id: string | null, event: string}} Chosen An event by its id, or the JSON of one that is not stored.
 * @typedef {{result: Result | null, filter: import('./filter.js').Group, problem: Problem | null, isBusy: boolean}} Tested
 *   `filter`: the one that was tried
 * @typedef {{held: boolean, found: any[], reason: string | null}} Said What a condition says of the event.
 * @typedef {{held: number, of: number, strange: number, example: any}} Tally What a condition says of the last events:
 *   how often it held, how often its values were of another type, and one of these.
 */

/** How many events are looked at. */
export const RECENT = 100;
/** An edit is followed by others: the server is asked when they pause, in milliseconds. */
const PAUSE = 350;

/**
 * The draft as it can be tried: without what is not finished, and without what the server refused before.
 * @param {import('./draft.js').Draft} draft @param {Set<number>} [refused] places of steps
 */
function tried(draft, refused = new Set()) {
  const places = draft.steps.flatMap((step, place) => (isComplete(step) && !refused.has(place) ? [place] : []));
  const whole = settings(draft);
  // A step that keeps its id is signed with its own secret.
  const then = places.map((place) => ({ ...whole.then[place], id: triedAs(draft, place) }));
  return { rule: { ...whole, name: '', active: true, mode: 'live', examples: [], then }, places };
}

/** The id under which a step is tried. @param {import('./draft.js').Draft} draft @param {number} place */
const triedAs = (draft, place) => draft.steps[place].id || `new-${place}`;

/** The request of a step. @param {import('./draft.js').Draft} draft @param {number} place @param {Result | null} result */
export const requestOf = (draft, place, result) => result?.requests.find(({ step }) => step === triedAs(draft, place));

/**
 * @param {object} query what the rule is tried on @param {import('./draft.js').Draft} draft @param {string} ws @param {string} ruleId @param {AbortSignal} signal
 * @returns {Promise<{result: Result, problem: Problem | null}>}
 */
async function ask(query, draft, ws, ruleId, signal) {
  /** @param {Set<number>} [refused] */
  const once = async (refused) => {
    const { rule, places } = tried(draft, refused);
    const body = stringify({ ...(ruleId ? { rule_id: ruleId } : { workspace_id: ws }), rule, ...query });
    try {
      // Nothing is made, so nothing has to be remembered under a key.
      return { result: /** @type {Result} */ ((await call('POST', '/v1/rules/test', { body, signal, key: '' })).data), problem: null };
    } catch (error) {
      if (error instanceof Problem) error.errors = error.errors.map((each) => ({ ...each, pointer: atPlace(each.pointer, places) }));
      throw error;
    }
  };
  try {
    return await once();
  } catch (error) {
    // What is wrong with a step does not keep the conditions from being tried.
    const steps = error instanceof Problem ? error.errors.map((each) => Number(/^\/then\/(\d+)/.exec(each.pointer)?.[1] ?? -1)) : [];
    if (!(error instanceof Problem) || steps.length === 0 || steps.includes(-1)) throw error;
    return { ...(await once(new Set(steps))), problem: error };
  }
}

/** A pointer into what was tried as one into the draft. @param {string} pointer @param {number[]} places */
function atPlace(pointer, places) {
  const own = pointer.replace(/^\/rule(?=\/|$)/, '');
  return own.replace(/^\/then\/(\d+)/, (_, at) => `/then/${places[Number(at)] ?? at}`);
}

/**
 * Tries the draft whenever it changes. `query` null: there is nothing to try.
 * @param {{draft: import('./draft.js').Draft, ws: string, ruleId: string, query: Record<string, any> | null}} of @returns {Tested & {again: () => void}}
 */
export function useTest({ draft, ws, ruleId, query }) {
  const [turn, setTurn] = useState(0);
  const asked = useMemo(() => (query ? stringify({ ...query, turn, rule: tried(draft).rule }) : ''), [draft, turn, query && stringify(query)]);
  const [state, setState] = useState(/** @type {Tested & {asked: string}} */ ({ result: null, filter: draft.filter, problem: null, isBusy: true, asked: '' }));
  const last = useRef(draft);
  useEffect(() => {
    if (!query) return;
    const abort = new AbortController();
    const timer = setTimeout(async () => {
      setState((old) => ({ ...old, isBusy: true }));
      try {
        setState({ ...(await ask(query, draft, ws, ruleId, abort.signal)), filter: draft.filter, isBusy: false, asked });
      } catch (error) {
        if (/** @type {Error} */ (error).name === 'AbortError') return;
        if (!(error instanceof Problem)) throw error;
        setState((old) => ({ ...old, result: error.errors.length > 0 ? old.result : null, problem: error, isBusy: false, asked }));
      }
    }, last.current === draft ? 0 : PAUSE);
    last.current = draft;
    return () => { clearTimeout(timer); abort.abort(); };
  }, [asked]);
  return { result: query ? state.result : null, filter: state.filter, problem: query ? state.problem : null, isBusy: Boolean(query) && (state.isBusy || state.asked !== asked), again: () => setTurn(turn + 1) };
}

/** What each condition says of an event, by the id of its node. @param {import('./filter.js').Group} filter @param {TestedEvent | undefined} event @returns {Map<string, Said>} */
export function saidOf(filter, event) {
  const known = pointers(filter);
  const verdict = event?.why.find((each) => each.rule === 'filter');
  const said = /** @type {Map<string, Said>} */ (new Map());
  for (const { pointer, held, found, reason } of verdict?.conditions ?? []) {
    const id = known.get(pointer);
    if (id) said.set(id, { held, found, reason });
  }
  return said;
}

/**
 * Whether each condition and group holds, and whether that is wanted where it stands: in a group of which none may hold,
 * what does not hold is as it should be.
 * @param {import('./filter.js').Group} filter @param {Map<string, Said>} said @returns {Map<string, {held: boolean, isWanted: boolean}>}
 */
export function judge(filter, said) {
  const judged = /** @type {Map<string, {held: boolean, isWanted: boolean}>} */ (new Map());
  /** @param {import('./filter.js').Node} node @param {boolean} wants @returns {boolean | undefined} */
  const visit = (node, wants) => {
    const held = node.kind === 'group' && node.of !== 'element' ? ofGroup(node, wants) : said.get(node.id)?.held;
    if (held !== undefined) judged.set(node.id, { held, isWanted: held === wants });
    return held;
  };
  /** @param {import('./filter.js').Group} of @param {boolean} wants */
  const ofGroup = ({ match, items }, wants) => {
    const held = items.filter(isWritten).map((node) => visit(node, match === '$nor' ? !wants : wants));
    if (held.length === 0 || held.includes(undefined)) return undefined;
    return match === '$and' ? held.every(Boolean) : held.some(Boolean) === (match === '$or');
  };
  visit(filter, true);
  return judged;
}

/** What each condition says of the last events, by the id of its node. @param {import('./filter.js').Group} filter @param {TestedEvent[]} events @returns {Map<string, Tally>} */
export function tally(filter, events) {
  const all = /** @type {Map<string, Tally>} */ (new Map());
  for (const event of events) {
    for (const [id, { held, found, reason }] of saidOf(filter, event)) {
      const now = all.get(id) ?? { held: 0, of: 0, strange: 0, example: undefined };
      const isStrange = reason === 'wrong_type';
      all.set(id, { held: now.held + Number(held), of: now.of + 1, strange: now.strange + Number(isStrange), example: isStrange && now.example === undefined ? found[0] : now.example });
    }
  }
  return all;
}
