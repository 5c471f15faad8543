// What did each version of a schema change, and how is the next one added?
// Versions beside each other with their fields compared; a new one is compared with the one in force while it is typed.
import { Fold, FormEnd, Icon, Loaded, Notice, Section, Time, html, link, navigate, part, post, route, setQuery, toast, useForm, useLive, useMemo } from '../shell.js';
import { JsonTree } from '../ui/json_tree.js';
import { indented, write } from '../ui/raw_json.js';
import { words } from '../messages/en/catalogue.js';
import { changesOf } from './diff.js';
import { FieldsTable } from './fields_table.js';
import { JsonField, jsonOf, shownOf } from './type_form.js';
import { mayDescribe } from './use.js';

/** @param {{type: any, refresh: () => Promise<void>}} props */
export default function Versions({ type, refresh }) {
  const { query } = route.value;
  const path = `/v1/event-types/${part(type.name)}/versions`;
  const live = useLive(path, {}, { every: 15_000 });
  if (query.get('add') && mayDescribe()) return html`<${AddVersion} type=${type} path=${path} done=${async () => { await refresh(); setQuery({ add: null, version: null }); }} />`;
  const add = mayDescribe() && html`<a class="button" href=${link('catalogue', type.name, { tab: 'versions', add: 1 })}>${type.version ? words.addVersion : words.addSchema}</a>`;
  return html`<${Loaded} of=${live}>${(/** @type {any} */ { data }) => {
    if (data.length === 0) return html`<p class="muted">${words.noVersions}</p><p>${add}</p>`;
    const last = data.at(-1).version;
    const wanted = Number(query.get('version')) || last;
    const chosen = data.some((/** @type {any} */ v) => v.version === wanted) ? wanted : last;
    return html`<div class="version-parts">
      <div><ul class="version-list">${[...data].reverse().map((v) => html`<li key=${v.version}><a href=${link('catalogue', type.name, { tab: 'versions', version: v.version })} aria-current=${v.version === chosen ? 'true' : undefined}>${words.versionOf(v.version)}</a>${v.version === last && html`<span class="badge good">${words.inForce}</span>`}<${Time} at=${v.created_at} /></li>`)}</ul>${add && html`<p class="below">${add}</p>`}</div>
      <${OneVersion} key=${chosen} path=${path} version=${chosen} before=${data.findLast((/** @type {any} */ v) => v.version < chosen)?.version ?? null} />
    </div>`;
  }}<//>`;
}

/** @param {{path: string, version: number, before: number|null}} props */
function OneVersion({ path, version, before }) {
  const now = useLive(`${path}/${version}`);
  const old = useLive(before === null ? null : `${path}/${before}`);
  return html`<div><${Loaded} of=${now}>${(/** @type {any} */ { schema }) => html`
    ${before === null ? html`<p class="muted">${words.firstVersion}</p>` : html`<${Loaded} of=${old} rows=${2}>${(/** @type {any} */ earlier) => html`<${Section} title=${words.compare(before, version)}><${Changes} before=${earlier.schema} after=${schema} /><//>`}<//>`}
    <${Section} title=${words.fields} note=${words.fieldsNote(words.versionOf(version))}><${FieldsTable} schema=${schema} /><${Fold} label=${words.schemaText}><${JsonTree} text=${JSON.stringify(schema, null, 2)} label=${words.schemaText} /><//><//>`}<//></div>`;
}

/** @param {{before: any, after: any}} props */
export function Changes({ before, after }) {
  const changes = useMemo(() => changesOf(before, after), [before, after]);
  const breaking = changes.filter((c) => c.breaks).length;
  // Inside of something optional a need is only of those that have it.
  const needed = changes.filter((c) => c.what.includes('need') && c.after?.required && c.after.depth === 0).map((c) => c.path);
  if (changes.length === 0) return html`<p class="muted">${words.noChanges}</p>`;
  return html`<${Notice} tone=${breaking ? 'warn' : 'good'}>${breaking ? words.breaksSome(breaking) : words.onlyAdds}${needed.length > 0 && ` ${words.nowNeeded(needed)}`}<//>
    <table class="changes"><tbody>${changes.map((c) => html`<tr key=${c.path}><td class=${c.is}>${words.is[c.is]}</td><th scope="row"><bdi class="mono break">${c.path || '/'}</bdi>${c.is !== 'changed' && html` <span class="mono muted">${(c.after ?? c.before)?.type}</span>`}</th>
      <td>${c.what.map((w) => words.what[w](c.before, c.after)).join(', ')}${c.breaks && html` <span class="badge warn">${words.mayBreak}</span>`}</td></tr>`)}</tbody></table>`;
}

/** @param {{type: any, path: string, done: () => Promise<void>}} props */
function AddVersion({ type, path, done }) {
  const form = useForm({ schema: indented(type.schema) || '{\n  "type": "object",\n  "properties": {}\n}', example: indented(type.example) }, async (value) => {
    const example = value.example.trim() === indented(type.example).trim() ? undefined : jsonOf(value.example);
    const made = await post(path, write({ schema: jsonOf(value.schema), example }));
    toast(words.versionMade(made.version));
    await done();
  }, { draft: `type.${type.name}.version` });
  const typed = useMemo(() => { try { return JSON.parse(form.value.schema); } catch { return null; } }, [form.value.schema]);
  return html`<div class="beside">
    <form onSubmit=${form.submit} novalidate>
      <p class="muted">${words.versionHint}</p>
      <${JsonField} form=${form} name="schema" label=${words.schema} hint=${words.schemaHint} rows=${14} />
      <${JsonField} form=${form} name="example" label=${words.example} hint=${words.exampleHint} rows=${6} />
      <${FormEnd} form=${form} save=${words.saveVersion} shown=${shownOf(form.problem)} cancel=${() => { form.reset(); navigate(link('catalogue', type.name, { tab: 'versions' })); }} />
    </form>
    <section class="preview" aria-label=${words.changesOf}><div class="preview-head"><h2>${words.changesOf}</h2></div>${typed && (type.schema ? html`<${Changes} before=${type.schema} after=${typed} />` : html`<${FieldsTable} schema=${typed} />`)}</section>
  </div>`;
}
