// What was sent, and what came back?
// A delivery's last attempt, request and answer side by side, and one sentence over them; the body comes from a preview.
import { Icon, call, duration, html, link, may, useEffect, useRef, useState } from '../shell.js';
import { words } from '../messages/en/endpoint.js';
import { ReceivedAnswer, SentRequest } from './http.js';

/** Why an attempt failed and what to do, as the rest of a sentence. @param {{last_error?: string|null, response_status?: number|null}} delivery */
export function whyFailed({ last_error: error, response_status: status }) {
  if (error && words.errors[error]) return words.errors[error];
  return status ? words.status(status) : words.errors.unknown;
}

/**
 * The body that was sent: rendered again from the same event, and shown only if it has the same hash.
 * @param {any} delivery
 */
export function useSentBody(delivery) {
  const [body, setBody] = useState(/** @type {string|null} */ (null));
  const sent = delivery?.attempt_log.at(-1)?.request;
  useEffect(() => {
    setBody(null);
    if (!sent || !may('events:ro')) return;
    const abort = new AbortController();
    call('POST', `/v1/webhook-endpoints/${delivery.endpoint_id}/preview`, { body: { event_id: delivery.event_id }, key: '', signal: abort.signal })
      .then(({ data }) => { if (data.body_sha256 === sent.body_sha256) setBody(data.body); }, () => {});
    return () => abort.abort();
  }, [delivery?.id]);
  return body;
}

/** @param {{delivery: any, url: string}} props */
export function Exchange({ delivery, url }) {
  const attempt = delivery.attempt_log.at(-1);
  const body = useSentBody(delivery);
  const good = delivery.status === 'delivered';
  const root = useRef(/** @type {HTMLElement|null} */ (null));
  useEffect(() => { root.current?.scrollIntoView({ block: 'nearest' }); }, []);
  return html`<div class="exchange" ref=${root}>
    <p class=${`exchange-line ${good ? 'good-text' : 'bad-text'}`} role="status"><${Icon} name=${good ? 'check' : 'cross'} /><span>${good ? words.took(attempt.response.status, duration(attempt.duration_ms)) : words.refused(whyFailed(delivery))} <a href=${link('deliveries', delivery.id)}>${words.openDelivery}</a></span></p>
    ${attempt && html`<div class="sides"><section aria-label=${words.request}><h3>${words.request}</h3><${SentRequest} of=${{ ...attempt.request, url: attempt.request.url ?? url, body }} /></section>
      <section aria-label=${words.answer}><h3>${words.answer}</h3><${ReceivedAnswer} of=${attempt.response} ms=${attempt.duration_ms} error=${attempt.error ? whyFailed(delivery) : undefined} /></section></div>`}
  </div>`;
}
