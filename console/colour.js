// Can one read a colour on a ground?
// Contrast by WCAG 2; a customer's accent that is too weak is darkened or lightened until it is 4.5 to 1.

/** @param {string} hex `#rrggbb` @returns {number[]} */
const channels = (hex) => [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));

/** Relative luminance. @param {string} hex */
function luminance(hex) {
  const [r, g, b] = channels(hex).map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** 1 to 21. @param {string} a @param {string} b */
export function contrast(a, b) {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (light + 0.05) / (dark + 0.05);
}

/** @param {string} hex */
export const isColour = (hex) => /^#[0-9a-f]{6}$/i.test(hex);

/**
 * The colour itself if it can be read on the ground, else the nearest of its shades that can.
 * @param {string} hex @param {string} ground @param {number} [least]
 */
export function readable(hex, ground, least = 4.5) {
  const end = luminance(ground) > 0.18 ? 0 : 255;
  for (let part = 0; part <= 100; part++) {
    const mixed = `#${channels(hex).map((c) => Math.round(c + ((end - c) * part) / 100).toString(16).padStart(2, '0')).join('')}`;
    if (contrast(mixed, ground) >= least) return mixed;
  }
  return end ? '#ffffff' : '#000000';
}
