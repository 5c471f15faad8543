import test from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { addressOf, curlOf, exampleOf, fieldsOf, follow, missingOf, operationsOf, typeOf } from './openapi.js';

const doc = JSON.parse(readFileSync(new URL('../../docs/openapi.json', import.meta.url), 'utf8'));
const operations = operationsOf(doc).flatMap((group) => group.operations);
const find = (id) => operations.find((op) => op.id === id);

test('every operation of the document is listed once, under its noun', () => {
  const count = Object.values(doc.paths).flatMap((item) => Object.keys(item).filter((m) => ['get', 'post', 'patch', 'put', 'delete'].includes(m))).length;
  assert.equal(operations.length, count);
  assert.equal(new Set(operations.map((op) => op.id)).size, count);
});

test('every field of every body and answer has a type', () => {
  for (const op of operations) {
    const schemas = [op.body?.schema, ...op.answers.map(([, answer]) => answer.content?.['application/json']?.schema)].filter(Boolean);
    for (const row of schemas.flatMap((schema) => fieldsOf(doc, schema))) assert.ok(row.type && !/undefined/.test(row.type), `${op.id} ${row.name}: ${row.type}`);
  }
});

test('"this or null" is this, and says that null is allowed', () => {
  assert.equal(typeOf(doc, { oneOf: [{ $ref: '#/components/schemas/Timestamp' }, { type: 'null' }] }), 'string or null');
  assert.equal(typeOf(doc, { type: 'array', items: { type: 'string' } }), 'list of strings');
  assert.equal(typeOf(doc, {}), 'any');
  assert.equal(follow(doc, { $ref: '#/components/schemas/ApiKeyId', description: 'beside' }).description, 'beside');
});

test('fields inside objects and lists stand below, with their path', () => {
  const names = fieldsOf({}, { properties: { a: { type: 'object', properties: { b: { type: 'string' } }, required: ['b'] }, c: { type: 'array', items: { properties: { d: {} } } } }, required: ['a'] }).map((row) => [row.name, row.depth, row.required]);
  assert.deepEqual(names, [['a', 0, true], ['a.b', 1, true], ['c', 0, false], ['c[].d', 1, false]]);
});

test('the scope is told apart from the text', () => {
  const op = find('create_endpoint');
  assert.deepEqual(op.scopes, ['webhooks']);
  assert.doesNotMatch(op.text, /Scope:/);
  assert.equal(find('read_openapi')?.scopes ?? find('openapi')?.scopes ?? null, null);
});

test('an address takes what is filled in, and says what is missing', () => {
  const op = find('read_event') ?? operations.find((o) => o.path === '/v1/events/{event}' && o.method === 'GET');
  assert.deepEqual(missingOf(op, {}), ['event']);
  assert.equal(addressOf(op, { event: 'a/b c', workspace_id: 'ws_1' }), '/v1/events/a~b%20c?workspace_id=ws_1');
});

test('curl quotes the body and names no key', () => {
  const op = find('create_endpoint');
  assert.equal(curlOf(op, 'https://x', {}, '{"description": "it\'s"}'), `curl -sS "https://x/v1/webhook-endpoints" \\\n  -H "X-API-Key: $KEY" \\\n  -d '{"description":"it'\\''s"}'`);
  assert.match(exampleOf(op, 'ws_here'), /"workspace_id": "ws_here"/);
});
