/** How threads share a batch on TensorFlow: together at every operation, or each with rows of its own. */

/** The least rows that a thread must get for rows to be split among threads. */
const leastRows = 4;

/**
 * Lanes for `rows` rows computed at once on `threads` threads: parts of them that are computed side by side, each on its share of
 * the threads. Threads with rows of their own need not wait for each other after every operation, and find what they just made
 * in their own caches.
 */
export function lanesFor(rows: number, threads: number): number {
  for (let lanes = Math.min(threads, Math.floor(rows / leastRows)); lanes > 1; lanes--) if (rows % lanes === 0) return lanes;
  return 1;
}
