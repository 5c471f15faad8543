// How do the pages about keys, the portal, audit and settings get their own styles?
// A style sheet that is loaded with them, so that the first page of the console stays small.

/** Fulfilled when the styles are there. */
export const styles = new Promise((done) => {
  const sheet = Object.assign(document.createElement('link'), { rel: 'stylesheet', href: new URL('manage.css', import.meta.url).href });
  sheet.onload = sheet.onerror = () => done(undefined);
  document.head.append(sheet);
});
