// Judges the cases on standard input with the sample beside it; see README.md.
import { readFileSync } from 'node:fs';
import { Refused, verifyBody, verifyCovered, verifyStandard } from './verify.mjs';

for (const line of readFileSync(0, 'utf8').split('\n')) {
  if (line === '') continue;
  const [profile, now, path, secret, prefix, encoded, ...fields] = line.split('\t');
  const body = Buffer.from(encoded, 'base64');
  const headers = Object.fromEntries(
    fields.map((field) => [field.slice(0, field.indexOf('=')), field.slice(field.indexOf('=') + 1)]),
  );
  try {
    if (profile === 'standard') verifyStandard(headers, body, secret, Number(now));
    else if (profile === 'body') verifyBody(headers, body, secret, prefix);
    else if (profile === 'covered') verifyCovered(headers, body, path, secret, prefix, Number(now));
    else throw new Error(`unknown profile ${profile}`);
    console.log('ok');
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    console.log('refused');
  }
}
