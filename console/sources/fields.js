// With which fields are the settings of a source typed?
// Its name and secret stand open, and the options that its provider needs; prefix, channels and tolerance are folded.
import { AreaField, CheckField, Copy, Field, Fold, Icon, SelectField, TextField, html, useState } from '../shell.js';
import { providers } from '../messages/en/providers.js';
import { words } from '../messages/en/sources.js';
import { Rich } from './rich.js';
import { PROVIDERS, algorithmsOf, needsSecret, optionsOf, secretOf } from './providers.js';

/** Every pointer that has a field. @param {import('../api.js').Problem|null} problem */
export const shownOf = (problem) => (problem?.errors ?? []).map((e) => e.pointer).filter((p) => ['name', 'secrets', 'secret', 'scheme', 'options', 'event_type_prefix', 'channels', 'public_base_url', 'tolerance_seconds'].includes(p.split('/')[1]));

/** @param {string} scheme */
const schemeName = (scheme) => words.schemes[scheme] ?? scheme;

/** @param {{form: import('../ui/form.js').Form, isNew?: boolean}} props */
export function SourceFields({ form, isNew = false }) {
  const v = form.value;
  const about = PROVIDERS[v.provider];
  const schemes = about.schemes.includes(v.scheme) ? about.schemes : [v.scheme, ...about.schemes];
  const setOption = (/** @type {string} */ name, /** @type {any} */ value) => form.set({ options: { ...v.options, [name]: value } });
  const base = html`<${TextField} form=${form} name="base" pointer="/public_base_url" label=${words.base} hint=${words.baseHint} class="mono" inputmode="url" spellcheck=${false} optional />`;
  return html`
    <${TextField} form=${form} name="name" label=${words.name} hint=${isNew ? words.nameHint : undefined} dir="auto" required autofocus=${isNew} />
    ${schemes.length > 1 && html`<${SelectField} form=${form} name="scheme" label=${words.scheme} hint=${words.schemeHint} options=${schemes.map((s) => [s, schemeName(s)])} />`}
    ${isNew && needsSecret(v.scheme) && html`<${Secret} form=${form} />`}
    ${optionsOf(v.provider, v.scheme).map((name) => html`<${Option} key=${name} name=${name} provider=${v.provider} form=${form} change=${(/** @type {any} */ value) => setOption(name, value)} />`)}
    ${about.url && base}
    <div class="folds"><${Fold} label=${words.more} open=${['/event_type_prefix', '/channels/*', '/tolerance_seconds'].some((p) => form.error(p)) || undefined}>
      ${!about.url && base}
      <${TextField} form=${form} name="prefix" pointer="/event_type_prefix" label=${words.prefix} hint=${words.prefixHint} class="mono" spellcheck=${false} />
      <${TextField} form=${form} name="channels" pointer="/channels/*" label=${words.channels} hint=${words.channelsHint} class="mono" spellcheck=${false} />
      <${TextField} form=${form} name="tolerance" pointer="/tolerance_seconds" label=${`${words.tolerance} (${words.seconds})`} hint=${words.toleranceHint} inputmode="numeric" />
    <//></div>`;
}

/** @param {{form: import('../ui/form.js').Form}} props */
function Secret({ form }) {
  const v = form.value;
  const about = PROVIDERS[v.provider];
  const said = providers[v.provider];
  const kind = v.scheme === 'bird_notifications' ? undefined : about.own ?? about.later;
  const [made, setMade] = useState('');
  const make = () => {
    const secret = secretOf(kind ?? 'hex', crypto.getRandomValues(new Uint8Array(32)));
    setMade(secret);
    form.set({ secret, later: Boolean(about.later) });
  };
  const given = v.secret === made && made !== '';
  return html`<${Field} label=${said.secret} error=${form.error('/secrets/*')} hint=${html`<${Rich} text=${given ? (about.later ? words.madeUp : words.giveBoth) : [said.secretHint, about.later && words.noneYet].filter(Boolean).join(' ')} />`} side=${kind && html`<button type="button" class="plain" onClick=${make}>${words.makeUp}</button>`}>
    ${(/** @type {any} */ a) => html`<input type="text" class="mono" autocomplete="off" autocapitalize="off" spellcheck=${false} ...${a} value=${v.secret} onInput=${(/** @type {any} */ e) => form.set({ secret: e.target.value, later: false })} />${given && about.own && html`<div class="row below-field"><${Copy} text=${v.secret} words=${words.copySecret} /></div>`}`}
  <//>`;
}

/** @param {{name: string, provider: string, form: import('../ui/form.js').Form, change: (value: any) => void}} props */
function Option({ name, provider, form, change }) {
  const [label, hint] = words.options[name];
  const value = form.value.options[name];
  const pointer = `/options/${name}`;
  // A form of one field over the options, so that the parts of the shell can be used.
  const inner = { ...form, value: { [name]: value }, set: (/** @type {any} */ changes) => change(changes[name]) };
  if (name === 'require_signature_v2') return html`<${CheckField} form=${inner} name=${name} label=${label} hint=${hint} pointer=${pointer} />`;
  if (name === 'topic_arns') return html`<${AreaField} form=${inner} name=${name} label=${label} hint=${hint} pointer=${`${pointer}/*`} class="mono" rows="3" spellcheck=${false} placeholder="arn:aws:sns:eu-central-1:123456789012:ses-events" />`;
  if (name === 'algorithm') return html`<${SelectField} form=${inner} name=${name} label=${label} hint=${hint} pointer=${pointer} options=${[['', '–'], ...algorithmsOf(provider).map((a) => [a, a])]} />`;
  if (name === 'encoding') return html`<${SelectField} form=${inner} name=${name} label=${label} hint=${hint} pointer=${pointer} options=${[['', 'hex'], ['base64', 'base64'], ['base64url', 'base64url']]} />`;
  return html`<${TextField} form=${inner} name=${name} label=${label} hint=${hint} pointer=${pointer} class="mono" spellcheck=${false} autocapitalize="off" />`;
}

/** What cannot be protected, in the server's words. @param {{text: string|null|undefined}} props */
export const Warning = ({ text }) => (text ? html`<div class="notice warn"><${Icon} name="warn" /><div>${text}</div></div>` : null);
