import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lastVerdict, verdict } from './check.js';

const took = { status: 'delivered', response_status: 200 };
const refused = { status: 'failed', response_status: 401 };
test('only the right one taken and the wrong one refused proves that signatures are checked', () => {
  assert.equal(verdict(took, refused), 'proved');
  assert.equal(verdict(took, took), 'takes_anything');
  assert.equal(verdict(refused, refused), 'refuses_all');
  assert.equal(verdict(took, { status: 'failed', response_status: 500 }), 'unclear');
  assert.equal(verdict(took, { status: 'failed', response_status: null }), 'unclear');
});
test('the last check is known by its deliveries', () => {
  const row = (endpoint_id, rest) => ({ endpoint_id, ...rest });
  assert.equal(lastVerdict([row('gone', refused), row('we', took)], [{ id: 'we' }], 'we'), 'proved');
  assert.equal(lastVerdict([row('gone', took), row('we', took), row('older', refused)], [{ id: 'we' }], 'we'), 'takes_anything');
  assert.equal(lastVerdict([row('we', took)], [{ id: 'we' }], 'we'), null);
  const two = [row('gone 2', took), row('other', took), row('gone', refused), row('we', took)];
  assert.deepEqual(['we', 'other', 'new'].map((id) => lastVerdict(two, [{ id: 'we' }, { id: 'other' }], id)), ['proved', 'takes_anything', null]);
});
