// Is JSON read and written without a change?

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { JsonNumber, Raw, isNumber, isObject, line, parseJson, read, stringify, tidy } from './json.js';

test('numbers keep their notation and members their order', () => {
  for (const text of ['{"b":1.0,"a":[9007199254740993,-0.0,1e300,0.1,-5]}', '"\\u0000é😀"', 'null', '[[],{}]', '{"__proto__":{"x":1}}']) {
    assert.equal(stringify(read(text)), text);
    assert.equal(tidy(text).replace(/\s/g, ''), text);
    assert.equal(line(parseJson(text)), text);
  }
  assert.equal(tidy('{"b":1,"0":2}'), '{"b": 1, "0": 2}');
  assert.equal(stringify({ a: new Raw('{"b":1,"0":2}'), c: undefined }), '{"a":{"b":1,"0":2}}');
  assert.ok(isNumber(read('1.0')) && read('1.0') instanceof JsonNumber && read('1') === 1);
  assert.ok(isObject(read('{"constructor":1}')) && !isObject(read('1.0')) && !isObject(null));
});

test('what fits on a line stands on one', () => {
  const text = `{"$and":[{"data.tier":{"$in":["gold","platinum"]}},{"data.subject":{"$contains":["refund","chargeback"]}}]}`;
  assert.equal(tidy(text), `{
  "$and": [
    {"data.tier": {"$in": ["gold", "platinum"]}},
    {"data.subject": {"$contains": ["refund", "chargeback"]}}
  ]
}`);
});
