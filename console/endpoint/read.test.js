import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readEndpoint } from './read.js';

test('filter and template keep what JSON.parse would round', () => {
  const text = '{"id":"we_1","filter":{"data.n":{"$gt":12345678901234567890.10}},"template":null}';
  const read = readEndpoint({ data: JSON.parse(text), text, headers: new Headers({ etag: '"3"' }) });
  assert.equal(read.revision, '"3"');
  assert.equal(read.filter_text, '{\n  "data.n": {\n    "$gt": 12345678901234567890.10\n  }\n}');
  assert.equal(read.template_text, '');
});
