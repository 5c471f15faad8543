// Which lines of two texts differ?
// By their longest common subsequence.

/** Which lines of each text are not in the other, in order (longest common subsequence). @param {string[]} one @param {string[]} other @returns {[Set<number>, Set<number>]} */
export function differing(one, other) {
  const common = Array.from({ length: one.length + 1 }, () => new Uint16Array(other.length + 1));
  for (let i = one.length - 1; i >= 0; i -= 1) {
    for (let j = other.length - 1; j >= 0; j -= 1) common[i][j] = one[i] === other[j] ? common[i + 1][j + 1] + 1 : Math.max(common[i + 1][j], common[i][j + 1]);
  }
  const [inOne, inOther] = [new Set(one.keys()), new Set(other.keys())];
  for (let i = 0, j = 0; i < one.length && j < other.length; ) {
    if (one[i] === other[j]) inOne.delete(i++), inOther.delete(j++);
    else if (common[i + 1][j] >= common[i][j + 1]) i += 1;
    else j += 1;
  }
  return [inOne, inOther];
}
