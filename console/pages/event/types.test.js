// Which families do the types form?
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withFamilies } from './types.js';

test('a family stands before its members, and only if it has two', () => {
  assert.deepEqual(withFamilies(['order.created', 'invoice.paid', 'invoice.void', 'ping']), ['invoice.*', 'invoice.paid', 'invoice.void', 'order.created', 'ping']);
  assert.deepEqual(withFamilies(['a.b.c', 'a.b.d']), ['a.*', 'a.b.*', 'a.b.c', 'a.b.d']);
});
