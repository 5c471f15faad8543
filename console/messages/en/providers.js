// What does one do at each provider?
// Names, where its secret stands, and the steps of its page in docs/incoming; **bold** and `code` are drawn.

/** @typedef {{name: string, what: string, secret?: string, secretHint?: string, before: string[], after: string[], later?: string, note?: string}} ProviderWords */

const whatsapp = 'WhatsApp messages and their status';
const tryIt = 'Send yourself a message, and see the request below.';

/** @type {Record<string, ProviderWords>} */
export const providers = {
  stripe: { name: 'Stripe', what: 'Events of an account', secret: 'Signing secret', secretHint: 'whsec_… of the event destination. Stripe shows it only when it knows the address.', before: [], later: 'Reveal the **signing secret** of the destination and give it here, in place of the one that was made up.',
    after: ['At Stripe, in Workbench, under **Webhooks**, create an event destination: choose the events and **Webhook endpoint**, and paste the address as the **Endpoint URL**. Snapshot and thin payloads both work.'] },
  github: { name: 'GitHub', what: 'Repositories, organisations, Apps', secret: 'Secret', secretHint: 'Of your own choice, at least 8 characters. The same goes to GitHub.', before: [],
    after: ['At GitHub, in the settings of the repository or organisation, under **Webhooks**, choose **Add webhook**.', 'Paste the address as **Payload URL** and the secret as **Secret**, choose the events, and `application/json` as **Content type**. A GitHub App has the same two settings.', 'GitHub sends a `ping` at once.'] },
  shopify: { name: 'Shopify', what: 'Shops of your app', secret: 'Client secret of your app', before: [],
    after: ['At Shopify, subscribe to the topics that you want, with the address as the delivery address (`uri`): in the configuration file of the app, or by the GraphQL Admin API. All shops and topics may have the same address.'] },
  slack: { name: 'Slack', what: 'Events, commands, interactivity', secret: 'Signing secret', secretHint: 'Of your app. Not a token, and not the client secret.', before: [],
    after: ['At Slack, in the settings of your app, paste the address as **Request URL** under **Event Subscriptions**; under **Interactivity** and in each slash command as well, if you want those.', 'Slack sends a challenge at once, which is answered when the signing secret is right. Choose the events, and save.'] },
  sendgrid: { name: 'SendGrid Event Webhook', what: 'What became of e-mails', secret: 'Verification key', secretHint: 'Begins with MFkw.', before: ['At SendGrid, create an **Event Webhook**. Enter any `https` address for now, choose the events, enable **Signed Event Webhook** and **save**. The verification key appears only after saving: copy it.'],
    after: ['At SendGrid, replace the address of the webhook by this address, and save.', 'Press SendGrid’s own test. It is signed only if signing was saved before.'] },
  sendgrid_inbound_parse: { name: 'SendGrid Inbound Parse', what: 'E-mails that arrive', secret: 'Public key of the security policy', secretHint: 'Begins with MFkw.', before: ['Make a DNS record `MX` for a host name that has no other mail, with priority 10 and the server `mx.sendgrid.net`.', 'At SendGrid, make a **security policy** with a signature, and copy `policy.signature.public_key`. For a setting without one choose the scheme `address_only`: then nothing is signed.'],
    after: ['At SendGrid, add an Inbound Parse setting: the receiving domain, the address as destination URL, and the security policy. *POST the raw, full MIME message* may be on or off.'] },
  mailgun: { name: 'Mailgun', what: 'E-mails, sent and received', secret: 'HTTP webhook signing key', secretHint: 'Of the account. It is not the API key.', before: ['At Mailgun, copy the **HTTP webhook signing key** of the account.'],
    after: ['At Mailgun, in the webhooks of the sending domain, add the address for each type of event that you want.', 'For mails that arrive, make a route with the action `forward("ADDRESS")` or `store(notify="ADDRESS")`.'] },
  aws_ses: { name: 'Amazon SES', what: 'E-mails, through Amazon SNS', before: ['At AWS, make a **standard** SNS topic in the region of SES. FIFO topics are not supported by SES.', 'Let its messages be signed with SHA-256: set its attribute `SignatureVersion` to 2.'],
    after: ['At AWS, subscribe the address to the topic by the protocol `https`, **without** raw message delivery. The subscription is verified and confirmed by itself.', 'Make the topic an event destination of an SES configuration set (or the topic of the notifications of an identity, or of a receipt rule), and allow SES to publish to it.'] },
  twilio_sms: { name: 'Twilio SMS', what: 'SMS and MMS, and their status', secret: 'Primary Auth Token', secretHint: 'Of the account; of a subaccount, that of the subaccount.', before: [],
    after: ['At Twilio, paste the address with the method POST: as the webhook for incoming messages of the phone number or Messaging Service, and as the `StatusCallback` of the messages that you send or of the Messaging Service. Both may be the same.', tryIt] },
  twilio_whatsapp: { name: 'Twilio WhatsApp', what: whatsapp, secret: 'Primary Auth Token', secretHint: 'Of the account; of a subaccount, that of the subaccount.', before: [],
    after: ['At Twilio, paste the address with the method POST: in the settings of the WhatsApp sender (or of its Messaging Service) as the webhook for incoming messages and as the status callback URL.', tryIt] },
  meta_whatsapp: { name: 'Meta WhatsApp', what: `${whatsapp}, by the Cloud API`, secret: 'App Secret', secretHint: 'Of your Meta app. Not an access token, and not the verify token.', before: ['Choose a **verify token**, a word of 8 to 128 characters that nobody can guess. It and the App Secret are two different secrets.'],
    after: ['At Meta, in the app’s WhatsApp settings for webhooks, paste the address as the callback URL and the same verify token. Meta asks at once whether the address is yours, and gets its answer.', 'Subscribe to the field `messages`, and to other fields that you need.', tryIt] },
  vonage: { name: 'Vonage', what: 'Messages API, or the older SMS API', secret: 'Signature secret', secretHint: 'Of the account. Not the API secret.', before: ['Which API sends your messages? It is the SMS setting of your Vonage account. The scheme `vonage_jwt` is for the **Messages API**, `vonage_legacy` for the older **SMS API**.'],
    after: ['At Vonage, paste the address. Messages API: as inbound URL and as status URL of the application. SMS API: in the API settings, as the webhook for inbound SMS and for delivery receipts.', 'SMS API only: the signing of these webhooks is off by default, and Vonage’s support switches it on.', tryIt] },
  plivo: { name: 'Plivo', what: 'SMS and their status', secret: 'Auth Token', secretHint: 'Of the account or subaccount that sends, or of the main account.', before: ['Plivo documents the headers of V2 for messages and those of V3 for calls. If your first request has no `X-Plivo-Signature-V3`, change the scheme to `plivo_v2` in the settings.'],
    after: ['At Plivo, paste the address with the method POST: as the `url` of the messages that you send, and as the message URL of the application that your numbers belong to.', tryIt] },
  messagebird: { name: 'MessageBird', what: 'SMS, by the older platform', secret: 'Signing key', before: ['At MessageBird, in the **Developers** section of the dashboard, create a signing key if you have none.'],
    after: ['At MessageBird, enter the address as the URL for status reports in the **API settings**. They are sent only for messages with a `reference`.', 'For SMS that arrive, make a flow that forwards them to the address; for Conversations, create a webhook with the address.'] },
  bird: { name: 'Bird', what: 'Messages, by the current platform', secret: 'Signing secret', secretHint: 'whsec_… of the webhook. With `bird_notifications`, the `signingKey` that you choose.', before: ['For webhook subscriptions of the older API (docs.bird.com), choose the scheme `bird_notifications`. Then the public address must be the one that Bird calls, because it is signed.'], later: 'Give the secret that Bird shows here, in place of the one that was made up.',
    after: ['At Bird, create a webhook (or a webhook subscription for each of the events `sms.inbound`, `sms.outbound`, …) with the address as its URL.'] },
  gupshup: { name: 'Gupshup', what: whatsapp, secret: 'Whole value of a header', secretHint: 'Gupshup signs nothing, but repeats a fixed header. At least 32 characters.', before: ['If you cannot set `meta` at Gupshup, choose the scheme `address_only`: then only the address is secret.'],
    after: ['At Gupshup, set a subscription with the address as its URL and the parameter `meta` as `{"headers":{"Authorization":"Bearer …"}}`, with the same value. Versions 2 and 3 are both understood.', 'The first request is Gupshup’s check of the address, a `user-event`.'] },
  standard_webhooks: { name: 'Standard Webhooks', what: 'Any sender that signs by the standard', secret: 'Signing secret', secretHint: 'whsec_…, or the public key whpk_… if the sender signs with ed25519.', before: [], later: 'Give the secret that the sender shows here, in place of the one that was made up.',
    after: ['At the sender, paste the address where it asks for the URL of the webhook or endpoint.'] },
  svix: { name: 'Svix', what: 'Any sender that delivers by Svix', secret: 'Signing secret', secretHint: 'whsec_…, or the public key whpk_…. It is shown only when the endpoint exists.', before: [], later: 'Copy the endpoint’s **Signing Secret** and give it here, in place of the one that was made up.',
    after: ['At the sender, in its list of webhooks, add an endpoint with the address, and choose the events.'] },
  generic: { name: 'Any sender with an HMAC', what: 'You say how it signs', secret: 'Shared secret', before: ['Look up what the sender documents about its signature: the header, the algorithm, how it is written, and what stands before it.'],
    after: ['At the sender, paste the address as the URL of the webhook, and the secret.'] },
};

