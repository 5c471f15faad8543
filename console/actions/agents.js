// What does an agent see, and how is it connected?
// The tools of a chosen key and why each other is not among them; the server's own answer for a pasted key; snippets.
import { Badge, Copy, Failed, Field, Fold, Loaded, Notice, Problem, Section, Segments, call, html, link, may, session, useLive, useMemo, useState } from '../shell.js';
import { fieldsOf } from '../catalogue/schema.js';
import { words } from '../messages/en/actions.js';
import { snippets, toolsOf } from './tools.js';

/** @param {{ws: string}} props */
export default function Agents({ ws }) {
  return html`<p class="muted prose-line">${words.agentsLead}</p><div class="agent-parts"><div><${Seen} ws=${ws} /></div><div><${Connect} /></div></div>`;
}

/** @param {{ws: string}} props */
function Seen({ ws }) {
  const keys = useLive(may('admin:ro') ? '/v1/api-keys' : null, { workspace_id: ws, limit: 250 });
  const actions = useLive(may('actions:ro') || may('admin:ro') ? '/v1/actions' : null, { workspace_id: ws, limit: 250 });
  const me = session.value;
  // Without the list of keys, one's own session is the only one that can be asked about.
  const own = me && me.workspace_id ? [{ id: '', name: words.own, scopes: me.scopes, roles: me.roles, workspace_id: me.workspace_id }] : [];
  const all = [...own, ...(keys.data?.data ?? []).filter((/** @type {any} */ k) => k.workspace_id === ws)];
  const best = all.find((k) => k.scopes.includes('actions') && k.id) ?? all[0];
  const [id, setId] = useState(/** @type {string|null} */ (null));
  const key = all.find((k) => k.id === id) ?? best;
  return html`<${Section} title=${words.toolsOfKey}>
    <${Loaded} of=${actions}>${(/** @type {any} */ page) => (!key ? html`<${Notice} actions=${may('admin') && html`<a class="button small" href=${link('keys', 'new')}>${words.makeKey}</a>`}>${words.noKeys}<//>` : html`
      <div class="key-row"><${Field} label=${words.chooseKey}>${(/** @type {any} */ a) => html`<select ...${a} value=${key.id} onChange=${(/** @type {any} */ e) => setId(e.target.value)}>${all.map((k) => html`<option key=${k.id} value=${k.id}>${k.name}</option>`)}</select>`}<//></div>
      <p class="hint">${words.keyFacts(key.scopes.join(', '), key.roles.join(', '))}</p>
      <${Tools} of=${toolsOf(key, page.data, words.tool)} />`)}<//>
  <//>
  <${Exact} />`;
}

/** @param {{of: ReturnType<typeof toolsOf>}} props */
const Tools = ({ of: { tools, missing } }) => html`${tools.length === 0 ? html`<${Notice} tone="warn">${words.noTools}<//>` : html`<ul class="tool-list">${tools.map((t) => html`<li key=${t.name}>
    <div class="tool-head">${t.action ? html`<a class="mono" href=${link('actions', t.name)}>${t.name}</a>` : html`<span class="mono">${t.name}</span>`}<bdi class="muted">${t.title}</bdi>${!t.action && html`<${Badge}>${words.builtIn}<//>`}${t.reads && html`<${Badge} tone="good">${words.hints.read}<//>`}${t.destroys && html`<${Badge} tone="warn">${words.hints.destructive}<//>`}${t.confirms && html`<${Badge}>${words.hints.confirm}<//>`}</div>
    ${t.description && html`<p dir="auto">${t.description}</p>`}${t.action && html`<${Arguments} schema=${t.action.parameters} />`}</li>`)}</ul>`}
  ${missing.length > 0 && html`<${Section} title=${words.missing}><ul class="missing">${missing.map((m) => html`<li key=${m.name}><span class="mono">${m.name}</span><span class="muted">${m.why === 'roles' ? words.needsRole(m.needs) : m.why === 'scope' ? words.needsScope(m.needs) : words.why[m.why]}</span></li>`)}</ul><//>`}`;

/** @param {{schema: any}} props */
function Arguments({ schema }) {
  const fields = useMemo(() => fieldsOf(schema ?? {}), [schema]);
  if (fields.length === 0) return html`<p class="muted hint">${words.noArguments}</p>`;
  return html`<${Fold} label=${words.toolArguments} note=${fields.map((f) => f.path).slice(0, 6).join(', ')}><ul class="tool-args">${fields.map((f) => html`<li key=${f.path}><span class="mono">${f.path}${f.required ? '' : '?'}: ${f.type}</span><span class="muted" dir="auto">${f.description}</span></li>`)}<li class="muted">${words.alsoArguments}</li></ul><//>`;
}

/** The server's own answer, by the key itself, which is sent once and not kept. */
function Exact() {
  const [key, setKey] = useState('');
  const [tools, setTools] = useState(/** @type {any[]|null} */ (null));
  const [problem, setProblem] = useState(/** @type {any} */ (null));
  const go = async (/** @type {Event} */ event) => {
    event.preventDefault();
    setProblem(null);
    setTools(null);
    try {
      const { data } = await call('POST', '/v1/mcp', { token: key.trim(), key: '', body: { jsonrpc: '2.0', id: 1, method: 'tools/list' } });
      if (data.error) setProblem({ message: data.error.message, request_id: null });
      else setTools(data.result.tools);
      setKey('');
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      setProblem(error);
    }
  };
  return html`<${Section} title=${words.exact}><form class="key-row" onSubmit=${go}>
      <${Field} label=${words.chooseKey}>${(/** @type {any} */ a) => html`<input type="password" class="mono" autocomplete="off" placeholder="phk_…" ...${a} value=${key} onInput=${(/** @type {any} */ e) => setKey(e.target.value)} />`}<//>
      <button class="button" disabled=${!key.trim()}>${words.ask}</button></form><p class="hint">${words.exactHint}</p>
    ${problem && html`<${Failed} problem=${problem} compact title=${words.mcpRefused} />`}
    ${tools && html`<h3>${words.tools(tools.length)}</h3><pre class="code wrap" tabindex="0" aria-label=${words.askedTools}>${JSON.stringify(tools, null, 2)}</pre>`}
  <//>`;
}

function Connect() {
  const [client, setClient] = useState('claude');
  const all = snippets(location.origin);
  const one = all[client];
  return html`<${Section} title=${words.connect}><p class="muted">${words.connectHint} ${may('admin') && html`<a href=${link('keys', 'new')}>${words.makeKey}</a>`}</p>
    <${Segments} label=${words.connect} value=${client} change=${setClient} options=${Object.keys(all).map((name) => [name, words.clients[name]])} />
    ${one.file && html`<p class="mono muted file-name">${one.file}</p>`}
    <div class="snippet"><pre class="code wrap" tabindex="0" aria-label=${words.clients[client]}>${one.text}</pre><${Copy} text=${one.text} /></div>
    <p class="hint">${words.clientHints[client]}</p><p class="hint">${words.notWorking}</p>
  <//>`;
}
