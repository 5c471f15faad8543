// Is only sent what may be sent, and does one refusal not stop the rest?
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Problem } from '../../api.js';
import { planOf, sendAll } from './selection.js';

const row = (/** @type {string} */ status, more = {}) => ({ id: `wd_${status}`, endpoint_id: 'we_1', status, cancel_reason: null, ...more });

test('each delivery is in one list of the plan', () => {
  const rows = ['failed', 'retrying', 'parked', 'pending', 'delivered', 'cancelled'].map((status) => row(status));
  const plan = planOf([...rows, row('cancelled', { cancel_reason: 'event_erased' }), row('failed', { endpoint_id: 'we_off' })], new Map([['we_1', { active: true }], ['we_off', { active: false }]]));
  assert.deepEqual(plan.send.map((r) => r.status), ['failed', 'retrying', 'parked', 'cancelled']);
  assert.deepEqual([plan.delivered.length, plan.onWay.length, plan.off.length, plan.gone.length], [1, 1, 1, 1]);
});

test('an endpoint that is not known is left to the server', () => {
  assert.equal(planOf([row('failed')], new Map()).send.length, 1);
});

test('a refusal is kept, and the rest is sent', async () => {
  const sent = /** @type {string[]} */ ([]);
  const progress = /** @type {number[]} */ ([]);
  const rows = Array.from({ length: 9 }, (_, n) => row('failed', { id: `wd_${n}` }));
  const refused = await sendAll(rows, false, (done) => progress.push(done), async (delivery) => {
    if (delivery.id === 'wd_3') throw new Problem(409, { detail: 'the endpoint is switched off' }, null);
    sent.push(delivery.id);
  });
  assert.equal(sent.length, 8);
  assert.deepEqual(refused.map((r) => [r.delivery.id, r.problem.message]), [['wd_3', 'the endpoint is switched off']]);
  assert.deepEqual(progress, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test('a fault of our own is not taken for a refusal', async () => {
  await assert.rejects(sendAll([row('failed')], false, () => {}, async () => { throw new TypeError('ours'); }), TypeError);
});
