/**
 * a' b for two tall matrices, a [k, m] and b [k, n] with many rows: what the gradient of every weight is. The backend's own
 * products want a turned first, which costs more than the product itself. Here both stay as they are, a run of rows at a time
 * copied into panels of 4 and 8 columns: a tile of 4 x 8 sums stays in registers while the rows go by.
 *
 * The tile is a short function of WebAssembly SIMD on the backend's own memory, written out below instruction by
 * instruction; the loops around it are plain TypeScript.
 */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import { addVectors, advance, assemble, get, load, loadSplat, multiplyVectors, oncePerBackend, repeat, set, store } from './assembler';
import type { WasmFunction } from './assembler';
import { floats, release } from './kernel';
import { panelCopiers } from './panels';
import type { CopyPanel } from './panels';

/** Columns of a tile: two vectors of four. */
const COLUMNS = 8;
/** Rows of a tile, one function each: the most first, fewer for what is left. */
const TILE_ROWS = [4, 2, 1] as const;
/** Rows of a and b that go by before the next tile: those of 8 columns of b stay in the cache for all tiles beside. */
const RUN = 256;

/** Adds a' b of `k` rows to a tile of the result; addresses and distances between rows in bytes. */
type Tile = (a: number, aRow: number, b: number, bRow: number, out: number, outRow: number, k: number) => void;

/** A Tile of `rows` rows. */
function tile(rows: number): WasmFunction {
  const [a, aRow, b, bRow, out, outRow, k] = [0, 1, 2, 3, 4, 5, 6] as const;
  const sum = (row: number, half: number): number => 7 + 2 * row + half;
  const right = (half: number): number => 7 + 2 * rows + half;
  const left = 7 + 2 * rows + 2;
  const at = left + 1;
  const rowNumbers = Array.from({ length: rows }, (_, row) => row);
  const halves = [0, 1];
  const eachRow = (act: (row: number, half: number) => number[]): number[] =>
    [...get(out), ...set(at), ...rowNumbers.flatMap(row => [...halves.flatMap(half => act(row, half)), ...advance(at, outRow)])];
  const code = [
    ...eachRow((row, half) => [...get(at), ...load(16 * half), ...set(sum(row, half))]),
    ...repeat(k, [
      ...halves.flatMap(half => [...get(b), ...load(16 * half), ...set(right(half))]),
      ...rowNumbers.flatMap(row => [
        ...get(a), ...loadSplat(4 * row), ...set(left),
        ...halves.flatMap(half => [...get(sum(row, half)), ...get(left), ...get(right(half)), ...multiplyVectors, ...addVectors, ...set(sum(row, half))]),
      ]),
      ...advance(a, aRow), ...advance(b, bRow),
    ]),
    ...eachRow((row, half) => [...get(at), ...get(sum(row, half)), ...store(16 * half)]),
  ];
  return { name: `rows${rows}`, parameters: 7, vectors: 2 * rows + 3, integers: 1, code };
}

/** The Tiles of a backend, one per entry of TILE_ROWS. */
const tiles = oncePerBackend(backend => {
  const made = assemble(backend, TILE_ROWS.map(tile));
  return TILE_ROWS.map(rows => made[`rows${rows}`] as Tile);
});

/** True for the widths this product is made for. */
export const isTallProduct = (n: number): boolean => n % COLUMNS === 0;

/** a' b [m, n] of a [k, m] and b [k, n], float32, n a multiple of 8, as a new tensor of `shape`. The caller releases it. */
export function tallProduct(backend: BackendWasm, a: TensorInfo, b: TensorInfo, shape: number[], { m, k, n }: { m: number; k: number; n: number }): TensorInfo {
  const out = backend.makeOutput(shape, 'float32');
  floats(backend, out).fill(0);
  const scratch = backend.makeOutput([RUN * (m + COLUMNS)], 'float32');
  const [atA, atB, atOut, panelsA] = [a, b, out, scratch].map(({ dataId }) => backend.getMemoryOffset(dataId)) as [number, number, number, number];
  const panelB = panelsA + 4 * RUN * m;
  const [copyA, copyB] = panelCopiers(backend) as [CopyPanel, CopyPanel];
  const functions = tiles(backend);
  for (let start = 0; start < k; start += RUN) {
    const run = Math.min(RUN, k - start);
    for (let row = 0; row + 4 <= m; row += 4) copyA(atA + 4 * (start * m + row), 4 * m, panelsA + 4 * RUN * row, run);
    for (let column = 0; column < n; column += COLUMNS) {
      copyB(atB + 4 * (start * n + column), 4 * n, panelB, run);
      let row = 0;
      TILE_ROWS.forEach((rows, i) => {
        for (; row + rows <= m; row += rows) {
          // The few columns of a that fill no panel are read as they lie.
          const [left, leftRow] = rows === 4 ? [panelsA + 4 * RUN * row, 16] : [atA + 4 * (start * m + row), 4 * m];
          functions[i]!(left, leftRow, panelB, 4 * COLUMNS, atOut + 4 * (row * n + column), 4 * n, run);
        }
      });
    }
  }
  release(backend, scratch);
  return out;
}
