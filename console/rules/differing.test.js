// Which lines of two versions differ?

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { differing } from './differing.js';

test('lines that are not in the other version are marked, and only they', () => {
  const [one, other] = differing(['a', 'b', 'c', 'd'], ['a', 'x', 'c', 'y', 'd']);
  assert.deepEqual([[...one], [...other]], [[1], [1, 3]]);
  assert.deepEqual(differing(['a'], ['a']).map((lines) => lines.size), [0, 0]);
  assert.deepEqual(differing([], ['a']).map((lines) => lines.size), [0, 1]);
});
