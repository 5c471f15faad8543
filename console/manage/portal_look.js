// How does the portal of this workspace look, and whose pages may show it?
// The product's name, logo, colour, theme and pages, drawn beside the form while one types; origins and ways out.
import { AreaField, CheckField, Field, FormEnd, Loaded, May, Section, Segments, TextField, contrast, html, isColour, may, number, pageName, readable, size, useLive, useState } from '../shell.js';
import { words } from '../messages/en/portal.js';
import { base64, logoVerdict, originsOf } from './logo.js';
import { PortalSample } from './portal_sample.js';
import { withRevision } from '../ui/edit.js';
import { useWorkspaceForm } from './workspace_form.js';

const PAGES = ['overview', 'endpoints', 'deliveries', 'events', 'catalogue'];

/** @param {{ws: string}} props */
export function Look({ ws }) {
  const live = useLive(`/v1/workspaces/${ws}`, {}, { read: withRevision });
  return html`<${Loaded} of=${live} rows=${8}>${(/** @type {any} */ workspace) => html`<${Form} key=${workspace.id} workspace=${workspace} />`}<//>`;
}

/** @param {any} w */
const read = ({ portal: p }) => ({ name: p.name ?? '', logo: p.logo ?? null, accent: p.accent ?? '', theme: p.theme, hide_branding: p.hide_branding, lang: p.lang ?? '', origins: p.origins.join('\n'), refresh_url: p.refresh_url ?? '', return_url: p.return_url ?? '', pages: p.pages ?? PAGES });
/** An empty field is a setting that is not made. @param {Record<string, any>} changes */
const write = (changes) => ({ portal: Object.fromEntries(Object.entries(changes).map(([name, value]) => {
  if (name === 'origins') return [name, originsOf(value)];
  if (name === 'pages') return [name, value.length === PAGES.length ? null : value];
  return [name, typeof value === 'string' ? value.trim() || null : value];
})) });
const SHOWN = ['name', 'logo', 'accent', 'theme', 'hide_branding', 'lang', 'refresh_url', 'return_url'].map((name) => `/portal/${name}`);

/** @param {{workspace: any}} props */
function Form({ workspace }) {
  const { form, base, conflict, discard, restored } = useWorkspaceForm(workspace, read, write, { draft: `portal.${workspace.id}` });
  const { value } = form;
  const at = (/** @type {string} */ name) => ({ form, name, pointer: `/portal/${name}` });
  const pick = (/** @type {string} */ page) => form.set({ pages: PAGES.filter((p) => (p === page) !== value.pages.includes(p)) });
  const stored = base.portal.logo && value.logo === base.portal.logo ? `/portal/${workspace.id}/logo?v=${base.portal.logo}` : null;
  const logo = stored ?? (value.logo ? `data:image/png;base64,${value.logo}` : null);
  return html`<div class="beside-look"><form onSubmit=${form.submit} novalidate>${restored}<fieldset class="settings-set" disabled=${!may('workspaces')}>
      <${Section} title=${words.product}>
        <${TextField} ...${at('name')} label=${words.name} hint=${words.nameHint} />
        <${Logo} form=${form} shown=${logo} />
        <${Accent} form=${form} />
        <${Field} label=${words.theme} error=${form.error('/portal/theme')}>${() => html`<${Segments} label=${words.theme} value=${value.theme} options=${words.themes} change=${(/** @type {string} */ theme) => form.set({ theme })} />`}<//>
        <${Field} label=${words.pages} hint=${words.pagesHint} error=${form.error('/portal/pages/*')}>${(/** @type {any} */ a) => html`<div class="check-lines" id=${a.id} role="group" aria-label=${words.pages}>${PAGES.map((page) => html`<label key=${page}><input type="checkbox" checked=${value.pages.includes(page)} onChange=${() => pick(page)} /><span>${pageName(page)}</span></label>`)}</div>`}<//>
        <${TextField} ...${at('lang')} label=${words.lang} hint=${words.langHint} optional />
        <${CheckField} ...${at('hide_branding')} label=${words.hide} /><//>
      <${Section} title=${words.where}>
        <${AreaField} ...${at('origins')} pointer="/portal/origins/*" class="mono" rows="3" label=${words.origins} hint=${words.originsHint} spellcheck=${false} />
        <${TextField} ...${at('refresh_url')} class="mono" label=${words.refresh} hint=${words.refreshHint} placeholder="https://" spellcheck=${false} optional />
        <${TextField} ...${at('return_url')} class="mono" label=${words.back} hint=${words.backHint} placeholder="https://" spellcheck=${false} optional /><//>
    </fieldset>
    ${conflict}
    <${May} scope="workspaces">${!conflict && html`<${FormEnd} form=${form} save=${words.save} shown=${[...SHOWN, ...(form.problem?.errors ?? []).map((e) => e.pointer).filter((p) => /^\/portal\/(origins|pages)/.test(p))]}>${discard}<//>`}<//>
  </form>
  <${PortalSample} look=${value} logo=${logo} pages=${value.pages} /></div>`;
}

/** @param {{form: any, shown: string|null}} props */
function Logo({ form, shown }) {
  const choose = async (/** @type {any} */ event) => {
    const file = event.target.files[0];
    event.target.value = '';
    if (!file) return;
    const bytes = new Uint8Array(await file.slice(0, 1_000_000).arrayBuffer());
    // Its first bytes may be right and the rest no picture: customers would see a gap.
    const verdict = await createImageBitmap(file).then(() => logoVerdict(bytes), () => (logoVerdict(bytes) === 'ok' ? 'broken' : logoVerdict(bytes)));
    form.check('/portal/logo', verdict === 'ok' ? null : verdict === 'big' ? words.logoBig(size(file.size)) : verdict === 'broken' ? words.logoBroken : words.logoKind);
    if (verdict === 'ok') form.set({ logo: base64(bytes) });
  };
  return html`<${Field} label=${words.logo} hint=${words.logoHint} error=${form.error('/portal/logo')}>${(/** @type {any} */ a) => html`<div class="row logo-row">
    ${shown && html`<img src=${shown} alt="" />`}<input type="file" accept="image/png" ...${a} onChange=${choose} />
    ${form.value.logo && html`<button type="button" class="plain" onClick=${() => { form.set({ logo: null }); form.check('/portal/logo', null); }}>${words.logoRemove}</button>`}</div>`}<//>`;
}

/** The colour by picker and as text; too weak for white words, and it is said what is used instead. @param {{form: any}} props */
function Accent({ form }) {
  const { accent } = form.value;
  const known = isColour(accent);
  const weak = known && contrast(accent, '#ffffff') < 4.5;
  const set = (/** @type {any} */ e) => { form.set({ accent: e.target.value }); form.check('/portal/accent', e.target.value && !isColour(e.target.value) ? words.accentWrong : null); };
  return html`<${Field} label=${words.accent} hint=${words.accentHint} error=${form.error('/portal/accent')}>${(/** @type {any} */ a) => html`<div class="row accent-row">
      <input type="color" aria-label=${words.accent} value=${known ? accent : '#3a55c9'} onInput=${set} /><input ...${a} type="text" class="mono" placeholder="#3a55c9" spellcheck=${false} autocomplete="off" value=${accent} onInput=${set} />
      ${known && html`<span class="muted">${words.contrast(ratio(accent))}</span>`}</div>
    ${weak && html`<p class="warn-text hint-line">${words.accentWeak(ratio(accent), readable(accent, '#ffffff'))}</p>`}`}<//>`;
}

/** @param {string} colour */
const ratio = (colour) => number(Math.floor(contrast(colour, '#ffffff') * 10) / 10);
