// Do the clients of the official TypeScript SDK get along with /v1/mcp? `node clients.mjs URL KEY` lists and calls tools with
// both lines of the SDK: version 1, which most agents have, and version 2, with and without a handshake.

import assert from 'node:assert/strict';
import * as v2 from '@modelcontextprotocol/client';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

const [url, key] = process.argv.slice(2);
const me = { name: 'typescript-story', version: '1.0.0' };
const address = new URL('/v1/mcp', url);
const withKey = key => ({ requestInit: { headers: { Authorization: `Bearer ${key}` } } });

const clients = [
  {
    name: 'version 1',
    make: () => new Client(me),
    transport: key => new StreamableHTTPClientTransport(address, withKey(key)),
  },
  ...[
    ['version 2 with a handshake', 'legacy'],
    ['version 2 without one', { pin: '2026-07-28' }],
    ['version 2, left to choose', 'auto'],
  ].map(([name, mode]) => ({
    name,
    make: () => new v2.Client(me, { versionNegotiation: { mode } }),
    transport: key => new v2.StreamableHTTPClientTransport(address, withKey(key)),
  })),
];

for (const { name, make, transport } of clients) {
  const client = make();
  await client.connect(transport(key));
  const { tools } = await client.listTools();
  assert.deepEqual(tools.map(tool => tool.name), ['look_up_order', 'refund_order']);
  const found = await client.callTool({ name: 'look_up_order', arguments: { order: '7' } });
  assert.ok(!found.isError, JSON.stringify(found));
  assert.deepEqual(found.structuredContent, { order: '7', state: 'paid' });
  const bad = await client.callTool({ name: 'look_up_order', arguments: { order: 7 } });
  assert.ok(bad.isError && bad.content[0].text.includes('/order'), JSON.stringify(bad));
  const asked = await client.callTool({ name: 'refund_order', arguments: { order: '7' } });
  assert.equal(asked.structuredContent.status, 'needs_confirmation');
  const { confirmation, idempotency_key } = asked.structuredContent;
  const args = { order: '7', confirmation, idempotency_key };
  const done = await client.callTool({ name: 'refund_order', arguments: args });
  assert.equal(done.structuredContent.status, 'succeeded', JSON.stringify(done));
  await assert.rejects(client.callTool({ name: 'hire', arguments: {} }), /Unknown tool: hire/);
  await client.close();
  await assert.rejects(make().connect(transport('phk_nobody-has-this-key-nobody-has-it')), /401|[Uu]nauthorized/);
  console.log(`${name}: fine`);
}
