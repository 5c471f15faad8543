// Do a form, its parameters, and the tools of a key come out as the server sees them?
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fieldsOfParameters, parametersText, startValues, typedFrom } from './form_fields.js';
import { snippets, toolsOf } from './tools.js';
import { blank, creation, fromAction, headersOf, settings, urlParameters } from './values.js';
import { write } from '../ui/raw_json.js';

const schema = { type: 'object', required: ['order'], properties: { reason: { enum: ['damaged', 'late'] }, order: { type: 'string', pattern: '^[0-9]+$' }, amount: { type: 'number', default: 1.5 }, urgent: { type: 'boolean' }, lines: { type: 'array' }, note: { $ref: '#/$defs/n' } }, $defs: { n: { type: ['string', 'null'], maxLength: 2000 } } };

test('members become fields, those required first', () => {
  const fields = fieldsOfParameters(schema);
  assert.deepEqual(fields.map((f) => [f.name, f.kind, f.required]), [['order', 'text', true], ['reason', 'choice', false], ['amount', 'number', false], ['urgent', 'choice', false], ['lines', 'json', false], ['note', 'long', false]]);
  assert.deepEqual(fields[1].options, [['"damaged"', 'damaged'], ['"late"', 'late']]);
  assert.equal(startValues(fields).amount, '1.5');
  assert.deepEqual(fieldsOfParameters({}), []);
});

test('what was typed is sent as it was typed, and what is empty is left out', () => {
  const fields = fieldsOfParameters(schema);
  assert.equal(parametersText(fields, { order: '007', amount: '12345678901234567890.10', urgent: 'true', reason: '"late"', lines: '[1]', note: '' }), '{"order":"007","reason":"late","amount":12345678901234567890.10,"urgent":true,"lines":[1]}');
  assert.equal(parametersText(fields, { order: '7', amount: 'many', lines: '[1' }), '{"order":"7","amount":"many","lines":"[1"}');
  assert.equal(parametersText(fields, {}), '{}');
});

test('JSON goes back into the form where it fits', () => {
  const fields = fieldsOfParameters(schema);
  const typed = typedFrom(fields, '{"order":"7","amount":1.50,"lines":[1, 2]}');
  assert.deepEqual([typed?.order, typed?.amount, typed?.lines, typed?.note], ['7', '1.50', '[1, 2]', '']);
  assert.equal(typedFrom(fields, '{"other":1}'), null);
  assert.equal(typedFrom(fields, '{"order":'), null);
});

const own = /** @type {Record<string, [string, string]>} */ ({ list_deliveries: ['List', ''], replay_delivery: ['Replay', ''], why_not_delivered: ['Why', ''] });
const action = { name: 'refund', title: 'Refund', description: '', effect: 'destructive', roles: ['support'], active: true, idempotent: false, confirm: null };

test('a key sees what its roles and scopes allow, and each other says why not', () => {
  const key = { scopes: ['actions', 'deliveries:ro'], roles: ['support'], workspace_id: 'ws_1' };
  const { tools, missing } = toolsOf(key, [action, { ...action, name: 'other', roles: ['ops'] }, { ...action, name: 'off', active: false }, { ...action, name: 'nobody', roles: [] }], own);
  assert.deepEqual(tools.map((t) => [t.name, t.confirms, t.destroys]), [['refund', true, true], ['list_deliveries', false, false]]);
  assert.deepEqual(missing.map((m) => [m.name, m.why, m.needs]), [['other', 'roles', 'ops'], ['off', 'off', ''], ['nobody', 'no_roles', ''], ['replay_delivery', 'scope', 'deliveries'], ['why_not_delivered', 'scope', 'events:ro']]);
});

test('admin does not invoke, and a key for all workspaces sees nothing', () => {
  assert.deepEqual(toolsOf({ scopes: ['admin'], roles: ['support'], workspace_id: 'ws_1' }, [action], own).tools.map((t) => t.name), ['list_deliveries', 'replay_delivery', 'why_not_delivered']);
  assert.deepEqual(toolsOf({ scopes: ['actions'], roles: ['support'], workspace_id: null }, [action], own).tools, []);
  assert.deepEqual(toolsOf({ scopes: ['actions', 'deliveries'], roles: ['support'], workspace_id: 'w' }, [{ ...action, name: 'list_deliveries' }], own).missing.map((m) => m.why), ['taken', 'scope']);
});

test('what was saved is the same after a round trip, and a new action has only what was given', () => {
  const saved = { name: 'refund', title: 'R', description: '', url: 'https://a/{{ parameters.order }}', method: 'POST', parameters: { type: 'object' }, template: null, result_schema: null, headers: { 'X-A': 'b: c' }, effect: 'read', idempotent: true, confirm: false, roles: ['a', 'b'], timeout_seconds: 10, retries: 2, rate_limit: { per_minute: 5 }, max_concurrency: null, signature: { profile: 'body' }, header_prefix: 'X-Webhook', outcomes: { success: [200, '3xx'] }, active: true };
  assert.deepEqual(JSON.parse(write(settings(fromAction(saved)))), Object.fromEntries(Object.entries(saved).filter(([name]) => name !== 'name')));
  assert.deepEqual(Object.keys(creation({ ...blank(), name: 'x', url: 'https://a' })), ['name', 'parameters', 'method', 'url', 'signature', 'effect', 'idempotent', 'active']);
  assert.deepEqual(headersOf('X-A: b: c\n\nX-B'), { 'X-A': 'b: c', 'X-B': '' });
  assert.deepEqual(urlParameters('https://a/{{ parameters.order }}?q={{parameters.q}}'), ['order', 'q']);
});

test('the snippets hold the address and no key', () => {
  for (const { text } of Object.values(snippets('https://p.example'))) { assert.ok(text.includes('https://p.example/v1/mcp')); assert.ok(!/phk_[A-Za-z0-9]/.test(text)); }
});
