// Where do the samples of receivers come from? From docs/receivers, which are run in CI: node endpoint/samples/make.mjs
import { readFileSync, writeFileSync } from 'node:fs';

export const LANGUAGES = {
  node: ['verify.mjs', 'receiver.mjs'], python: ['verify.py', 'receiver.py'], php: ['verify.php', 'receiver.php'], go: ['verify.go', 'receiver.go'],
  ruby: ['verify.rb', 'receiver.rb'], java: ['Webhooks.java', 'Receiver.java'], rust: ['verify.rs', 'receiver.rs'],
};
const docs = new URL('../../../docs/receivers/', import.meta.url);
export const source = (language, file) => readFileSync(new URL(`${language}/${file}`, docs), 'utf8');
const quoted = (text) => `\`${text.replaceAll('\\', '\\\\').replaceAll('`', '\\`').replaceAll('${', '\\${')}\``;

export const made = (language) => {
  const [verify, receiver] = LANGUAGES[language];
  return `// How is a signature verified in ${language === 'php' ? 'PHP' : language[0].toUpperCase() + language.slice(1)}?
// Made from docs/receivers/${language} by samples/make.mjs.
export const verifyName = '${verify}';
export const receiverName = '${receiver}';
export const verify = ${quoted(source(language, verify))};
export const receiver = ${quoted(source(language, receiver))};
`;
};

if (process.argv[1] === new URL(import.meta.url).pathname) for (const language of Object.keys(LANGUAGES)) writeFileSync(new URL(`${language}.js`, import.meta.url), made(language));
