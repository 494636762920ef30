/**
 * Which of the seven looks (colour, dash, shape) a run has. A run keeps its look as long as the view lives, also while it is not
 * shown; only when all seven are taken does the look of a run that is not shown go to another.
 */

/** Runs that can be shown at once. */
export const mostRuns = 7;

/** See the file's head. */
export class Slots {
  readonly #taken: Map<string, number>;

  /** @param saved what `saved()` gave before. */
  constructor(saved: Readonly<Record<string, number>> = {}) {
    this.#taken = new Map(Object.entries(saved));
  }

  /** Gives every shown run (at most seven) a look of its own. */
  show(ids: readonly string[]): void {
    for (const id of ids.slice(0, mostRuns)) {
      if (this.#taken.has(id)) continue;
      const used = new Set(this.#taken.values());
      let free = Array.from({ length: mostRuns }, (_, i) => i).find(slot => !used.has(slot));
      if (free === undefined) {
        const idle = [...this.#taken].find(([other]) => !ids.includes(other));
        if (idle === undefined) return;
        this.#taken.delete(idle[0]);
        free = idle[1];
      }
      this.#taken.set(id, free);
    }
  }

  /** The look of a run, 0 to 6. */
  of(id: string): number {
    return this.#taken.get(id) ?? 0;
  }

  /** What to keep over a reload. */
  saved(): Record<string, number> {
    return Object.fromEntries(this.#taken);
  }
}
