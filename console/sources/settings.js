// How is a source changed, what does it verify, and how does it go?
// Edit form: it shows both versions after a conflict. Secrets are rotated and the source is deleted here, too.
import { CheckField, Confirm, Facts, Id, Opens, Section, html, link, may, navigate, remove, toast } from '../shell.js';
import { EditEnd, useEdit } from '../ui/edit.js';
import { words } from '../messages/en/sources.js';
import { SourceFields, shownOf } from './fields.js';
import { Secrets } from './secrets.js';
import { Address } from './setup.js';
import { fromSource, mergeOf, settings } from './values.js';

/** @param {{source: any, path: string, refresh: () => Promise<void>}} props */
export default function SourceSettings({ source, path, refresh }) {
  const edit = useEdit(source, { path, from: fromSource, body: settings, changed: (before, after) => (after && typeof after === 'object' && !Array.isArray(after) ? mergeOf(before, after) : after), draft: `source.${source.id}`, done: refresh });
  const { form } = edit;
  const covered = Object.entries(source.covers).filter(([, yes]) => yes).map(([name]) => words.coversList[name]).join(', ');
  return html`<${Section} title=${words.address}><${Address} source=${source} /><//>
    <${Section} title=${words.verified}><${Facts} of=${[[words.scheme, html`<span class="mono">${source.scheme}</span>`], [words.proof, words.strengths[source.auth_strength]?.[1] ?? source.auth_strength], [words.covers, covered || words.coversNothing], ...(source.tolerance_seconds ? [[words.tolerance, words.tolerated(source.tolerance_seconds)]] : []), [words.id, html`<${Id} id=${source.id} />`]]} class="lines" /><//>
    <${Secrets} source=${source} path=${path} refresh=${refresh} />
    <${Section} title=${words.settings}><form onSubmit=${form.submit} novalidate>
      <fieldset class="plain-set" disabled=${!may('sources')}>
        <${SourceFields} form=${form} />
        <${CheckField} form=${form} name="active" label=${words.isOn} hint=${words.isOnHint} />
      </fieldset>
      ${may('sources') && html`<${EditEnd} edit=${edit} from=${fromSource} save=${words.save} shown=${shownOf(form.problem)} />
      <div class="field side"><div><strong>${words.remove}</strong><p class="hint">${words.removeHint}</p></div><${Opens} class="button danger-text" label=${words.remove}>${(/** @type {() => void} */ close) => html`<${Confirm} danger type=${source.name} title=${words.removeTitle(source.name)} confirm=${words.remove} close=${close} run=${async () => { await remove(path); toast(words.removed); form.reset(); navigate(link('sources')); }}>${words.removeHint}<//>`}<//></div>`}
    </form><//>`;
}
