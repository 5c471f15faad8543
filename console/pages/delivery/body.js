// What does the delivery carry?
// The exact body as it would be sent now, compared by its SHA-256 with what the last attempt sent; or the event's data.
import { Erased, Failed, Icon, Loading, Problem, Section, Segments, html, may, post, useEffect, useMemo, useState, size } from '../../shell.js';
import { words } from '../../messages/en/deliveries.js';
import { JsonTree } from '../../ui/json_tree.js';
import { memberText } from '../../ui/json_text.js';

/** @param {{delivery: any, live: import('../../live.js').Live}} props `live`: the event, as text */
export function Body({ delivery, live }) {
  const canPreview = may('webhooks:ro');
  const [view, setView] = useState('data');
  const event = useMemo(() => (live.data ? JSON.parse(live.data) : null), [live.data]);
  const data = useMemo(() => (live.data ? memberText(live.data, 'data') : null), [live.data]);
  const sent = usePreview(view === 'sent' ? delivery : null);
  return html`<${Section} title=${words.payload} note=${data && view === 'data' && !event?.erased_at ? size(new Blob([data]).size) : undefined} actions=${canPreview && !event?.erased_at && html`<${Segments} label=${words.payload} value=${view} change=${setView} options=${[['data', words.showData], ['sent', words.showBody]]} />`}>
    ${event?.erased_at ? html`<${Erased} at=${event.erased_at} />`
    : view === 'sent' ? html`<${Sent} preview=${sent} last=${delivery.attempt_log.at(-1)} />`
    : live.error ? html`<${Failed} problem=${live.error} retry=${live.refresh} compact />`
    : data === null ? html`<${Loading} rows=${4} height=${24} />` : html`<${JsonTree} text=${data} root="data" label=${words.payload} />`}
  <//>`;
}

/** @param {any} delivery */
function usePreview(delivery) {
  const [preview, setPreview] = useState(/** @type {any} */ (null));
  useEffect(() => {
    if (!delivery) return;
    let over = false;
    post(`/v1/webhook-endpoints/${delivery.endpoint_id}/preview`, { event_id: delivery.event_id }).then((p) => { if (!over) setPreview(p); }, (problem) => { if (!over) setPreview(problem); });
    return () => { over = true; };
  }, [delivery?.id, delivery?.attempts]);
  return preview;
}

/** @param {{preview: any, last: any}} props */
function Sent({ preview, last }) {
  if (!preview) return html`<${Loading} rows=${4} height=${24} />`;
  if (preview instanceof Problem) return html`<${Failed} problem=${preview} compact />`;
  const same = last && preview.body_sha256 === last.request.body_sha256;
  return html`<p class=${`notice ${same ? 'good' : ''}`}><${Icon} name=${same ? 'check' : 'info'} /><span>${!last ? words.bodyNow : same ? words.bodySame(last.number) : words.bodyOther(last.number)}</span></p><${JsonTree} text=${preview.body} label=${words.showBody} />`;
}
