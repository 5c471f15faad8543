import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextStep, receivers, stepsDone } from './steps.js';

const endpoint = { id: 'we', body: 'envelope', signature: { profile: 'standard' } };
const facts = (more = {}) => ({ endpoints: [], endpoint: undefined, delivered: [], checks: [], events: [], ...more });
test('nothing is there: the first step is next', () => { assert.equal(nextStep(stepsDone(facts())), 0); });
test('each step is done by what is there', () => {
  const checks = [{ endpoint_id: 'gone', status: 'failed', response_status: 401 }, { endpoint_id: 'we', status: 'delivered', response_status: 200 }];
  assert.equal(nextStep(stepsDone(facts({ endpoints: [endpoint], endpoint }))), 1);
  assert.equal(nextStep(stepsDone(facts({ endpoints: [endpoint], endpoint, delivered: [{}] }))), 2);
  assert.equal(nextStep(stepsDone(facts({ endpoints: [endpoint], endpoint, delivered: [{}], checks, events: [{ type: 'posthorn.test' }, { type: 'signature.check' }] }))), 3);
  assert.equal(nextStep(stepsDone(facts({ endpoints: [endpoint], endpoint, delivered: [{}], checks, events: [{ type: 'invoice.paid' }] }))), 4);
});
test('an endpoint that is not signed has nothing to verify', () => {
  assert.equal(stepsDone(facts({ endpoints: [endpoint], endpoint: { ...endpoint, signature: { profile: 'none' } } })).verified, true);
});
test('notifications are no receivers', () => { assert.deepEqual(receivers([endpoint, { body: 'slack' }]), [endpoint]); });
