// How is a source added?
// First the provider, then its own form with the steps that come before it; afterwards its page says how to go on.
import { Forbidden, FormEnd, Page, Section, html, link, may, navigate, post, route, useForm } from '../shell.js';
import { styles } from '../endpoint/styles.js';
import { SourceFields, shownOf } from '../sources/fields.js';
import { PROVIDERS } from '../sources/providers.js';
import { Rich, Steps } from '../sources/rich.js';
import { blank, creation } from '../sources/values.js';
import { showOnce } from '../manage/shown_once.js';
import { sheet } from '../ui/sheet.js';
import { providers } from '../messages/en/providers.js';
import { words } from '../messages/en/sources.js';

await Promise.all([styles, sheet(new URL('../sources/sources.css', import.meta.url))]);

/** @param {{ws: string}} props */
export default function SourceNew({ ws }) {
  const chosen = route.value.query.get('provider') ?? '';
  const crumbs = [[words.title, link('sources')]];
  if (!may('sources')) return html`<${Page} title=${words.newTitle} crumbs=${crumbs}><${Forbidden} scope="sources" /><//>`;
  if (!PROVIDERS[chosen]) return html`<${Page} title=${words.newTitle} crumbs=${crumbs} note=${words.choose}><${Choose} /><//>`;
  return html`<${Page} title=${providers[chosen].name} crumbs=${[...crumbs, [words.newTitle, link('sources', 'new')]]} note=${providers[chosen].what}><${NewForm} key=${chosen} ws=${ws} provider=${chosen} /><//>`;
}

const Choose = () => html`${Object.entries(words.groups).map(([group, title]) => html`<${Section} key=${group} title=${title}><div class="providers">${Object.entries(PROVIDERS).filter(([, p]) => p.group === group).map(([name]) => html`<a key=${name} href=${link('sources', 'new', { provider: name })}><strong>${providers[name].name}</strong><span>${providers[name].what}</span></a>`)}</div><//>`)}`;

/** @param {{ws: string, provider: string}} props */
function NewForm({ ws, provider }) {
  const form = useForm(blank(provider, PROVIDERS[provider].schemes[0], providers[provider].name), async (value) => {
    const made = await post('/v1/sources', { workspace_id: ws, ...creation(value) });
    if (value.secret && PROVIDERS[provider].own && !value.later) showOnce(made.id, value.secret.trim());
    navigate(link('sources', made.id, { tab: 'setup', later: value.later ? 1 : null }));
  }, { draft: `source.${provider}` });
  const { before, after } = providers[provider];
  return html`<div class="beside">
    <form onSubmit=${form.submit} novalidate>
      ${before.length > 0 && html`<div class="notice"><div><strong>${words.first}</strong>${before.map((step, n) => html`<p key=${n} class="below"><${Rich} text=${step} /></p>`)}</div></div>`}
      <${SourceFields} form=${form} isNew />
      <${FormEnd} form=${form} save=${words.create} shown=${shownOf(form.problem)}><a class="button" href=${link('sources', 'new')}>${words.change}</a><//>
    </form>
    <section class="preview" aria-label=${words.setUp}><div class="preview-head"><h2>${words.setUp}</h2></div><${Steps} of=${[words.create, ...after, words.stepSample]} /></section>
  </div>`;
}
