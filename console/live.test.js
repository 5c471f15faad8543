import { test } from 'node:test';
import assert from 'node:assert/strict';
import { mergePage, nextDelay } from './live.js';

const id = (row) => row.id;

test('a fresh page changes known rows in place and keeps new ones apart', () => {
  const shown = [{ id: 'b', status: 'pending' }, { id: 'a', status: 'failed' }];
  const answer = [{ id: 'd' }, { id: 'c' }, { id: 'b', status: 'delivered' }];
  const { rows, fresh } = mergePage(shown, answer, id);
  assert.deepEqual(rows, [{ id: 'b', status: 'delivered' }, { id: 'a', status: 'failed' }]);
  assert.deepEqual(fresh.map(id), ['d', 'c']);
});
test('the wait grows while nothing changes, is bounded, and starts again after a change', () => {
  assert.equal(nextDelay(5000, 'same'), 7500);
  assert.equal(nextDelay(5000, 'failed'), 10_000);
  assert.equal(nextDelay(50_000, 'same'), 60_000);
  assert.equal(nextDelay(60_000, 'changed'), 5000);
});
