import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pageOfArray } from './list.js';

const page = (link) => pageOfArray({ data: [], headers: new Headers(link ? { link } : {}) });
test('the links of an array become the cursors of a page', () => {
  assert.deepEqual(page(''), { data: [], next: null, previous: null });
  assert.deepEqual(page('<?limit=1&status=delivered&event_type=invoice.*&before=wd_1>; rel="next"').next, 'wd_1');
  const both = page('<?limit=1&before=wd_1>; rel="next", <?limit=1&after=wd_9>; rel="prev"');
  assert.deepEqual([both.next, both.previous], ['wd_1', 'wd_9']);
});
