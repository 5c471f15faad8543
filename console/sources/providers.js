// What does each provider need from who sets it up?
// Schemes, whether its secret comes before or after the address, what it signs, and its own options; words are in messages.

/**
 * @typedef {object} Provider
 * @property {string} group
 * @property {string[]} schemes the first is the usual one
 * @property {'text'|'base64'} [later] the provider shows its secret only when it knows the address: one is made up until then
 * @property {'hex'|'bearer'} [own] the secret is ours to choose
 * @property {string[]} [options] names of the options that it has
 * @property {boolean} [url] it signs the URL that it calls
 * @property {string} doc its page in docs/incoming
 */

/** @param {string} group @param {string[]} schemes @param {Partial<Provider>} [more] */
const provider = (group, schemes, more = {}) => ({ group, schemes, ...more });

export const PROVIDERS = /** @type {Record<string, Omit<Provider, 'doc'>>} */ ({
  stripe: provider('apps', ['stripe'], { later: 'text' }),
  github: provider('apps', ['hub_signature_256'], { own: 'hex' }),
  shopify: provider('apps', ['shopify']),
  slack: provider('apps', ['slack_v0']),
  sendgrid: provider('mail', ['ecdsa_p256']),
  sendgrid_inbound_parse: provider('mail', ['ecdsa_p256', 'address_only']),
  mailgun: provider('mail', ['mailgun']),
  aws_ses: provider('mail', ['sns'], { options: ['topic_arns', 'require_signature_v2'] }),
  twilio_sms: provider('messages', ['twilio'], { url: true }),
  twilio_whatsapp: provider('messages', ['twilio'], { url: true }),
  meta_whatsapp: provider('messages', ['hub_signature_256'], { options: ['verify_token'] }),
  vonage: provider('messages', ['vonage_jwt', 'vonage_legacy'], { options: ['account_api_key', 'algorithm'] }),
  plivo: provider('messages', ['plivo_v3', 'plivo_v2'], { url: true }),
  messagebird: provider('messages', ['messagebird_jwt', 'messagebird_legacy'], { url: true }),
  bird: provider('messages', ['standard_webhooks', 'bird_notifications'], { later: 'base64', url: true }),
  gupshup: provider('messages', ['static_header', 'address_only'], { own: 'bearer', options: ['header'] }),
  standard_webhooks: provider('any', ['standard_webhooks'], { later: 'base64' }),
  svix: provider('any', ['standard_webhooks'], { later: 'base64' }),
  generic: provider('any', ['hmac'], { options: ['header', 'algorithm', 'encoding', 'prefix', 'timestamp_header', 'type_from', 'dedupe_from'] }),
});

/** Schemes without secrets. */
const NO_SECRET = ['sns', 'address_only'];
/** @param {string} scheme */
export const needsSecret = (scheme) => !NO_SECRET.includes(scheme);

/** Which options the provider has with this scheme. @param {string} name @param {string} scheme @returns {string[]} */
export function optionsOf(name, scheme) {
  const all = PROVIDERS[name]?.options ?? [];
  if (name === 'vonage') return all.filter((o) => (o === 'algorithm') === (scheme === 'vonage_legacy'));
  if (name === 'gupshup') return scheme === 'static_header' ? all : [];
  return all;
}

/** What an algorithm may be, by provider. @param {string} name */
export const algorithmsOf = (name) => (name === 'vonage' ? ['md5hash', 'md5', 'sha1', 'sha256', 'sha512'] : ['sha256', 'sha1', 'sha512']);

/** A secret that nobody can guess, in the form that the provider takes. @param {'text'|'base64'|'hex'|'bearer'} form @param {Uint8Array} bytes 32 of them */
export function secretOf(form, bytes) {
  const hex = [...bytes].map((b) => b.toString(16).padStart(2, '0')).join('');
  if (form === 'base64') return `whsec_${btoa(String.fromCharCode(...bytes))}`;
  if (form === 'text') return `whsec_${hex}`;
  return form === 'bearer' ? `Bearer ${hex}` : hex;
}
