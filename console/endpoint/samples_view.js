// How is a sample shown?
// A language, the lines for one's own handler with this endpoint's values, the file that verifies, and a whole receiver.
import { Copy, Fold, Segments, html, useEffect, useState } from '../shell.js';
import { words } from '../messages/en/verify.js';
import { FILES, LANGUAGES, call, command, valuesOf } from './samples.js';

const STORE = 'posthorn.language';
/** @type {Record<string, any>} */
const loaded = {};

/** @param {{text: string, label: string}} props */
export const Code = ({ text, label }) => html`<div class="code-block"><pre class="code" tabindex="0" aria-label=${label}>${text}</pre><${Copy} text=${text} label=${words.copyCode} /></div>`;

/** @param {{endpoint: any, secret: string|null}} props */
export function Samples({ endpoint, secret }) {
  const values = valuesOf(endpoint, secret);
  const asymmetric = values.profile === 'standard-asymmetric';
  const [language, setLanguage] = useState(() => localStorage.getItem(STORE) ?? 'node');
  const [, draw] = useState(0);
  const known = asymmetric ? 'node' : FILES[language] ? language : 'node';
  useEffect(() => { if (!loaded[known]) FILES[known]().then((module) => { loaded[known] = module; draw((n) => n + 1); }); }, [known]);
  const choose = (/** @type {string} */ next) => { localStorage.setItem(STORE, next); setLanguage(next); };
  if (asymmetric) return html`<${Code} label=${words.handler} text=${asymmetricNode(endpoint.public_key ?? '')} /><p class="hint">${words.onlyNode}</p>`;
  const files = loaded[known];
  return html`<div class="samples">
    <${Segments} label=${words.language} value=${known} change=${choose} options=${LANGUAGES.map(([value, word]) => [value, word])} />
    <p class="hint">${secret ? words.secretIn : words.secretOut}</p>
    <h3>${words.handler}</h3><${Code} label=${words.handler} text=${call(known, values)} />
    ${files && html`<div class="folds">
      <${Fold} label=${files.verifyName} note=${known === 'rust' ? words.fileRust : words.file}><${Code} label=${files.verifyName} text=${files.verify} /><//>
      <${Fold} label=${words.whole}><p class="hint">${words.wholeHint(files.verifyName, files.receiverName, values.port ?? '9000')}</p>
        <h3>${files.receiverName}</h3><${Code} label=${files.receiverName} text=${files.receiver} /><h3>${words.command}</h3><${Code} label=${words.command} text=${command(known, values)} /><//>
    </div>`}
  </div>`;
}

/** docs/verifying.md has the same lines. @param {string} key */
const asymmetricNode = (key) => `import { createPublicKey, verify } from 'node:crypto';

const publicKey = ${JSON.stringify(key)};
const x = Buffer.from(publicKey.replace('whpk_', ''), 'base64').toString('base64url');
const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
const message = Buffer.concat([Buffer.from(\`\${headers['webhook-id']}.\${headers['webhook-timestamp']}.\`), body]);
const fresh = Math.abs(Date.now() / 1000 - Number(headers['webhook-timestamp'])) <= 300;
const genuine = fresh && headers['webhook-signature'].split(' ').some((entry) =>
  entry.startsWith('v1a,') && verify(null, message, key, Buffer.from(entry.slice(4), 'base64')));`;
