// How does a receiver verify, in each of seven languages, with the values of one endpoint?
// Pure: the call in one's own handler, and the command that starts a whole receiver; the files are in samples/.

/** @typedef {{profile: string, prefix: string, path: string, secret: string|null, port?: string}} Values `secret`: null where it is not known; `port`: where a receiver on this machine listens, 9000 if not given */

/** Language → [its name, framework of the call, the command of the receiver]. */
export const LANGUAGES = /** @type {[string, string, string][]} */ ([
  ['node', 'Node.js', 'node receiver.mjs'], ['python', 'Python', 'python3 receiver.py'], ['php', 'PHP', 'php -S 127.0.0.1:9000 receiver.php'], ['go', 'Go', 'go run verify.go receiver.go'],
  ['ruby', 'Ruby', 'ruby receiver.rb'], ['java', 'Java', 'javac *.java && java Receiver'], ['rust', 'Rust', 'cargo run'],
]);

/** @type {Record<string, () => Promise<any>>} */
export const FILES = {
  node: () => import('./samples/node.js'), python: () => import('./samples/python.js'), php: () => import('./samples/php.js'), go: () => import('./samples/go.js'),
  ruby: () => import('./samples/ruby.js'), java: () => import('./samples/java.js'), rust: () => import('./samples/rust.js'),
};

/** What the values of an endpoint are for a sample. @param {any} endpoint @param {string|null} secret @returns {Values} */
export function valuesOf(endpoint, secret) {
  const same = { profile: endpoint.signature.profile, prefix: endpoint.header_prefix, secret };
  const url = URL.parse(endpoint.url);             // a notification's address may be no URL
  if (!url) return { ...same, path: '/' };
  const here = ['127.0.0.1', 'localhost'].includes(url.hostname);
  return { ...same, path: url.pathname, ...(here && url.port && { port: url.port }) };
}

/** @param {string} text as it stands between the quotes of a shell */
const shell = (text) => `'${text.replaceAll("'", "'\\''")}'`;

/** Starts the receiver of the docs with this endpoint's values. @param {string} language @param {Values} values */
export function command(language, { profile, prefix, secret, port = '9000' }) {
  const run = (LANGUAGES.find(([name]) => name === language)?.[2] ?? '').replace('9000', port);
  const settings = [`WEBHOOK_SECRET=${shell(secret ?? 'whsec_…')}`, profile !== 'standard' && `WEBHOOK_PROFILE=${profile}`, prefix !== 'X-Webhook' && `WEBHOOK_PREFIX=${shell(prefix)}`, `PORT=${port}`].filter(Boolean);
  return `${settings.join(' ')} \\\n  ${run}`;
}

/** @param {string} text as it stands between double quotes; no language of these reads more into it than a backslash, a quote and `$`, `#{` */
const quoted = (text) => JSON.stringify(text);

/** The lines that verify in one's own handler. @param {string} language @param {Values} values @returns {string} */
export function call(language, values) {
  const { profile, prefix, path, secret } = values;
  const last = prefix === 'X-Webhook' ? '' : `, ${quoted(prefix)}`;
  const title = profile === 'body' ? 'Body' : profile === 'covered' ? 'Covered' : 'Standard';
  const snake = `verify_${title.toLowerCase()}`;
  const covered = profile === 'covered';
  const middle = covered ? `, ${quoted(path)}` : '';
  const prefixed = profile === 'standard' ? '' : last;
  const known = secret === null ? null : quoted(secret);
  switch (language) {
    case 'node': return `import express from 'express';
import { Refused, verify${title} } from './verify.mjs';

const app = express();
const secret = ${known ?? 'process.env.WEBHOOK_SECRET'};

app.post(${quoted(path)}, express.raw({ type: '*/*' }), async (request, response) => {
  try {
    verify${title}(request.headers, request.body${middle}, secret${prefixed});
  } catch (error) {
    if (error instanceof Refused) return response.status(401).send(error.message);
    throw error;
  }
  await work(JSON.parse(request.body));   // yours
  response.sendStatus(200);
});`;
    case 'python': return `${known ? '' : 'import os\n'}from flask import Flask, request
from verify import Refused, ${snake}

app = Flask(__name__)
SECRET = ${known ?? 'os.environ["WEBHOOK_SECRET"]'}

@app.post(${quoted(path)})
def webhook():
    headers = {name.lower(): value for name, value in request.headers.items()}
    try:
        ${snake}(headers, request.get_data()${middle}, SECRET${prefixed})
    except Refused as why:
        return str(why), 401
    work(request.get_json())   # yours
    return ""`;
    case 'php': return `<?php
require 'verify.php';

$secret = ${known?.replaceAll('$', '\\$') ?? "getenv('WEBHOOK_SECRET')"};
$body = file_get_contents('php://input');
try {
    verify${title}(array_change_key_case(getallheaders()), $body${middle.replaceAll('$', '\\$')}, $secret${prefixed});
} catch (Refused $why) {
    http_response_code(401);
    exit($why->getMessage());
}
work(json_decode($body, true));   // yours`;
    case 'go': return `secret := ${known ?? 'os.Getenv("WEBHOOK_SECRET")'}

http.HandleFunc(${quoted(path)}, func(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err == nil {
		err = Verify${title}(r.Header, body${middle}, secret${profile === 'standard' ? '' : `, ${quoted(prefix)}`}${profile === 'body' ? '' : ', time.Now().Unix()'})
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusUnauthorized)
		return
	}
	work(body) // yours
})`;
    case 'ruby': return `require_relative "verify"

SECRET = ${known?.replaceAll('#', '\\#') ?? 'ENV["WEBHOOK_SECRET"]'}

post ${quoted(path)} do
  body = request.body.read
  headers = request.env.filter_map { |k, v| [k.delete_prefix("HTTP_").tr("_", "-").downcase, v] if k.start_with?("HTTP_") }.to_h
  Webhooks.${snake}(headers, body${middle.replaceAll('#', '\\#')}, SECRET${profile === 'standard' || !last ? '' : `, prefix: ${quoted(prefix)}`})
  work(JSON.parse(body)) # yours
  200
rescue Webhooks::Refused => why
  halt 401, why.message
end`;
    case 'java': return `String secret = ${known ?? 'System.getenv("WEBHOOK_SECRET")'};

byte[] body = request.getInputStream().readAllBytes();
Map<String, String> headers = new HashMap<>();
Collections.list(request.getHeaderNames()).forEach(name -> headers.put(name.toLowerCase(Locale.ROOT), request.getHeader(name)));
try {
    Webhooks.verify${title}(headers, body${middle}, secret${profile === 'standard' ? '' : `, ${quoted(prefix)}`}${profile === 'body' ? '' : ', Instant.now().getEpochSecond()'});
} catch (Webhooks.Refused why) {
    response.sendError(401, why.getMessage());
    return;
}
work(body); // yours`;
    default: return `mod verify;

async fn webhook(headers: HeaderMap, body: Bytes) -> StatusCode {
    let secret = ${known ?? 'std::env::var("WEBHOOK_SECRET").unwrap_or_default()'};${profile === 'body' ? '' : `
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());`}
    if verify::${snake}(&headers, &body${middle}, ${covered ? `(&secret, ${quoted(prefix)}), now` : profile === 'body' ? `&secret, ${quoted(prefix)}` : '&secret, now'}).is_err() {
        return StatusCode::UNAUTHORIZED;
    }
    work(&body).await; // yours
    StatusCode::OK
}`;
  }
}
