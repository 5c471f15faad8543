// Which condition is made of a value, and what may it become?

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { pathTo, pathsOf, schemaPaths } from './events.js';
import { condition, root, toJson } from './filter.js';
import { read, stringify } from './json.js';
import { choiceOf, choices, choose, fromValue, typeOf, typeOfAll } from './operators.js';
import { from, join, split, valuesAt } from './paths.js';

const made = (path, json) => stringify(toJson(root([fromValue(path, read(json))])));

test('a value becomes the condition that fits its type', () => {
  assert.equal(made('data.tier', '"gold"'), '{"data.tier":{"$eq":"gold"}}');
  assert.equal(made('data.text', '"Where is my parcel? I have been waiting for it since Monday"'), '{"data.text":{"$contains":"Where is my"}}');
  assert.equal(made('data.at', '"2026-01-05T09:30:00Z"'), '{"data.at":{"$gte":"2026-01-05T09:30:00Z"}}');
  assert.equal(made('data.n', '9007199254740993'), '{"data.n":{"$gte":9007199254740993}}');
  assert.equal(made('data.paid', 'false'), '{"data.paid":{"$eq":false}}');
  assert.equal(made('data.ref', 'null'), '{"data.ref":{"$eq":null}}');
  assert.equal(made('data.tags', '["vip","eu"]'), '{"data.tags":{"$contains":"vip"}}');
  assert.equal(made('data.codes', '[5]'), '{"data.codes":{"$eq":5}}');
  assert.equal(made('data.items', '[{"tags":[],"sku":"x"}]'), '{"data.items":{"$elemMatch":{"sku":{"$eq":"x"}}}}');
  assert.equal(made('data.items', '[{"a":{}}]'), '{}', 'an item to which nothing was said yet is left out');
  assert.equal(made('data.c', '{}'), '{"data.c":{"$exists":true}}');
  assert.equal(made('data.list', '[]'), '{"data.list":{"$exists":true}}');
});

test('what is offered fits what was seen, and what is chosen stays', () => {
  assert.ok(!choices(typeOf('12.50')).includes('$gte') && choices(typeOf('12.50'), '$gte').includes('$gte'));
  assert.ok(!choices(typeOf(5)).includes('$contains'));
  assert.equal(typeOfAll([1, 2.5, null]), 'number');
  assert.equal(typeOfAll([1, 'a']), 'unknown');
  assert.deepEqual([typeOfAll([]), typeOfAll([null])], ['unknown', 'null']);
});

test('what was typed stays where another operator takes it', () => {
  const gold = condition('data.tier', '$eq', 'gold');
  const values = (...path) => path.reduce((node, choice) => choose(node, choice), gold).value;
  assert.deepEqual(values('$in'), ['gold']);
  assert.equal(values('$in', '$eq'), 'gold');
  assert.equal(values('$contains', '$nin', '$startsWith'), 'gold');
  assert.equal(values('$missing'), false);
  assert.equal(choiceOf(choose(gold, '$missing')), '$missing');
  assert.equal(choose(gold, '$elemMatch').of, 'element');
  assert.equal(choose(gold, '$in').id, gold.id);
  assert.equal(choose(condition('data.n', '$gt', 5), '$contains').value, '5');
  assert.equal(choose({ ...condition('data.c', '$contains', 'AB'), caseSensitive: true }, '$eq').caseSensitive, false);
});

test('a value of an event has the path under which a filter finds it', () => {
  const event = read('{"type":"a","data":{"items":[{"sku":"x","a.b":{"$ref":1,"c[0]":2}}],"grid":[[1]],"":{"x":1}}}');
  for (const [pointer, path, found] of [['/data/items/0/sku', 'data.items.sku', 'x'], ['/data/items/0/a.b/$ref', 'data.items.a\\.b.\\$ref', 1], ['/data/items/0/a.b/c[0]', 'data.items.a\\.b.c\\[0]', 2], ['/type', 'type', 'a']]) {
    assert.equal(pathTo(event, pointer), path);
    assert.deepEqual(valuesAt(event, path), [found]);
    assert.equal(join(split(path)), path);
  }
  assert.equal(pathTo(event, '/data/grid/0/0'), null, 'no path goes into an array of an array');
  assert.equal(pathTo(event, '/data//x'), null, 'no path has an empty name');
  assert.deepEqual(pathsOf({ data: { items: [{ sku: 1 }, { n: 2 }] } }), ['data', 'data.items', 'data.items.sku', 'data.items.n']);
  assert.equal(from('data.items', 'data.items.0.sku'), 'sku');
  assert.equal(from('data.items', 'data.items'), null);
  assert.equal(from('data.items', 'data.item.sku'), null);
});

test('paths come from schemas, through references and arrays, and none turns in a circle', () => {
  const schema = { properties: { customer: { $ref: '#/$defs/customer' }, items: { type: 'array', items: { properties: { sku: {} } } } }, $defs: { customer: { allOf: [{ properties: { tier: {} } }], properties: { parent: { $ref: '#/$defs/customer' } } } } };
  const paths = schemaPaths(schema);
  for (const path of ['data.customer.tier', 'data.items.sku', 'data.customer.parent.tier']) assert.ok(paths.includes(path), path);
  assert.ok(paths.length < 60);
});
