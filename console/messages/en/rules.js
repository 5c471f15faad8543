// Which words do the pages of rules show?
import { span } from '../../format.js';

/** The words of a rule's sentence. */
export const words = {
  whenAny: 'When any event comes', whenA: 'When', comes: 'comes', inChannel: 'in channel', if: 'if', then: 'then', and: 'and', or: 'or', nor: 'nor', nothing: 'nothing is done',
  noneOf: 'none of ', someItem: 'some item of', where: 'has', caseSensitive: 'in this case of letters',
  operators: /** @type {Record<import('../../rules/operators.js').Choice, string>} */ ({
    $eq: 'is', $ne: 'is not', $in: 'is', $nin: 'is neither', $gt: 'is more than', $gte: 'is at least', $lt: 'is less than', $lte: 'is at most',
    $exists: 'is present', $missing: 'is missing', $contains: 'contains', $startsWith: 'begins with', $endsWith: 'ends with', $elemMatch: 'has an item where',
  }),
  dates: /** @type {Partial<Record<import('../../rules/operators.js').Choice, string>>} */ ({ $gt: 'is after', $gte: 'is on or after', $lt: 'is before', $lte: 'is on or before' }),
  emit: 'send the event', invoke: 'invoke the action', deliver: 'deliver it to',
  posts: /** @type {Record<string, string>} */ ({ slack: 'post to Slack at', teams: 'post to Teams at', discord: 'post to Discord at' }),
  after: (/** @type {number} */ seconds) => `${span(seconds * 1000)} later`,
  someType: 'of a type still to be named', someAction: 'still to be chosen', someEndpoint: 'an endpoint still to be chosen', someUrl: 'an address still to be given',
};
