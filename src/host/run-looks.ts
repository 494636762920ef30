/**
 * Which of the seven looks (colour, dash, shape) a run has in comparisons. A run keeps its look in every view and over reloads; only
 * when it is shown beside another with the same look it takes another, the one that fewest runs have.
 */
import { mostRuns } from '../protocol/charts';

/** Where the looks are kept: a part of VS Code's Memento. */
export interface LooksMemory {
  get(): Readonly<Record<string, number>>;
  set(looks: Readonly<Record<string, number>>): void;
}

/** Runs whose looks are remembered at most; the longest known go first. */
const mostRemembered = 300;

/** Looks, 0 to 6, of runs that are shown together; no two of at most seven are alike. Earlier ones keep theirs. */
export function looksOf(ids: readonly string[], memory: LooksMemory): Record<string, number> {
  const known = new Map(Object.entries(memory.get()));
  const taken = new Set<number>();
  const without = ids.filter(id => {
    const look = known.get(id);
    if (look === undefined || taken.has(look)) return true;
    taken.add(look);
    return false;
  });
  for (const id of without) {
    known.delete(id);
    const uses = (look: number): number => [...known.values()].filter(other => other === look).length;
    const free = Array.from({ length: mostRuns }, (_, look) => look).filter(look => !taken.has(look));
    const look = free.sort((a, b) => uses(a) - uses(b) || a - b)[0] ?? 0;
    known.set(id, look);
    taken.add(look);
  }
  if (without.length > 0) memory.set(Object.fromEntries([...known].slice(-mostRemembered)));
  return Object.fromEntries(ids.map(id => [id, known.get(id)!]));
}
