/** Work that is asked for often and done seldom. */

/** A function that has `work` run soon, but not within `ms` milliseconds of the last time: then as soon as they are over. So the last call always counts. */
export function spaced(work: () => void, ms: number): () => void {
  let last = -Infinity;
  let pending = false;
  return () => {
    if (pending) return;
    pending = true;
    setTimeout(() => {
      pending = false;
      last = performance.now();
      work();
    }, Math.max(0, last + ms - performance.now()));
  };
}
