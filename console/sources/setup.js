// What is left to do at the provider?
// The address to paste, the provider's own steps, the real secret where one was made up, and a sample to see it work.
import { Copy, Section, html, link, may, route, setQuery } from '../shell.js';
import { providers } from '../messages/en/providers.js';
import { words } from '../messages/en/sources.js';
import { ShownOnce } from '../manage/shown_once.js';
import { Sample } from './sample.js';
import { Rotate } from './secrets.js';
import { Rich, Steps } from './rich.js';

/** @param {{source: any, path: string, refresh: () => Promise<void>}} props */
export default function SetUp({ source, path, refresh }) {
  const said = providers[source.provider];
  const made = Boolean(route.value.query.get('later'));
  const later = said?.later && (made || source.secrets.length === 1);
  return html`<${ShownOnce} class="secret-once" id=${source.id} title=${words.madeOnce} hint=${words.madeOnceHint} copy=${words.copySecret} done=${words.madeDone} />
    <${Section} title=${words.address}><${Address} source=${source} /><//>
    <${Section} title=${words.stepsAt}><div class="guide"><${Steps} of=${[
    ...(said?.after ?? []),
    ...(later && may('sources') ? [html`<p>${!made && words.ifMadeUp} <${Rich} text=${said.later} /></p><div class="row"><${Rotate} path=${path} provider=${source.provider} done=${async () => { setQuery({ later: null }, { replace: true }); await refresh(); }} label=${words.replaceSecret} none class="button" /></div>`] : []),
    ...(may('sources') ? [html`<p>${words.stepSample}</p><div class="row"><${Sample} path=${path} source=${source} class="button" /></div>`] : []),
    html`<p>${words.stepLook}</p><div class="row"><a class="button" href=${link('sources', source.id)}>${words.toRequests}</a></div>`,
  ]} /></div><//>`;
}

/** @param {{source: any}} props */
export const Address = ({ source }) => html`<div class="address"><code dir="ltr">${source.address}</code>${may('sources') && html`<${Copy} text=${source.address} words=${words.copyAddress} />`}</div><p class="hint">${may('sources') ? words.addressHint : words.addressHidden}</p>`;
