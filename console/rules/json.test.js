// Is JSON read and written without a change?

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { JsonError, RawJson, lineAt, member, parse, pretty, stringify, valueOf } from './json.js';

test('numbers keep their notation and members their order', () => {
  for (const text of ['{"b":1.0,"a":[9007199254740993,-0.0,1e300,0.1,-5]}', '"\\u0000é😀"', 'null', '[[],{}]']) {
    const value = valueOf(parse(text));
    assert.equal(stringify(value), text);
    assert.equal(pretty(text).replace(/\s/g, ''), text);
  }
  assert.equal(pretty('{"b":1,"0":2}'), '{"b": 1, "0": 2}');
  assert.equal(stringify({ a: new RawJson('{"b":1,"0":2}'), c: undefined }), '{"a":{"b":1,"0":2}}');
  assert.equal(stringify(valueOf(parse('{"__proto__":{"x":1}}'))), '{"__proto__":{"x":1}}');
});

test('what JSON.parse takes is taken, and nothing else', () => {
  for (const text of ['', '{', '[1,]', '{"a":1,}', '{a:1}', '01', '1.', '"\n"', '"\\x"', 'tru', '[1 2]', '1 2', '{"a" 1}', '\u00a01']) {
    assert.throws(() => JSON.parse(text));
    assert.throws(() => parse(text), JsonError, text);
  }
  assert.throws(() => parse('['.repeat(200)), JsonError);
  const text = ' { "a" : [ 1 , true , null , "x\\ny" ] } ';
  assert.deepEqual(valueOf(parse(text)), JSON.parse(text));
  assert.equal(member(parse('{"a":1,"a":2}'), 'a')?.value, 2);
});

test('a mistake and a pointer are found on their line', () => {
  const text = '{\n  "a": {\n    "b/c": [1,\n 2]\n  }\n}';
  assert.equal(lineAt(text, '/a/b~1c/1'), 4);
  assert.equal(lineAt(text, '/a/missing/x'), 2);
  assert.equal(lineAt(text, ''), 1);
  assert.throws(() => parse('{\n"a": 1\n"b": 2}'), (error) => error instanceof JsonError && error.line === 3);
});

test('what fits on a line stands on one', () => {
  const text = `{"$and":[{"data.tier":{"$in":["gold","platinum"]}},{"data.subject":{"$contains":["refund","chargeback"]}}]}`;
  assert.equal(pretty(text), `{
  "$and": [
    {"data.tier": {"$in": ["gold", "platinum"]}},
    {"data.subject": {"$contains": ["refund", "chargeback"]}}
  ]
}`);
});
