// What does the server's answer say of each condition and group?

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { judge, saidOf, tally } from './backtest.js';
import { fromJson } from './filter.js';
import { find } from './moves.js';

const FILTER = { $and: [{ 'data.a': { $eq: 1 } }, { $nor: [{ 'data.b': { $eq: 2 } }, { $or: [{ 'data.c': { $gt: 5 } }, { 'data.d': { $eq: 4 } }] }] }] };
const event = (a, b, c, d) => ({
  id: 'evt', type: 'x', timestamp: '', matched: false, why: [{ rule: 'filter', passed: false, conditions: [
    { pointer: '/$and/0', held: a, found: [1], reason: null }, { pointer: '/$and/1/$nor/0', held: b, found: [], reason: 'missing' },
    { pointer: '/$and/1/$nor/1/$or/0', held: c, found: ['12.50'], reason: c ? null : 'wrong_type' }, { pointer: '/$and/1/$nor/1/$or/1', held: d, found: [], reason: 'missing' }] }],
});

test('in a group of which none may hold, what does not hold is as it should be', () => {
  const filter = fromJson(FILTER);
  const [a, nor] = filter.items;
  const [b, or] = nor.items;
  const judged = judge(filter, saidOf(filter, event(true, false, true, false)));
  const of = (node) => [judged.get(node.id).held, judged.get(node.id).isWanted];
  assert.deepEqual([a, nor, b, or, ...or.items].map(of), [[true, true], [false, false], [false, true], [true, false], [true, false], [false, true]]);
  assert.equal(judged.get('root').held, false);
  assert.equal(judge(filter, new Map()).size, 0);
});

test('what is of another type in all events is counted', () => {
  const filter = fromJson(FILTER);
  const tallies = tally(filter, [event(true, false, false, false), event(false, false, false, true)]);
  const c = filter.items[1].items[1].items[0];
  assert.equal(find(filter, c.id)?.node, c);
  assert.deepEqual(tallies.get(c.id), { held: 0, of: 2, strange: 2, example: '12.50' });
  assert.equal(tallies.get(filter.items[0].id).held, 1);
});
