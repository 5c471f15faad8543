import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chosen, covers, find, knownTypes, toggle, typeTree } from './types.js';

test('families hold their types and sum up what was seen', () => {
  const tree = typeTree([{ name: 'invoice.void', count: 1 }, { name: 'invoice.paid', count: 4 }, { name: 'ping', count: 2 }]);
  assert.deepEqual(tree.map((n) => [n.label, n.count, n.children.map((c) => c.label)]), [['invoice.*', 5, ['invoice.paid', 'invoice.void']], ['ping', 2, []]]);
});

test('families that were seen come first, each by name', () => {
  assert.deepEqual(typeTree([{ name: 'a.x', count: 0 }, { name: 'b.x', count: 1 }, { name: 'c.x', count: 9 }]).map((n) => n.label), ['b.*', 'c.*', 'a.*']);
});

test('a family with one family in it is shown as that', () => {
  assert.deepEqual(typeTree([{ name: 'a.b.c' }, { name: 'a.b.d' }]).map((n) => n.label), ['a.b.*']);
  assert.deepEqual(typeTree([{ name: 'a.b.c' }, { name: 'a.d' }])[0].children.map((n) => n.label), ['a.b.*', 'a.d']);
});

test('a pattern covers by dots only', () => {
  assert.ok(covers('invoice.*', 'invoice.paid') && covers('invoice.*', 'invoice.line.added') && covers('a', 'a'));
  assert.ok(!covers('invoice.*', 'invoices.paid') && !covers('invoice.*', 'invoice') && !covers('a', 'a.b'));
});

test('choosing a family takes in its members', () => {
  assert.deepEqual(toggle(['invoice.paid', 'ping'], 'invoice.*'), ['ping', 'invoice.*']);
  assert.deepEqual(toggle(['ping', 'invoice.*'], 'invoice.*'), ['ping']);
  assert.equal(chosen(['invoice.*'], 'invoice.paid'), 'family');
  assert.equal(chosen(['invoice.paid'], 'invoice.*'), 'part');
  assert.equal(chosen(['a.b.*'], 'a.*'), 'part');
  assert.equal(chosen(['a.*'], 'a.b.*'), 'family');
  assert.equal(chosen(['ping'], 'invoice.*'), '');
});

test('known types are those of the catalogue that are sent, and those seen', () => {
  const known = knownTypes([{ name: 'a', title: 'A', archived: false }, { name: 'old', archived: true }], [{ name: 'a', count: 2 }, { name: 'b', count: 1 }, { name: 'posthorn.test', count: 9 }]);
  assert.deepEqual(known.map((t) => [t.name, t.count, t.described]), [['a', 2, true], ['b', 1, false]]);
  assert.deepEqual(find(known, 'B').map((t) => t.name), ['b']);
});
