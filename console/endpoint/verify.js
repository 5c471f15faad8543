// How does the receiver of this endpoint know that a request is genuine?
// What is signed, the secret, a proof by two requests, and samples in seven languages with this endpoint's values.
import { Facts, May, Section, html, may } from '../shell.js';
import { words } from '../messages/en/verify.js';
import { Prove, doctorLink } from './prove.js';
import { Samples } from './samples_view.js';
import { secretOf } from './secret.js';
import { SecretPart } from './settings.js';

/** @param {{endpoint: any, refresh: () => Promise<void>}} props */
export default function Verify({ endpoint, refresh }) {
  const { signature: { profile }, header_prefix: prefix } = endpoint;
  const signed = profile !== 'none';
  const names = profile.startsWith('standard') ? ['webhook-id', 'webhook-timestamp', 'webhook-signature'] : profile === 'covered' ? [`${prefix}-Timestamp`, `${prefix}-Nonce`, `${prefix}-Signature`] : [`${prefix}-Signature`];
  return html`
    <${Section} title=${words.how}><p class="prose-line">${words.profiles[profile]}</p>
      ${signed && html`<div class="below"><${Facts} class="lines" of=${[[words.headers, html`<span class="mono break">${names.join(', ')}</span>`], ...(profile === 'standard-asymmetric' ? [[words.address, html`<span class="mono break">${`/v1/workspaces/${endpoint.workspace_id}/jwks.json`}</span>`]] : [])]} /></div>`}<//>
    ${signed && html`<${May} scope="webhooks"><${SecretPart} endpoint=${endpoint} refresh=${refresh} />
      ${!endpoint.rule_id && html`<${Section} title=${words.prove}><${Prove} endpoint=${endpoint} /><//>`}<//>
    <${Section} title=${words.samples}><${Samples} endpoint=${endpoint} secret=${may('webhooks') ? secretOf(endpoint.id) : null} /><//>
    ${doctorLink(endpoint) && html`<${Section}><p class="row"><span class="muted">${words.doctor}</span>${doctorLink(endpoint)}</p><//>`}`}`;
}
