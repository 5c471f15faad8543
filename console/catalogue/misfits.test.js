import { test } from 'node:test';
import assert from 'node:assert/strict';
import { misfits } from './misfits.js';

const schema = {
  type: 'object', required: ['amount', 'customer'], additionalProperties: false,
  properties: { amount: { type: 'number', minimum: 0 }, currency: { enum: ['EUR', 'USD'] }, customer: { $ref: '#/$defs/customer' }, lines: { type: 'array', items: { type: 'integer' } }, note: { type: ['string', 'null'], maxLength: 3 } },
  $defs: { customer: { type: 'object', required: ['id'], properties: { id: { type: 'string' } } } },
};

test('a payload that fits has no misfits', () => {
  assert.deepEqual(misfits(schema, { amount: 1.5, currency: 'EUR', customer: { id: 'a', more: 1 }, lines: [1, 2.0], note: 'äöü' }), []);
  assert.deepEqual(misfits(schema, { amount: 0, customer: { id: 'a' }, note: null }), []);
});

test('each place is named once, by what is wrong there', () => {
  const found = misfits(schema, { amount: '1', currency: 'GBP', customer: {}, lines: [1, 1.5], note: 'long' });
  assert.deepEqual(found.map((e) => [e.pointer, e.is]), [['/amount', 'type'], ['/currency', 'enum'], ['/customer/id', 'required'], ['/lines/1', 'type'], ['/note', 'maxLength']]);
  assert.deepEqual(misfits(schema, { amount: -1, customer: { id: 'a' }, other: 1 }).map((e) => [e.pointer, e.is]), [['/amount', 'minimum'], ['/other', 'additionalProperties']]);
});

test('what is not known here counts as fitting', () => {
  for (const unknown of [true, { oneOf: [{ type: 'string' }] }, { $ref: 'https://example.com/a' }, { if: {}, then: false }, { $ref: '#' }]) assert.deepEqual(misfits(unknown, { a: 1 }), []);
});
