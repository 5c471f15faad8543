// How is a signature verified in Node?
// Made from docs/receivers/node by samples/make.mjs.
export const verifyName = 'verify.mjs';
export const receiverName = 'receiver.mjs';
export const verify = `// Verifies webhook signatures. Each function throws Refused, or returns: then the request is genuine.
// headers: an object with lower-case names, as \`request.headers\` is. body: a Buffer, the raw bytes.
import { createHmac, timingSafeEqual } from 'node:crypto';

export class Refused extends Error {}

export function verifyStandard(headers, body, secret, now = unixNow()) {
  const id = required(headers, 'webhook-id');
  const timestamp = required(headers, 'webhook-timestamp');
  const signatures = required(headers, 'webhook-signature');
  checkTime(timestamp, now);
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  checkListed('v1,' + hmac(key, \`\${id}.\${timestamp}.\`, body).toString('base64'), signatures);
}

export function verifyBody(headers, body, secret, prefix = 'X-Webhook') {
  const signatures = required(headers, \`\${prefix}-Signature\`);
  checkListed('sha256=' + hmac(Buffer.from(secret), '', body).toString('hex'), signatures);
}

// path: as it is in the URL that is called, percent-encoded, without the query.
export function verifyCovered(headers, body, path, secret, prefix = 'X-Webhook', now = unixNow()) {
  const timestamp = required(headers, \`\${prefix}-Timestamp\`);
  const nonce = required(headers, \`\${prefix}-Nonce\`);
  const signatures = required(headers, \`\${prefix}-Signature\`);
  checkTime(timestamp, now);
  const mac = hmac(Buffer.from(secret), \`\${timestamp}.\${nonce}.\${path}.\`, body);
  checkListed('sha256=' + mac.toString('hex'), signatures);
}

function unixNow() {
  return Math.floor(Date.now() / 1000);
}

function required(headers, name) {
  const value = headers[name.toLowerCase()];
  if (typeof value !== 'string' || value === '') throw new Refused(\`\${name} is missing\`);
  return value;
}

function checkTime(timestamp, now) {
  if (!/^[0-9]{1,12}$/.test(timestamp)) throw new Refused('the timestamp is malformed');
  if (Math.abs(now - Number(timestamp)) > 300) throw new Refused('the timestamp is too far from now');
}

function hmac(key, head, body) {
  if (key.length < 16) throw new Refused('the secret is missing or too short');
  return createHmac('sha256', key).update(head).update(body).digest();
}

function checkListed(expected, signatures) {
  const wanted = Buffer.from(expected);
  const found = signatures.split(' ').some((entry) => {
    const given = Buffer.from(entry);
    return given.length === wanted.length && timingSafeEqual(given, wanted);
  });
  if (!found) throw new Refused('no signature matches');
}
`;
export const receiver = `// A webhook receiver with node:http: verify, then work, then remember. Run: node receiver.mjs
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
  await appendFile(\`\${INBOX}/events.jsonl\`, JSON.stringify(event) + '\\n');
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
`;
