import { test } from 'node:test';
import assert from 'node:assert/strict';
import { contrast, isColour, readable } from './colour.js';

test('contrast is that of WCAG', () => {
  assert.equal(contrast('#000000', '#ffffff'), 21);
  assert.equal(contrast('#ffffff', '#ffffff'), 1);
  assert.equal(contrast('#767676', '#ffffff').toFixed(2), '4.54');
});
test('every accent becomes readable on every ground, and one that is readable stays', () => {
  for (const ground of ['#ffffff', '#101214', '#808080']) {
    for (let n = 0; n < 4096; n += 7) {
      const hex = `#${n.toString(16).padStart(3, '0').replace(/./g, '$&$&')}`;
      const better = readable(hex, ground);
      assert.ok(isColour(better) && contrast(better, ground) >= 4.5, `${hex} on ${ground}: ${better}`);
      if (contrast(hex, ground) >= 4.5) assert.equal(better, hex);
    }
  }
});
test('only #rrggbb is a colour', () => {
  for (const text of ['red', '#fff', '#12345g', 'url(x)', '#123456;']) assert.equal(isColour(text), false);
});
