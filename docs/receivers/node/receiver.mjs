// A webhook receiver with node:http: verify, then work, then remember. Run: node receiver.mjs
import { appendFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { Refused, verifyBody, verifyCovered, verifyStandard } from './verify.mjs';

const { PORT = '9000', WEBHOOK_SECRET, WEBHOOK_PROFILE, WEBHOOK_PREFIX, INBOX = '.' } = process.env;

function verify(request, body) {
  if (WEBHOOK_PROFILE === 'body') return verifyBody(request.headers, body, WEBHOOK_SECRET, WEBHOOK_PREFIX);
  if (WEBHOOK_PROFILE !== 'covered') return verifyStandard(request.headers, body, WEBHOOK_SECRET);
  const path = request.url.split('?')[0]; // Express: originalUrl
  return verifyCovered(request.headers, body, path, WEBHOOK_SECRET, WEBHOOK_PREFIX);
}

// Your work. It may fail: then the webhook comes again.
async function work(event) {
  await appendFile(`${INBOX}/events.jsonl`, JSON.stringify(event) + '\n');
}

// Which events are done. In earnest this is a table with a unique key, written in the transaction of the work.
const done = new Set();
let last = Promise.resolve(); // one event at a time

function workOnce(event) {
  const mine = last.then(async () => {
    if (done.has(event.id)) return;
    await work(event);
    done.add(event.id);
  });
  last = mine.catch(() => {});
  return mine;
}

async function receive(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = Buffer.concat(chunks); // Express: express.raw({ type: '*/*' })
  try {
    verify(request, body);
  } catch (error) {
    if (error instanceof Refused) return [401, error.message];
    throw error;
  }
  await workOnce(JSON.parse(body));
  return [200, ''];
}

createServer(async (request, response) => {
  const [status, text] = await receive(request).catch((error) => [500, String(error)]);
  response.writeHead(status).end(text);
}).listen(Number(PORT), '127.0.0.1');
