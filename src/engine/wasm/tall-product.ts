/**
 * a' b for two tall matrices, a [k, m] and b [k, n] with many rows: what the gradient of every weight is. The backend's own
 * products want a turned and b packed first, which costs more than the product itself. Here both are read as they lie: a
 * tile of 4 x 8 sums stays in registers while the rows go by.
 *
 * The tile is a short function of WebAssembly SIMD on the backend's own memory, written out below instruction by
 * instruction; the loops around it are plain TypeScript.
 */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import { compiledCode, floats } from './kernel';

/** Columns of a tile: two vectors of four. */
const COLUMNS = 8;
/** Rows of a tile, one function each: the most first, fewer for what is left. */
const TILE_ROWS = [4, 2, 1] as const;
/** Rows of a and b that go by before the next tile: those of 8 columns of b stay in the cache for all tiles beside. */
const RUN = 256;

/** Adds a' b of `k` rows to a tile of the result; addresses and distances between rows in bytes. */
type Tile = (a: number, aRow: number, b: number, bRow: number, out: number, outRow: number, k: number) => void;

// The binary format of WebAssembly (its specification, chapter 5), as far as needed.
const I32 = 0x7f, V128 = 0x7b, FUNCTION = 0x60, NO_RESULT = 0x40, END = 0x0b;
const number = (n: number): number[] => (n < 128 ? [n] : [(n & 127) | 128, ...number(n >>> 7)]);
const list = (items: readonly (readonly number[])[]): number[] => [...number(items.length), ...items.flat()];
const sized = (bytes: readonly number[]): number[] => [...number(bytes.length), ...bytes];
const text = (name: string): number[] => sized(Array.from(name, char => char.charCodeAt(0)));
const get = (local: number): number[] => [0x20, ...number(local)];
const set = (local: number): number[] => [0x21, ...number(local)];
const loop = (body: readonly number[]): number[] => [0x03, NO_RESULT, ...body, END];
const repeatIf = [0x0d, 0];
const minusOne = [0x41, 0x7f]; // i32.const -1
const add = [0x6a];
const simd = (operation: number, ...immediate: number[]): number[] => [0xfd, ...number(operation), ...immediate];
const load = (offset: number): number[] => simd(0, 2, ...number(offset));
const loadSplat = (offset: number): number[] => simd(9, 2, ...number(offset));
const store = (offset: number): number[] => simd(11, 2, ...number(offset));
const addVectors = simd(0xe4);
const multiplyVectors = simd(0xe6);

/** The body of a Tile of `rows` rows. */
function tileBody(rows: number): number[] {
  const [a, aRow, b, bRow, out, outRow, k] = [0, 1, 2, 3, 4, 5, 6] as const;
  const sum = (row: number, half: number): number => 7 + 2 * row + half;
  const right = (half: number): number => 7 + 2 * rows + half;
  const left = 7 + 2 * rows + 2;
  const at = left + 1;
  const advance = (pointer: number, by: number): number[] => [...get(pointer), ...get(by), ...add, ...set(pointer)];
  const rowNumbers = Array.from({ length: rows }, (_, row) => row);
  const halves = [0, 1];
  const eachRow = (act: (row: number, half: number) => number[]): number[] =>
    [...get(out), ...set(at), ...rowNumbers.flatMap(row => [...halves.flatMap(half => act(row, half)), ...advance(at, outRow)])];
  const code = [
    ...eachRow((row, half) => [...get(at), ...load(16 * half), ...set(sum(row, half))]),
    ...loop([
      ...halves.flatMap(half => [...get(b), ...load(16 * half), ...set(right(half))]),
      ...rowNumbers.flatMap(row => [
        ...get(a), ...loadSplat(4 * row), ...set(left),
        ...halves.flatMap(half => [...get(sum(row, half)), ...get(left), ...get(right(half)), ...multiplyVectors, ...addVectors, ...set(sum(row, half))]),
      ]),
      ...advance(a, aRow), ...advance(b, bRow),
      ...get(k), ...minusOne, ...add, ...set(k), ...get(k), ...repeatIf,
    ]),
    ...eachRow((row, half) => [...get(at), ...get(sum(row, half)), ...store(16 * half)]),
    END,
  ];
  return sized([...list([[...number(2 * rows + 3), V128], [1, I32]]), ...code]);
}

/** The module: one exported function per entry of TILE_ROWS, working on an imported memory. */
function moduleBytes(): Uint8Array {
  const section = (id: number, items: readonly (readonly number[])[]): number[] => [id, ...sized(list(items))];
  const parameters = list(Array.from({ length: 7 }, () => [I32]));
  return new Uint8Array([
    0, 0x61, 0x73, 0x6d, 1, 0, 0, 0,
    ...section(1, [[FUNCTION, ...parameters, 0]]),
    ...section(2, [[...text('backend'), ...text('memory'), 2, 0, 0]]),
    ...section(3, TILE_ROWS.map(() => [0])),
    ...section(7, TILE_ROWS.map((rows, index) => [...text(`rows${rows}`), 0, index])),
    ...section(10, TILE_ROWS.map(tileBody)),
  ]);
}

/** What is used here of JavaScript's WebAssembly, of which the type library has no declarations outside of browsers. */
const { Instance, Module } = (globalThis as unknown as {
  WebAssembly: { Module: new (bytes: Uint8Array) => object; Instance: new (module: object, imports: object) => { exports: Record<string, unknown> } };
}).WebAssembly;

const tilesOf = new WeakMap<BackendWasm, readonly Tile[]>();

function tiles(backend: BackendWasm): readonly Tile[] {
  let made = tilesOf.get(backend);
  if (!made) {
    const { exports } = new Instance(new Module(moduleBytes()), { backend: { memory: compiledCode(backend).asm.memory } });
    tilesOf.set(backend, (made = TILE_ROWS.map(rows => exports[`rows${rows}`] as Tile)));
  }
  return made;
}

/** True for the widths this product is made for. */
export const isTallProduct = (n: number): boolean => n % COLUMNS === 0;

/** a' b [m, n] of a [k, m] and b [k, n], float32, n a multiple of 8, as a new tensor of `shape`. The caller releases it. */
export function tallProduct(backend: BackendWasm, a: TensorInfo, b: TensorInfo, shape: number[], { m, k, n }: { m: number; k: number; n: number }): TensorInfo {
  const out = backend.makeOutput(shape, 'float32');
  floats(backend, out).fill(0);
  const [atA, atB, atOut] = [a, b, out].map(({ dataId }) => backend.getMemoryOffset(dataId)) as [number, number, number];
  const functions = tiles(backend);
  for (let start = 0; start < k; start += RUN) {
    const run = Math.min(RUN, k - start);
    for (let column = 0; column < n; column += COLUMNS) {
      let row = 0;
      TILE_ROWS.forEach((rows, i) => {
        for (; row + rows <= m; row += rows)
          functions[i]!(atA + 4 * (start * m + row), 4 * m, atB + 4 * (start * n + column), 4 * n, atOut + 4 * (row * n + column), 4 * n, run);
      });
    }
  }
  return out;
}
