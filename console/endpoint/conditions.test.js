import assert from 'node:assert/strict';
import { test } from 'node:test';
import { conditionsOf, leaves, withCondition } from './conditions.js';

test('conditions come one by one, groups are entered', () => {
  assert.deepEqual(conditionsOf({ 'data.a': 1, $or: [{ 'data.b': { $gt: 2, $lt: 9 } }, { type: { $in: ['x'] } }] }).map((c) => c.words), ['data.a = 1', 'data.b $gt 2', 'data.b $lt 9', 'type $in ["x"]']);
  assert.deepEqual(conditionsOf(null), []);
});
test('the values of a payload that can become a condition', () => {
  assert.deepEqual(leaves({ a: { b: 'x' }, n: 4, none: null, list: [1], 'odd.name': 1, long: 'y'.repeat(50) }, 5), [['data.n', 4], ['data.a.b', 'x']]);
});
test('a condition is added to what is there', () => {
  assert.equal(withCondition('', 'data.a', 1), '{\n  "data.a": 1\n}');
  assert.deepEqual(JSON.parse(withCondition('{"type":"x"}', 'data.a', 1)), { type: 'x', 'data.a': 1 });
  assert.equal(withCondition('{"type":', 'data.a', 1), null);
});
