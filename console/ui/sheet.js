// How does a page get its own styles?
// A style sheet that is loaded with the page, so that the first page of the console stays small.

/** Fulfilled when the styles are there: `await sheet(new URL('…', import.meta.url))`. @param {URL} url */
export const sheet = (url) => new Promise((done) => {
  if (document.querySelector(`link[href="${url.href}"]`)) { done(undefined); return; }
  const link = Object.assign(document.createElement('link'), { rel: 'stylesheet', href: url.href });
  link.onload = link.onerror = () => done(undefined);
  document.head.append(link);
});
