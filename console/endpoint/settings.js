// How are the settings of an endpoint changed?
// The same form as for a new one, with the request beside it; only what differs is sent, and a change by somebody else is shown.
import { FormEnd, Section, Notice, call, html, may, span, toast, useClock, useForm, useState } from '../shell.js';
import { words } from '../messages/en/endpoint.js';
import { Delete, EndOverlap, Rotate, pathOf } from './actions.js';
import { Conflict } from './conflict.js';
import { EndpointFields, shownPointers } from './fields.js';
import { PreviewPanel, firstType, usePreview, useSample, useSavedPreview, useTypes } from './preview.js';
import { readEndpoint } from './read.js';
import { rememberSecret, secretOf } from './secret.js';
import { changes, fromEndpoint, write } from './values.js';

/** @param {{ws: string, endpoint: any, refresh: () => Promise<void>}} props `endpoint.revision`: that of the answer */
export default function Settings({ ws, endpoint, refresh }) {
  const [theirs, setTheirs] = useState(/** @type {any} */ (null));
  const put = async (/** @type {any} */ value, /** @type {any} */ from = value.base) => {
    const changed = changes(fromEndpoint(from), value);
    if (Object.keys(changed).length === 0) { toast(words.nothing); return; }
    try {
      const next = readEndpoint(await call('PATCH', pathOf(endpoint), { body: write(changed), revision: from.revision }));
      rememberSecret(next);
      toast(next.secret ? words.newSecret : words.saved);
      setTheirs(null);
      form.reset(opened(next));
      await refresh();
    } catch (error) {
      if (![409, 412].includes(/** @type {any} */ (error).status) || !['precondition_failed', 'changed_meanwhile'].includes(/** @type {any} */ (error).code)) throw error;
      setTheirs(readEndpoint(await call('GET', pathOf(endpoint))));
      throw error;
    }
  };
  const form = useForm(opened(endpoint), (value) => put(value), { draft: `endpoint.${endpoint.id}` });
  const [restored] = useState(form.dirty);
  const { base } = form.value;
  const known = useTypes(ws);
  const [type, setType] = useState('');
  const shownType = type || firstType(form.value.events, known.types);
  const sample = useSample(ws, shownType, known);
  const preview = usePreview(ws, form.value, sample);
  const saved = useSavedPreview(pathOf(endpoint), endpoint.updated_at);
  const changeable = may('webhooks');
  const take = () => { form.reset(opened(theirs)); setTheirs(null); };
  const unsaved = Object.keys(changes(fromEndpoint(base), form.value));
  return html`${!changeable && html`<div class="field"><${Notice}>${words.onlyLook}<//></div>`}
    ${restored && form.dirty && unsaved.length > 0 && html`<div class="field"><${Notice} tone="warn" actions=${html`<button type="button" class="button small" onClick=${() => form.reset(opened(endpoint))}>${words.discard}</button>`}>${words.restored(unsaved)}<//></div>`}
    <div class="beside">
      <form onSubmit=${form.submit} novalidate>
        <fieldset class="plain-set" disabled=${!changeable}>
          <${EndpointFields} form=${form} known=${known} preview=${preview} sample=${sample} />
        </fieldset>
        ${theirs && html`<${Conflict} before=${base} theirs=${theirs} mine=${form.value} keep=${() => put(form.value, rebased(base, theirs)).catch(() => {})} take=${take} />`}
        ${changeable && !theirs && html`<div class=${`save-bar ${form.dirty ? 'dirty' : ''}`}><${FormEnd} form=${form} save=${words.save} shown=${shownPointers(form.problem)}>
          ${form.dirty && html`<button type="button" class="button" onClick=${() => form.reset(opened(endpoint))}>${words.discard}</button>`}<//></div>`}
      </form>
      <${PreviewPanel} preview=${preview} sample=${sample} type=${shownType} types=${known.types.map((t) => t.name)} change=${setType} url=${form.value.url} saved=${saved} />
    </div>
    ${may('webhooks') && html`<${SecretPart} endpoint=${endpoint} refresh=${refresh} />`}
    ${changeable && html`<${Section} title=${words.danger}><p class="muted">${words.dangerHint}</p><div class="row below"><${Delete} endpoint=${endpoint} /></div><//>`}`;
}

/**
 * The form of an endpoint, with the endpoint as it was opened: that counts, not what polling brings or what a draft
 * finds after a reload, else a change by somebody else would be overwritten unseen. @param {any} endpoint
 */
const opened = ({ secret, ...endpoint }) => ({ ...fromEndpoint(endpoint), base: endpoint });

/** What was opened, under the revision of now: what only they changed stays as they saved it. @param {any} base @param {any} theirs */
const rebased = (base, theirs) => ({ ...base, revision: theirs.revision });

/** @param {{endpoint: any, refresh: () => Promise<void>}} props */
export function SecretPart({ endpoint, refresh }) {
  const now = useClock(30_000);
  const old = endpoint.old_secrets.filter((/** @type {any} */ s) => Date.parse(s.expires_at) > now);
  const unsigned = endpoint.signature.profile === 'none';
  return html`<${Section} title=${words.secret}>
    ${unsigned ? html`<p class="muted">${words.noSecret}</p>` : html`
      <p class="muted">${endpoint.public_key ? html`${words.publicKey} <code class="break">${endpoint.public_key}</code>` : secretOf(endpoint.id) ? '' : words.secretUnknown}</p>
      ${old.map((/** @type {any} */ s) => html`<div class="below" key=${s.expires_at}><${Notice} icon="clock" actions=${html`<${EndOverlap} endpoint=${endpoint} done=${refresh} />`}>${words.oldSecrets(span(Date.parse(s.expires_at) - now))}<//></div>`)}
      ${!endpoint.rule_id && html`<div class="row below"><${Rotate} endpoint=${endpoint} done=${refresh} /></div>`}`}
  <//>`;
}
