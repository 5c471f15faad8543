// How does one get in?
// A key is exchanged for a session of 12 hours and never kept; then the workspace is chosen, or the first one is made.
import {
  Icon, Loaded, Notice, Problem, firstPage, get, hasDrafts, html, link, login, loginReason, messages, navigate, post, rememberNames, route, session, setSession, useEffect, useForm, useLive, useState, TextField, Toasts, FormEnd, call,
} from '../shell.js';

const words = messages.login;

export default function Login() {
  useEffect(() => { document.title = `${words.title} · ${messages.product}`; }, []);
  return html`<main class="alone"><div class="login">
    <div class="wordmark"><${Icon} name="deliveries" />${messages.product}</div>
    ${session.value ? html`<${Choose} />` : html`<${KeyForm} />`}
  </div><${Toasts} /></main>`;
}

function KeyForm() {
  const { reason } = loginReason.value;
  // A link that somebody pasted names its page in the address.
  const next = loginReason.value.next || (route.value.ws ? location.pathname + location.search : '');
  const [secret, setSecret] = useState('');
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState(/** @type {string|null} */ (null));
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    const key = secret.trim();
    if (!key) { setProblem(words.empty); return; }
    setBusy(true);
    try {
      const made = await login(key);
      setSecret('');
      loginReason.value = { reason: '', next: '' };
      await enter(made.workspace_id, next);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      setProblem(error.status === 401 ? words.refused : error.message);
      /** @type {HTMLInputElement|null} */ (document.querySelector('#key'))?.select();
    } finally {
      setBusy(false);
    }
  };
  return html`<form onSubmit=${submit}>
    <h1>${words.title}</h1>
    ${reason === 'ended' && html`<${Notice}>${words.ended} ${hasDrafts() && words.typedKept}<//>`}
    ${!reason && next && html`<${Notice}>${words.toLink}<//>`}
    ${reason === 'once' && html`<${Notice} tone="warn">${words.onceRefused}<//>`}
    ${/* Password managers keep a key under a name. */ ''}<input type="text" autocomplete="username" value=${messages.product} readonly hidden />
    <div class=${`field ${problem ? 'wrong' : ''}`}>
      <div class="label"><label for="key">${words.key}</label></div>
      <input id="key" class="mono" type="password" autocomplete="current-password" placeholder=${words.placeholder} value=${secret} autofocus spellcheck=${false}
        aria-invalid=${problem ? 'true' : undefined} aria-describedby="key-hint" onInput=${(/** @type {any} */ e) => { setSecret(e.target.value); setProblem(null); }} />
      ${problem && html`<p class="error" role="alert"><${Icon} name="warn" />${problem}</p>`}
      <p class="hint" id="key-hint">${words.hint}</p>
    </div>
    <button class="button primary" disabled=${busy}>${busy ? words.working : words.submit}</button>
    <p class="hint muted">${words.local}</p>
  </form>`;
}

/** Goes on where one was or where a link leads, if the key sees that workspace; else into the workspace, if there is only one. @param {string|null} ws @param {string} next */
async function enter(ws, next) {
  if (next.startsWith('/console/') && !next.startsWith('/console/login') && (!ws || next.split('/')[2] === ws)) { navigate(next, { replace: true }); return; }
  if (ws) { navigate(link(firstPage(), '', {}, ws), { replace: true }); return; }
  const { data } = await get('/v1/workspaces', { limit: 50 });
  rememberNames(data);
  if (data.length === 1) navigate(link(firstPage(), '', {}, data[0].id), { replace: true });
  else navigate('/console/login', { replace: true });
}

/** Somebody with a key for all workspaces. */
function Choose() {
  const [text, setText] = useState('');
  const name = text.trim();
  const live = useLive('/v1/workspaces', { limit: 50, name: name || null });
  // So many that a search is needed, also while it finds few.
  const [many, setMany] = useState(false);
  useEffect(() => { if (live.data?.next) setMany(true); }, [live.data]);
  const only = session.value?.workspace_id ?? (!name && live.data?.data.length === 1 ? live.data.data[0].id : null);
  // The name has come with it: the page that follows need not ask again.
  useEffect(() => { if (only) { rememberNames(live.data?.data ?? []); navigate(link(firstPage(), '', {}, only), { replace: true }); } }, [only]);
  const out = async () => { try { await call('DELETE', '/v1/sessions/current'); } catch { /* ended anyway */ } setSession(null); };
  return html`${many && html`<h1>${words.choose}</h1><label class="text-filter"><${Icon} name="search" /><span class="hidden">${words.find}</span><input type="search" autofocus placeholder=${words.find} value=${text} onInput=${(/** @type {any} */ e) => setText(e.target.value)} /></label>`}
  <${Loaded} of=${live}>${(/** @type {any} */ page) => {
    if (page.data.length === 0 && !name) return html`<${NewWorkspace} />`;
    return html`${!many && html`<h1>${words.choose}</h1>`}${page.data.length === 0 && html`<p class="muted below">${messages.palette.none}</p>`}
      <ul class="work-list">${page.data.map((/** @type {any} */ w) => html`<li key=${w.id}><a class="what" href=${link('overview', '', {}, w.id)} onClick=${() => rememberNames([w])}><bdi>${w.name}</bdi>${w.uid && html`<p>${w.uid}</p>`}</a></li>`)}</ul>
      ${page.next && html`<p class="muted">${words.moreWorkspaces}</p>`}<button class="plain" onClick=${out}>${messages.nav.logout}</button>`;
  }}<//>`;
}

function NewWorkspace() {
  const form = useForm({ name: '' }, async (value) => {
    const made = await post('/v1/workspaces', value);
    rememberNames([made]);
    navigate(link('setup', '', {}, made.id));
  });
  return html`<form onSubmit=${form.submit}><h1>${words.noWorkspace}</h1><p class="muted">${words.noWorkspaceHint}</p>
    <${TextField} form=${form} name="name" label=${words.name} autofocus /><${FormEnd} form=${form} save=${words.create} shown=${['/name']} /></form>`;
}
