import { test } from 'node:test';
import assert from 'node:assert/strict';
import { fill, nice } from './chart.js';

test('hours that the API leaves out are bars of height nothing', () => {
  const now = Date.parse('2026-11-21T12:30:00Z');
  const bars = fill([{ at: '2026-11-21T11:00:00.000Z', delivered: 4, failed: 1 }], { count: 3, now });
  assert.deepEqual(bars.map((b) => [b.at.slice(11, 13), b.delivered]), [['10', 0], ['11', 4], ['12', 0]]);
});
test('the top of the axis is round, even and not lower than the highest bar', () => {
  for (const most of [0, 1, 2, 3, 7, 9, 10, 11, 99, 2694, 9001]) {
    const top = nice(most);
    assert.ok(top >= most, `${most} ${top}`);
    assert.ok(top <= Math.max(2, most * 2.5), `${most} ${top}`);
  }
});
