// With which secrets are the deliveries of new steps signed?
// Shown once, when the steps were made.
import { Copy, Dialog, html } from '../shell.js';
import { texts } from '../messages/en/rules.js';

/** @param {{of: Record<string, string>, close: () => void}} props by the steps' ids */
export const Secrets = ({ of, close }) => html`<${Dialog} title=${texts.secretsTitle} close=${close} footer=${html`<button type="button" class="button primary" onClick=${close}>${texts.secretsDone}</button>`}>
  <p>${texts.secretsHint}</p>
  <dl class="r-rule-secrets">${Object.entries(of).map(([step, secret]) => html`<div key=${step}><dt class="mono">${step}</dt><dd><code class="break">${secret}</code><${Copy} text=${secret} /></dd></div>`)}</dl>
<//>`;
