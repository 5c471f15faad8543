// Is the event that a step made read from its answer?
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { madeBy } from './derived.js';

const attempt = (/** @type {string} */ url, /** @type {string} */ body, error = null) => ({ error, request: { url }, response: { body } });

test('the answer of a step that emits names the event', () => {
  assert.deepEqual(madeBy({ attempt_log: [attempt('posthorn:emit:invoice.large', '{"deliveries":5,"id":"evt_1"}')] }), { id: 'evt_1', type: 'invoice.large' });
  assert.equal(madeBy({ attempt_log: [attempt('https://example.com/', '{"id":"evt_1"}')] }), null);
  assert.equal(madeBy({ attempt_log: [attempt('posthorn:emit:invoice.large', '')] }), null);
  assert.equal(madeBy({ attempt_log: [] }), null);
});
