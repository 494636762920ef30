/**
 * a b for a [m, k] and b [k, n], the product of the forward pass. b is copied into panels of 16 columns; then two rows of a at
 * a time go through a panel, their 2 x 16 sums in registers. What is left over: panels of fewer columns, single rows. A last
 * panel that would stick out begins earlier instead and writes some columns a second time, with the same sums.
 *
 * Each sum is taken in the order of k, one product after another, whatever the tile: so a result does not depend on how
 * many rows or columns there are beside it.
 */
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import { add, addVectors, advance, advanceBy, assemble, get, load, loadSplat, multiplyVectors, oncePerBackend, repeat, set, store, zeros } from './assembler';
import type { WasmFunction } from './assembler';
import { release } from './kernel';
import { WIDEST, panelCopiers } from './panels';

/** Rows of a tile by its width in vectors (entry W - 1): as many sums as stay in the 16 registers of most processors. */
const ROWS = [4, 4, 2, 2] as const;
/** Fewest rows for which copying b pays. */
const FEWEST_ROWS = 8;

/** `blocks` (at least 1) times `rows` rows of a through a panel; addresses and distances between rows in bytes. */
type Tile = (a: number, aRow: number, panel: number, out: number, outRow: number, k: number, blocks: number) => void;

function tile(rows: number, vectors: number): WasmFunction {
  const [a, aRow, panel, out, outRow, k, blocks] = [0, 1, 2, 3, 4, 5, 6] as const;
  const parameters = 7;
  const sum = (row: number, w: number): number => parameters + row * vectors + w;
  const right = (w: number): number => parameters + rows * vectors + w;
  const left = parameters + rows * vectors + vectors;
  const row = (r: number): number => left + 1 + r;
  const at = left + 1 + rows;
  const count = at + 1;
  const allRows = Array.from({ length: rows }, (_, r) => r);
  const all = Array.from({ length: vectors }, (_, w) => w);
  const code = repeat(blocks, [
    ...allRows.flatMap(r => [...all.flatMap(w => [...zeros, ...set(sum(r, w))]), ...(r === 0 ? get(a) : [...get(row(r - 1)), ...get(aRow), ...add]), ...set(row(r))]),
    ...get(panel), ...set(at), ...get(k), ...set(count),
    ...repeat(count, [
      ...all.flatMap(w => [...get(at), ...load(16 * w), ...set(right(w))]),
      ...allRows.flatMap(r => [
        ...get(row(r)), ...loadSplat(0), ...set(left),
        ...all.flatMap(w => [...get(left), ...get(right(w)), ...multiplyVectors, ...get(sum(r, w)), ...addVectors, ...set(sum(r, w))]),
        ...advanceBy(row(r), 4),
      ]),
      ...advanceBy(at, 16 * vectors),
    ]),
    ...allRows.flatMap(r => [...all.flatMap(w => [...get(out), ...get(sum(r, w)), ...store(16 * w)]), ...advance(out, outRow), ...advance(a, aRow)]),
  ]);
  return { name: `tile${rows}x${vectors}`, parameters, vectors: rows * vectors + vectors + 1, integers: rows + 2, code };
}

/** For each width in vectors (entry W - 1), the tile of ROWS rows and that of one. */
const tiles = oncePerBackend(backend => {
  const pairs = ROWS.map((rows, i) => [tile(rows, i + 1), tile(1, i + 1)] as const);
  const made = assemble(backend, pairs.flat());
  return pairs.map(pair => pair.map(({ name }) => made[name] as Tile) as [Tile, Tile]);
});

/** True for the sizes this product is made for. */
export const isPanelProduct = (m: number, n: number): boolean => m >= FEWEST_ROWS && n >= 4;

/** Addresses (bytes) of a [m, k], b [k, n] and the result [m, n]. */
export interface Places { readonly a: number; readonly b: number; readonly out: number }

/** Products of these sizes one after another, all float32; `places` is read when nothing more is allocated. */
export function panelProducts(backend: BackendWasm, { m, k, n }: { m: number; k: number; n: number }, places: readonly Places[]): void {
  const copy = panelCopiers(backend);
  const multiply = tiles(backend);
  const scratch = backend.makeOutput([k * 4 * WIDEST], 'float32');
  const panel = backend.getMemoryOffset(scratch.dataId);
  for (const { a, b, out } of places) {
    for (let column = 0; column < n; ) {
      const vectors = Math.min(WIDEST, Math.ceil((n - column) / 4), Math.floor(n / 4));
      const start = Math.min(column, n - 4 * vectors);
      copy[vectors - 1]!(b + 4 * start, 4 * n, panel, k);
      const [several, single] = multiply[vectors - 1]!;
      const rows = ROWS[vectors - 1]!;
      const blocks = Math.floor(m / rows);
      const rest = m - blocks * rows;
      if (blocks > 0) several(a, 4 * k, panel, out + 4 * start, 4 * n, k, blocks);
      if (rest > 0) single(a + 4 * blocks * rows * k, 4 * k, panel, out + 4 * (blocks * rows * n + start), 4 * n, k, rest);
      column = start + 4 * vectors;
    }
  }
  release(backend, scratch);
}
