// Why is an event or a delivery not found?
// Its id tells when it came: what is older than the retention was deleted; else the address or the workspace is wrong.
import { BeyondRetention, NotFound, html, may, useLive } from '../../shell.js';
import { timeOfId } from '../replay/progress.js';

/** @param {{ws: string, id: string}} props */
export function Missing({ ws, id }) {
  const workspace = useLive(may('workspaces:ro') ? `/v1/workspaces/${ws}` : null);
  const days = workspace.data?.retention_days;
  return days && Date.now() - timeOfId(id) > days * 86_400_000 ? html`<${BeyondRetention} days=${days} />` : html`<${NotFound} />`;
}
