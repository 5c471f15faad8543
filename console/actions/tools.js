// Which tools does an agent with this key see?
// Pure: as tools/list answers, from the key's scopes and roles and the workspace's actions; of each that is missing, why.

/** @typedef {{name: string, title: string, description: string, action: any|null, scope: string, reads: boolean, destroys: boolean, repeatable: boolean, confirms: boolean}} Tool */
/** @typedef {{name: string, title: string, why: 'scope'|'roles'|'no_roles'|'off'|'workspace'|'taken', needs: string}} Missing */

/** The tools about deliveries: [name, scope, reads, asks for a confirmation]. */
const OWN = /** @type {[string, string, boolean, boolean][]} */ ([['list_deliveries', 'deliveries:ro', true, false], ['replay_delivery', 'deliveries', false, true], ['why_not_delivered', 'events:ro', true, false]]);

/** As the server judges scopes: `actions` is never part of `admin`. @param {string[]} scopes @param {string} scope */
export function allows(scopes, scope) {
  if (scopes.includes(scope) || scopes.includes(scope.replace(/:ro$/, ''))) return true;
  return scope !== 'actions' && (scopes.includes('admin') || (scope.endsWith(':ro') && scopes.includes('admin:ro')));
}

/** Whether an invocation is carried out by a second call only. @param {any} action */
export const confirms = (action) => action.confirm ?? action.effect === 'destructive';

/** May a key with these roles invoke it? @param {any} action @param {string[]} roles */
export const hasRole = (action, roles) => (action.roles ?? []).some((/** @type {string} */ r) => roles.includes(r));

/**
 * @param {{scopes: string[], roles: string[], workspace_id?: string|null}} key @param {any[]} actions
 * @param {Record<string, [string, string]>} own title and description of the tools about deliveries
 * @returns {{tools: Tool[], missing: Missing[]}}
 */
export function toolsOf(key, actions, own) {
  const tools = /** @type {Tool[]} */ ([]);
  const missing = /** @type {Missing[]} */ ([]);
  const open = Boolean(key.workspace_id);
  for (const a of actions) {
    const why = reason(key, a, open);
    if (why) missing.push({ name: a.name, title: a.title, why, needs: why === 'roles' ? a.roles.join(', ') : why === 'scope' ? 'actions' : '' });
    else tools.push({ name: a.name, title: a.title, description: a.description, action: a, scope: 'actions', reads: a.effect === 'read', destroys: a.effect === 'destructive', repeatable: a.effect === 'read' || a.idempotent, confirms: confirms(a) });
  }
  for (const [name, scope, reads, confirmed] of OWN) {
    const [title, description] = own[name] ?? [name, ''];
    const why = !open ? 'workspace' : !allows(key.scopes, scope) ? 'scope' : tools.some((t) => t.name === name) ? 'taken' : null;
    if (why) missing.push({ name, title, why, needs: why === 'scope' ? scope : '' });
    else tools.push({ name, title, description, action: null, scope, reads, destroys: false, repeatable: reads, confirms: confirmed });
  }
  return { tools, missing };
}

/** @param {{scopes: string[], roles: string[]}} key @param {any} action @param {boolean} open @returns {Missing['why']|null} */
function reason(key, action, open) {
  if (!open) return 'workspace';
  if (!action.active) return 'off';
  if (!allows(key.scopes, 'actions')) return 'scope';
  if (!action.roles?.length) return 'no_roles';
  return hasRole(action, key.roles) ? null : 'roles';
}

/** How each client is connected. @param {string} origin @returns {Record<string, {file: string, text: string}>} */
export const snippets = (origin) => ({
  claude: { file: '', text: `claude mcp add --transport http posthorn \\\n  ${origin}/v1/mcp \\\n  --header "Authorization: Bearer $AGENT_KEY"` },
  cursor: { file: '~/.cursor/mcp.json', text: JSON.stringify({ mcpServers: { posthorn: { url: `${origin}/v1/mcp`, headers: { Authorization: 'Bearer phk_…' } } } }, null, 2) },
  vscode: { file: '.vscode/mcp.json', text: JSON.stringify({ inputs: [{ type: 'promptString', id: 'posthorn-key', description: 'Posthorn API key', password: true }], servers: { posthorn: { type: 'http', url: `${origin}/v1/mcp`, headers: { Authorization: 'Bearer ${input:posthorn-key}' } } } }, null, 2) },
  curl: { file: '', text: `curl -sS ${origin}/v1/mcp -H "Authorization: Bearer $AGENT_KEY" \\\n  -H 'Content-Type: application/json' \\\n  -d '{"jsonrpc":"2.0","id":1,"method":"tools/list"}'` },
});
