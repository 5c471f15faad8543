// Which place does a drag choose, and when does it scroll?

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { nearest, speed } from './drag.js';

test('the nearest place is chosen, the inner one of two, and none far away', () => {
  const lines = [{ left: 0, right: 400, y: 100 }, { left: 20, right: 400, y: 140 }, null, { left: 0, right: 400, y: 140 }];
  assert.equal(nearest(lines, 200, 90), 0);
  assert.equal(nearest(lines, 200, 141), 1);
  assert.equal(nearest(lines, 200, 400), -1);
  assert.equal(nearest(lines, 470, 100), 0);
  assert.equal(nearest(lines, 700, 100), -1);
});

test('the page scrolls at its edges, faster the nearer', () => {
  assert.equal(speed(400, 800), 0);
  assert.equal(speed(0, 800), -16);
  assert.equal(speed(-50, 800), -16);
  assert.equal(speed(28, 800), -8);
  assert.equal(speed(800, 800), 16);
});
