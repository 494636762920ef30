/**
 * Panels: a few adjacent columns of a matrix, copied so that they lie one row behind the other without gaps. Read as they lie
 * in the matrix, the rows of a tile are a whole matrix row apart, often a power of two, and push each other out of the cache.
 */
import { advance, advanceBy, assemble, get, load, oncePerBackend, repeat, store } from './assembler';
import type { WasmFunction } from './assembler';

/** Copies `count` rows (at least 1) of 4 * W columns from `from`, rows `fromRow` bytes apart, to `to`. Bytes. */
export type CopyPanel = (from: number, fromRow: number, to: number, count: number) => void;

/** Widest panel, in vectors of four. */
export const WIDEST = 4;

function copyPanel(vectors: number): WasmFunction {
  const [from, fromRow, to, count] = [0, 1, 2, 3] as const;
  const columns = Array.from({ length: vectors }, (_, w) => [...get(to), ...get(from), ...load(16 * w), ...store(16 * w)]).flat();
  return { name: `copy${vectors}`, parameters: 4, vectors: 0, integers: 0, code: repeat(count, [...columns, ...advance(from, fromRow), ...advanceBy(to, 16 * vectors)]) };
}

/** The copying functions of a backend: entry W - 1 copies W vectors of columns. */
export const panelCopiers = oncePerBackend(backend => {
  const functions = Array.from({ length: WIDEST }, (_, i) => copyPanel(i + 1));
  const made = assemble(backend, functions);
  return functions.map(({ name }) => made[name] as CopyPanel);
});
