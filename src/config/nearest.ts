/**
 * "Did you mean": the known word nearest to one that is not known, by edit distance.
 */

/** Levenshtein distance: the fewest single-letter insertions, deletions and substitutions from `a` to `b`. */
export function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length]!;
}

/** The candidate nearest to `word`, ignoring case: one it is the beginning of, or one that differs in at most two letters or a third of them. */
export function nearestWord(word: string, candidates: readonly string[]): string | undefined {
  if (word.length > 64) return undefined;
  const letters = word.toLowerCase();
  const longer = word.length > 2 ? candidates.find(candidate => candidate.toLowerCase().startsWith(letters)) : undefined;
  if (longer !== undefined) return longer;
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.floor(word.length / 3)) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(letters, candidate.toLowerCase());
    if (distance < bestDistance && distance < Math.max(word.length, candidate.length)) [best, bestDistance] = [candidate, distance];
  }
  return best;
}
