// Does a schema become the rows that it means, and a change of it the words that it deserves?
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changesOf } from './diff.js';
import { grouped, listening, wantsType } from './listens.js';
import { fieldsOf, typeOf } from './schema.js';

const order = {
  type: 'object', required: ['id', 'lines'],
  properties: {
    id: { type: 'string', description: 'The number.', pattern: '^[0-9]+$' },
    lines: { type: 'array', minItems: 1, items: { $ref: '#/$defs/line' } },
    note: { type: ['string', 'null'], maxLength: 20, deprecated: true },
    channel: { enum: ['chat', 'sms'] },
    at: { type: 'string', format: 'date-time' },
  },
  $defs: { line: { type: 'object', required: ['sku'], properties: { sku: { type: 'string' }, tags: { type: 'array', items: { type: 'string' } } } } },
};

test('members come in order with depth, type and need', () => {
  assert.deepEqual(fieldsOf(order).map((f) => [f.path, f.depth, f.type, f.required]), [
    ['id', 0, 'string', true], ['lines', 0, 'object[]', true], ['lines[].sku', 1, 'string', true], ['lines[].tags', 1, 'string[]', false],
    ['note', 0, 'string | null', false], ['channel', 0, 'string', false], ['at', 0, 'string', false],
  ]);
  assert.deepEqual(fieldsOf(order)[0].limits, [{ is: 'pattern', value: '^[0-9]+$' }]);
  assert.equal(fieldsOf(order)[1].parent, true);
  assert.equal(fieldsOf(order)[4].deprecated, true);
});

test('what is required without being described is a row; not what an alternative requires', () => {
  const schema = { properties: { a: { type: 'string' } }, required: ['a', 'b'], anyOf: [{ required: ['a'] }, { required: ['c'] }] };
  assert.deepEqual(fieldsOf(schema).map((f) => [f.path, f.type, f.required]), [['a', 'string', true], ['b', 'any', true]]);
  assert.deepEqual(changesOf({ properties: { a: { type: 'string' } }, required: ['a'] }, schema).map((c) => [c.path, c.is, c.what]), [['b', 'added', ['need']]]);
});

test('parts, alternatives and maps are looked into', () => {
  const all = { allOf: [{ properties: { a: { type: 'integer' } }, required: ['a'] }, { properties: { b: { oneOf: [{ type: 'string' }, { type: 'object', properties: { c: { const: 7 } } }] } } }], additionalProperties: { type: 'number' } };
  assert.deepEqual(fieldsOf(all).map((f) => [f.path, f.type, f.required]), [['a', 'integer', true], ['b', 'string | object', false], ['b.c', 'integer', false], ['*', 'number', false]]);
});

test('a schema that holds itself, a wrong reference and odd values do no harm', () => {
  const tree = { $ref: '#/$defs/n', $defs: { n: { type: 'object', properties: { next: { $ref: '#/$defs/n' } } } } };
  assert.ok(fieldsOf(tree).length < 20);
  assert.deepEqual(fieldsOf({ properties: { a: { $ref: '#/nothing/there' }, b: true } }).map((f) => f.type), ['any', 'any']);
  assert.deepEqual(fieldsOf({ type: 'string' }).map((f) => [f.path, f.type]), [['', 'string']]);
  assert.deepEqual(fieldsOf({}), []);
  assert.equal(typeOf({ type: 'array', items: { type: ['string', 'null'] } }, {}), '(string | null)[]');
});

test('a wide schema is cut', () => assert.equal(fieldsOf({ properties: Object.fromEntries(Array.from({ length: 3000 }, (_, n) => [`m${n}`, {}])) }).length, 1000));

test('a change says what it may break', () => {
  const next = structuredClone(order);
  delete (/** @type {any} */ (next.properties)).note;
  next.required = ['lines'];
  (/** @type {any} */ (next.properties)).carrier = { type: 'string' };
  (/** @type {any} */ (next.properties)).channel = { enum: ['chat', 'sms', 'mail'] };
  assert.deepEqual(changesOf(order, next).map((c) => [c.path, c.is, c.what.join(), c.breaks]), [
    ['id', 'changed', 'need', true], ['channel', 'changed', 'limits', false], ['carrier', 'added', '', false], ['note', 'removed', '', true],
  ]);
  assert.deepEqual(changesOf(order, order), []);
  assert.deepEqual(changesOf(order, { properties: { id: order.properties.id }, required: ['id'] }).map((c) => c.path), ['lines', 'note', 'channel', 'at']);
  assert.equal(changesOf({ properties: { n: { type: 'number' } } }, { properties: { n: { type: 'integer' } } })[0].breaks, false);
  assert.equal(changesOf({ properties: { n: { type: 'integer' } } }, { properties: { n: { type: 'string' } } })[0].breaks, true);
});

test('who listens is found as the server finds it', () => {
  assert.equal(wantsType([], 'a.b'), true);
  assert.equal(wantsType([], 'posthorn.endpoint.disabled'), false);
  assert.equal(wantsType(['order.*'], 'order.created'), true);
  assert.equal(wantsType(['order.*'], 'order'), false);
  assert.equal(wantsType(['order'], 'order.created'), false);
  assert.deepEqual(listening([{ events: ['a.*'] }, { events: ['b'] }], 'a.x').length, 1);
});

test('groups by name, and those without one last', () => {
  assert.deepEqual(grouped([{ name: 'x', group: null }, { name: 'y', group: 'B' }, { name: 'z', group: 'A' }]).map(([name]) => name), ['A', 'B', '']);
});