/** What a reason usually is, and what to do. @type {Record<string, {word: string, hint: string}>} */
export const reasons = {
  signature_missing: { word: 'no signature', hint: 'Signing is switched off at the provider, or it is not the provider that posts.' },
  signature_malformed: { word: 'signature cannot be read', hint: 'A proxy changed the header, or the scheme is another.' },
  signature_mismatch: { word: 'signature does not fit', hint: 'The secret is another than the provider’s, or the provider calls another URL: then set the public address. After you corrected it, replay the request.' },
  timestamp_missing: { word: 'no time', hint: 'The signature has no time, which this scheme needs.' },
  timestamp_too_old: { word: 'too old', hint: 'The request was repeated much later, or a clock is wrong.' },
  timestamp_in_future: { word: 'from the future', hint: 'A clock is wrong, here or at the provider.' },
  token_refused: { word: 'token refused', hint: 'A claim of the JWT does not fit: issuer, account, or a digest of another URL or body.' },
  signature_reused: { word: 'signature came before', hint: 'A token or nonce came before with other content. The second request may be forged.' },
  topic_not_allowed: { word: 'other topic', hint: 'The SNS topic is not among the topics of this source. If it is yours, add it in the settings, then replay the request.' },
  certificate_url_refused: { word: 'other certificate', hint: 'The message is not from SNS.' },
  certificate_refused: { word: 'certificate refused', hint: 'The message is not from SNS, or this machine’s clock is wrong.' },
  raw_delivery: { word: 'raw delivery', hint: 'Switch raw message delivery off in the subscription: it has no signature.' },
  verify_token_mismatch: { word: 'other verify token', hint: 'The verify token at Meta is another than the one of this source, or another sender asked.' },
  body_malformed: { word: 'body cannot be read', hint: 'The signature is right, the body is not what this provider sends.' },
  body_too_large: { word: 'too large', hint: 'It has more than 4.5 MB. It was not kept and cannot be replayed.' },
  source_inactive: { word: 'source is off', hint: 'The source was switched off. Most providers repeat the request later.' },
  certificate_unavailable: { word: 'certificate not there', hint: 'AWS did not give the certificate. SNS repeats the message.' },
  confirmation_failed: { word: 'confirmation failed', hint: 'The subscription could not be confirmed. SNS repeats the message.' },
  quota_exceeded: { word: 'quota used up', hint: 'The workspace’s events of the day are used up. Replay the request tomorrow, or raise the quota in the settings.' },
  in_progress: { word: 'already under way', hint: 'The same request was being accepted at the same moment.' },
  fault: { word: 'fault of Posthorn', hint: 'It could not be judged. The provider was asked to repeat it; you can replay it, too.' },
};
