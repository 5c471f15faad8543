// Why would a rule not fire for an event, in a few words?
// The first condition that did not hold, with the value that was found.
import { texts } from '../messages/en/rules.js';
import { nodeAt, pointers } from './filter.js';
import { find } from './moves.js';
import { short } from './paths.js';
import { shownValue } from './sentence.js';

/** The first reason in a few words. @param {import('./filter.js').Group} filter @param {import('./backtest.js').TestedEvent} event */
export function whyNot(filter, event) {
  const verdict = event.why.find((each) => !each.passed);
  if (!verdict) return '';
  if (verdict.rule !== 'filter') return texts.verdicts[verdict.rule] ?? verdict.rule;
  const failed = verdict.conditions.find((each) => !each.held) ?? verdict.conditions[0];
  const node = failed && find(filter, nodeAt(pointers(filter), failed.pointer))?.node;
  if (!failed || !node) return texts.verdicts.filter;
  const value = failed.found[0];
  return `${short(node.path)} ${value === undefined ? texts.reasons.missing : `${texts.is} ${shownValue(value)}`}`;
}
