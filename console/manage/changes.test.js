import test from 'node:test';
import assert from 'node:assert/strict';
import { changed, misfits, numberOrNull, outOfBounds, sides } from './changes.js';

test('only what differs is sent', () => {
  assert.deepEqual(changed({ name: 'a', limit: null, pages: ['x'] }, { name: 'b', limit: null, pages: ['x'] }), { name: 'b' });
  assert.deepEqual(changed({ limit: undefined }, { limit: null }), {});
});

test('both sides of a conflict are shown, and what one side left is said', () => {
  assert.deepEqual(sides({ name: 'a', limit: 1, days: 3 }, { name: 'x', limit: 1, days: 3 }, { name: 'a', limit: 2, days: 3 }), [
    { name: 'name', theirs: 'x', mine: undefined }, { name: 'limit', theirs: undefined, mine: 2 }]);
});

test('events that do not fit are added up over types', () => {
  assert.deepEqual(misfits([]), { total: 0, since: null });
  assert.deepEqual(misfits([{ undescribed: 2, archived: 1, mismatched: 0, first_at: '2026-02' }, { undescribed: 0, archived: 0, mismatched: 4, first_at: '2026-01' }]), { total: 7, since: '2026-01' });
});

test('a cleared number is null, and a zero stays', () => assert.deepEqual([numberOrNull(''), numberOrNull(0), numberOrNull('7')], [null, 0, 7]));

test('every number out of bounds is named, and none that was left', () => {
  const bounds = { days: { least: 1, most: 90, words: 'from 1 to 90' }, limit: { least: 0, most: null, words: 'not negative' } };
  assert.deepEqual(outOfBounds({ days: 0, limit: -5 }, bounds).map((e) => e.pointer), ['/days', '/limit']);
  assert.deepEqual(outOfBounds({ days: 1.5, limit: 0 }, bounds), [{ pointer: '/days', detail: 'from 1 to 90' }]);
  assert.deepEqual(outOfBounds({ limit: null }, bounds), []);
});
