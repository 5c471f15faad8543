// Is every condition of a filter drawn with the server's finding about it?
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { holds, shownValue, tree } from './conditions.js';

test('a single condition has the empty pointer', () => {
  const row = /** @type {any} */ (tree({ 'data.amount': { $gt: 90000 } }, [{ pointer: '', held: false, found: [4200], reason: 'out_of_range' }]));
  assert.deepEqual([row.kind, row.path, row.operator, row.value], ['condition', 'data.amount', '$gt', 90000]);
  assert.deepEqual(row.finding, { held: false, found: [4200], reason: 'out_of_range' });
  assert.equal(holds(row), false);
});

test('groups are judged by their conditions', () => {
  const filter = { $and: [{ 'data.a': { $eq: 1 } }, { $or: [{ 'data.b': { $eq: 2 } }, { 'data.c': { $exists: true } }] }, { $nor: [{ 'data.d': { $eq: 3 } }] }] };
  const finding = (/** @type {string} */ pointer, /** @type {boolean} */ held) => ({ pointer, held, found: [] });
  const row = /** @type {any} */ (tree(filter, [finding('/$and/0', true), finding('/$and/1/$or/0', false), finding('/$and/1/$or/1', true), finding('/$and/2/$nor/0', false)]));
  assert.deepEqual(row.rows.map(holds), [true, true, true]);
  assert.equal(row.held, true);
});

test('an item has one finding for all its conditions', () => {
  const row = /** @type {any} */ (tree({ 'data.items': { $elemMatch: { $and: [{ sku: { $eq: 'x' } }, { n: { $gt: 5 } }] } } }, [{ pointer: '', held: false, found: [{ sku: 'x', n: 1 }], reason: 'different' }]));
  assert.equal(row.kind, 'element');
  assert.equal(holds(row), false);
  assert.deepEqual(row.inner[0].rows.map(holds), [null, null]);
});

test('upper and lower case, and an empty filter', () => {
  assert.equal(/** @type {any} */ (tree({ 'data.code': { $caseSensitive: true, $contains: 'AB' } }, [])).exactCase, true);
  assert.equal(/** @type {any} */ (tree({ $and: [] }, [])).held, true);
});

test('values are shown as JSON, long ones cut', () => {
  assert.equal(shownValue('gold'), '"gold"');
  assert.equal(shownValue(['a', 1]), '"a", 1');
  assert.equal(shownValue('x'.repeat(500)).length, 120);
});
