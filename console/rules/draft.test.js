// Does a rule come back from the builder as it was, and what does it say?

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { empty, fromText, isComplete, mistakes, step, toText } from './draft.js';
import { sentence, toText as words } from './sentence.js';

const RULE = `{"name":"Gold customers to #vip","active":true,"mode":"live","when":{"events":["ticket.*"],"channels":["eu"]},\
"if":{"$and":[{"data.customer.tier":{"$in":["gold","platinum"]}},{"$or":[{"data.priority":{"$eq":"urgent"}},{"data.subject":{"$contains":["refund","chargeback"]}}]}]},\
"then":[{"id":"a1","do":"deliver","url":"https://hooks.slack.com/services/x","preset":"slack","template":{"text":"{{ data.id }}","0":1.0},"delay_seconds":90,"headers":{"X-A":"b"},"retry":{"preset":"default"}},\
{"id":"a2","do":"deliver","endpoint_id":"we_1"},{"id":"a3","do":"emit","type":"vip.ticket","data":"{{ data }}"},{"id":"a4","do":"invoke","action":"refund","parameters":{"id":"{{ data.id }}"}}],\
"examples":[{"name":"gold","event":{"type":"ticket.created","data":{"b":1.0,"0":9007199254740993}},"expect":true}]}`;

test('a rule comes back byte for byte, without what an answer adds', () => {
  assert.equal(toText(fromText(RULE)), RULE);
  const answer = RULE.replace('{"name"', '{"id":"rule_1","workspace_id":"ws_1","revision":3,"secrets":{"a1":"x"},"name"').replace('"do":"emit"', '"do":"emit","endpoint_id":"we_9"');
  assert.equal(toText(fromText(answer)), RULE);
  assert.equal(toText(fromText(RULE.replace('"default"}', '"default"},"surprise":[1.0]'))), RULE.replace('"default"}', '"default"},"surprise":[1.0]'));
});

test('what the builder cannot show is no draft', () => {
  for (const text of ['{', '[]', '{"then":{}}', '{"then":[{"do":"fly"}]}', '{"name":1,"then":[]}', '{"mode":"off","then":[]}', '{"when":{"events":"x"}}', '{"when":{"types":[]}}',
    '{"if":{"a":{"$regex":1}}}', '{"then":[{"do":"deliver","headers":"abc"}]}', '{"examples":[{"expect":true}]}', '{"then":[{"do":"toString"}]}']) {
    assert.equal(fromText(text), null, text);
  }
  assert.equal(fromText('{}')?.steps.length, 0);
});

test('the text of a message is typed as text, other templates as JSON', () => {
  const message = { ...empty(), steps: [step({ url: 'https://x', preset: 'slack', template: 'Ticket "{{ data.id }}"' })] };
  assert.match(toText(message), /"template":"Ticket \\"\{\{ data.id \}\}\\""/);
  assert.equal(fromText(toText(message)).steps[0].template, 'Ticket "{{ data.id }}"');
  assert.deepEqual(mistakes(message), []);
  for (const template of ['{{ type }}: {{ data.id }}', '[Urgent] {{ data.id }}', 'a "b"']) {
    const other = { ...message, steps: [step({ url: 'https://x', preset: 'slack', template })] };
    assert.deepEqual([fromText(toText(other)).steps[0].template, mistakes(other)], [template, []]);
  }
  const wrong = { ...message, steps: [step({ url: 'https://x', template: '{"a": \n1,}' })] };
  assert.equal(mistakes(wrong)[0].pointer, '/then/0/template');
  assert.match(mistakes(wrong)[0].detail, /line 2/);
  assert.deepEqual([...message.steps, ...wrong.steps, step(), step({ does: 'emit', type: 'a' }), step({ isOwn: false })].map(isComplete), [true, false, false, true, false]);
});

test('a rule is said in a sentence', () => {
  assert.equal(words(sentence(fromText(RULE), () => 'CRM')), 'When ticket.* arrives in channel eu, if customer.tier is “gold” or “platinum” and (priority is “urgent” or subject contains “refund” or “chargeback”), '
    + 'then post to Slack at hooks.slack.com 1 min 30 s later, deliver it to CRM, send the event vip.ticket and invoke the action refund.');
  const said = (filter) => words(sentence(fromText(`{"when":{},"if":${filter},"then":[]}`)));
  assert.equal(said('{"$nor":[{"data.a":1},{"timestamp":{"$gt":"2026-01-05"}}]}'), 'When any event arrives, if none of (a is 1 or timestamp is after “2026-01-05”), then nothing is done.');
  assert.equal(said('{"data.items":{"$elemMatch":{"sku":{"$nin":["x","y"]},"n":{"$exists":false}}}}'), 'When any event arrives, if some item of items has (n is missing and sku is neither “x” nor “y”), then nothing is done.');
  assert.equal(said('{}'), 'When any event arrives, then nothing is done.');
});
