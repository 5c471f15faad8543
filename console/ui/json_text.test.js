import { test } from 'node:test';
import assert from 'node:assert/strict';
import { JsonMistake, lineOf, memberText, mistakeIn, parseJson, pieces, pretty } from './json_text.js';

test('numbers and members that come twice are kept as they were written', () => {
  const node = parseJson('{"n":12345678901234567890.100,"a":1,"a":1e400}');
  assert.deepEqual(node.members.map(([name, value]) => [name, value.text]), [['n', '12345678901234567890.100'], ['a', '1'], ['a', '1e400']]);
  assert.equal(pretty(node), '{\n  "n": 12345678901234567890.100,\n  "a": 1,\n  "a": 1e400\n}');
});
test('whatever JSON.parse takes is taken, and the rest is refused', () => {
  const good = ['0', '-0.5e+3', '""', '"\\ud800\\n"', ' [ ] ', '[1,[2,{"a":null}]]', '{"":{}}', 'true', '"\u2028"'];
  const bad = ['', '01', '+1', '.5', '1.', '[1,]', '{"a":1,}', "{'a':1}", '{a:1}', '"\n"', '"\\x"', 'nul', '[1 2]', '{"a" 1}', '1 2', '[', '"a', '\u00a01'];
  for (const text of good) { JSON.parse(text); assert.equal(mistakeIn(text), null, text); }
  for (const text of bad) { assert.throws(() => JSON.parse(text), text); assert.ok(mistakeIn(text) instanceof JsonMistake, text); }
});
test('characters that would turn a text round are shown as what they are', () => {
  assert.deepEqual(pieces('a\u202eb\u2069'), ['a', '\\u202e', 'b', '\\u2069', '']);
  assert.deepEqual(pieces('שלום \u200f'), ['שלום \u200f'], 'letters and marks turn nothing round');
  const source = '{"a\u202e":"\u2066b"}';
  assert.equal(pretty(parseJson(source)), '{\n  "a\\u202e": "\\u2066b"\n}');
  assert.deepEqual(JSON.parse(pretty(parseJson(source))), JSON.parse(source));
});
test('a mistake names its line and column', () => {
  const mistake = mistakeIn('{\n  "a": 1,\n  "b" 2\n}');
  assert.deepEqual([mistake.line, mistake.column], [3, 7]);
});
test('a pointer finds the line of its value, or of the nearest one above', () => {
  const text = '{\n  "a": {\n    "b/c": [\n      1,\n      2\n    ]\n  }\n}';
  assert.equal(lineOf(text, '/a/b~1c/1'), 5);
  assert.equal(lineOf(text, '/a/missing'), 2);
  assert.equal(lineOf(text, ''), 1);
  assert.equal(lineOf('{', '/a'), null);
});
test('100 levels and 10,000 items are read quickly', () => {
  const deep = '['.repeat(100) + ']'.repeat(100);
  const wide = JSON.stringify(Array.from({ length: 10_000 }, (_, n) => ({ n })));
  const start = process.cpuUsage();   // not the time of day: other tests run beside this one
  assert.equal(parseJson(deep).kind, 'array');
  assert.equal(parseJson(wide).items.length, 10_000);
  assert.ok(process.cpuUsage(start).user < 1_000_000);
});
test('a member is taken as it was written', () => {
  assert.equal(memberText('{"id":"x", "data" : { "n": 1.10 } }', 'data'), '{ "n": 1.10 }');
  assert.equal(memberText('{"data":null}', 'data'), 'null');
  assert.equal(memberText('{"id":1}', 'data'), null);
});
