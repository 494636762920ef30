/**
 * BatchMatMul. The stock kernel falls into a scalar loop (1 GFLOP/s instead of 20 to 40) for every batch and for every
 * transpose flag, and the gradient of a matMul always has one. So transposes are made explicit, a right operand shared by the
 * whole batch becomes one product of many rows, anything else one product per batch entry, and the products are made
 *   - in `panel-product.ts`, when the left operand has a few rows and the right one a few columns;
 *   - in `tall-product.ts`, when it is the gradient of a weight, a' b of many rows;
 *   - else, being tiny, by XNNPACK's [m, k] x [k, n], one matrix at a time, on windows of the operands without copies.
 *
 * XNNPACK packs the right operand once and keeps it under the tensor's id until the tensor is disposed: so a view with the
 * same data and another width must get an id of its own, or it would be multiplied as the first one.
 */
import { BatchMatMul, broadcast_util } from '@tensorflow/tfjs-core';
import type { KernelConfig, TensorInfo } from '@tensorflow/tfjs-core';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import { compiledCode, integers, operand, release, sizeOf, wasmKernel } from './kernel';
import type { CompiledCode } from './kernel';
import { isPanelProduct, panelProducts } from './panel-product';
import { isTallProduct, tallProduct } from './tall-product';
import { swapLastTwo } from './transpose';

/** One [1, rows, cols] matrix as the compiled code sees it: an id and a shape in bytes. */
interface Matrix {
  readonly id: number;
  readonly shape: Uint8Array;
}

function shapeBytes(rows: number, cols: number): Uint8Array {
  return new Uint8Array(Int32Array.of(1, rows, cols).buffer);
}

/** What the kernel knows about one backend. */
class Multiplier {
  readonly #native: ReturnType<CompiledCode['cwrap']>;
  /** The inner dimension each right operand was packed with. */
  readonly #packedAs = new WeakMap<object, number>();

  constructor(readonly backend: BackendWasm) {
    // a: id, shape, rank; b: id, shape, rank; transposeA; transposeB; out: id
    const parameters = ['number', 'array', 'number', 'number', 'array', 'number', 'number', 'number', 'number'];
    this.#native = compiledCode(backend).cwrap(BatchMatMul, null, parameters);
  }

  multiply(a: Matrix, b: Matrix, out: Matrix): void {
    this.#native(a.id, a.shape, 3, b.id, b.shape, 3, 0, 0, out.id);
  }

  /** The whole tensor seen as one matrix. */
  whole(tensor: TensorInfo, rows: number, cols: number): Matrix {
    return { id: this.backend.dataIdMap.get(tensor.dataId).id, shape: shapeBytes(rows, cols) };
  }

  /** An id of its own for `rows` x `cols` elements of the tensor from element `start`; the caller closes it. */
  openWindow(tensor: TensorInfo, start: number, rows: number, cols: number): number {
    const { backend } = this;
    const id = backend['dataIdNextNumber']++; // the backend's own counter: ids never meet
    backend.wasm.tfjs.registerTensor(id, rows * cols, backend.getMemoryOffset(tensor.dataId) + 4 * start);
    return id;
  }

  /** Forgets the id, and what was packed under it; the bytes belong to the tensor. */
  closeWindow(id: number): void {
    this.backend.wasm.tfjs.disposeData(id);
  }

  /** Runs `use` with the tensor as the right operand [k, n], packed once for all its uses. */
  right(tensor: TensorInfo, k: number, n: number, use: (right: Matrix) => void): void {
    const packed = this.#packedAs.get(tensor.dataId);
    if (packed !== undefined && packed !== k) {
      this.rightOnce(tensor, k, n, use);
      return;
    }
    this.#packedAs.set(tensor.dataId, k);
    use(this.whole(tensor, k, n));
  }

  /** Runs `use` with the tensor as the right operand [k, n], packed for this use only. */
  rightOnce(tensor: TensorInfo, k: number, n: number, use: (right: Matrix) => void): void {
    const id = this.openWindow(tensor, 0, k, n);
    use({ id, shape: shapeBytes(k, n) });
    this.closeWindow(id);
  }

  /** a [m, k] @ b [k, n] into out [m, n], each a whole tensor; `keep` leaves b packed for the next product. */
  product(a: TensorInfo, b: TensorInfo, out: TensorInfo, m: number, k: number, n: number, keep: boolean): void {
    const use = (right: Matrix) => this.multiply(this.whole(a, m, k), right, this.whole(out, m, n));
    if (keep) this.right(b, k, n, use);
    else this.rightOnce(b, k, n, use);
  }
}

const multipliers = new WeakMap<BackendWasm, Multiplier>();

function multiplierOf(backend: BackendWasm): Multiplier {
  let multiplier = multipliers.get(backend);
  if (!multiplier) multipliers.set(backend, (multiplier = new Multiplier(backend)));
  return multiplier;
}

/** For each entry of the broadcast batch, the entry of an operand with batch shape `own` it takes part in. */
function batchEntries(own: readonly number[], broadcast: readonly number[]): Int32Array {
  const entries = new Int32Array(sizeOf(broadcast));
  let span = entries.length;
  const offset = broadcast.length - own.length;
  let ownStride = sizeOf(own);
  broadcast.forEach((extent, axis) => {
    span /= extent;
    const ownExtent = axis < offset ? 1 : own[axis - offset]!;
    ownStride /= ownExtent;
    if (ownExtent > 1) for (let i = 0; i < entries.length; i++) entries[i]! += (Math.floor(i / span) % extent) * ownStride;
  });
  return entries;
}

/** The product of int32 tensors: a plain loop, for the small index arithmetic that uses it. */
function integerMatMul(backend: BackendWasm, a: TensorInfo, b: TensorInfo, out: TensorInfo, sizes: Sizes): void {
  const { m, k, n } = sizes;
  const left = integers(backend, a);
  const right = integers(backend, b);
  const result = integers(backend, out);
  sizes.entriesA.forEach((entryA, i) => {
    const entryB = sizes.entriesB[i]!;
    for (let r = 0; r < m; r++)
      for (let c = 0; c < n; c++) {
        let sum = 0;
        for (let j = 0; j < k; j++) sum += Math.imul(left[(entryA * m + r) * k + j]!, right[(entryB * k + j) * n + c]!);
        result[(i * m + r) * n + c] = sum;
      }
  });
}

interface Sizes {
  readonly m: number;
  readonly k: number;
  readonly n: number;
  readonly entriesA: Int32Array;
  readonly entriesB: Int32Array;
}

/** One product per entry of the batch; an operand shared by consecutive entries keeps its window (and its packing). */
function perEntry(multiplier: Multiplier, a: TensorInfo, b: TensorInfo, out: TensorInfo, sizes: Sizes): void {
  const { m, k, n, entriesA, entriesB } = sizes;
  const shapes = { left: shapeBytes(m, k), right: shapeBytes(k, n), out: shapeBytes(m, n) };
  let left = -1;
  let right = -1;
  for (let i = 0; i < entriesB.length; i++) {
    if (i === 0 || entriesA[i] !== entriesA[i - 1]) {
      if (i > 0) multiplier.closeWindow(left);
      left = multiplier.openWindow(a, entriesA[i]! * m * k, m, k);
    }
    if (i === 0 || entriesB[i] !== entriesB[i - 1]) {
      if (i > 0) multiplier.closeWindow(right);
      right = multiplier.openWindow(b, entriesB[i]! * k * n, k, n);
    }
    const result = multiplier.openWindow(out, i * m * n, m, n);
    multiplier.multiply({ id: left, shape: shapes.left }, { id: right, shape: shapes.right }, { id: result, shape: shapes.out });
    multiplier.closeWindow(result);
  }
  multiplier.closeWindow(left);
  multiplier.closeWindow(right);
}

interface MatMulAttributes {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/**
 * a [..., m, k] @ b [..., k, n] (each given transposed when its flag says so) to [..., m, n], batch dimensions
 * broadcast; float32 or int32.
 */
export const batchMatMulKernel: KernelConfig = wasmKernel<MatMulAttributes>(BatchMatMul, ({ inputs, backend, attrs }) => {
  const a = operand(inputs, 'a');
  const b = operand(inputs, 'b');
  const { transposeA, transposeB } = attrs;
  const m = a.shape.at(transposeA ? -1 : -2)!;
  const k = a.shape.at(transposeA ? -2 : -1)!;
  const n = b.shape.at(transposeB ? -2 : -1)!;
  const inner = b.shape.at(transposeB ? -1 : -2)!;
  if (inner !== k || a.dtype !== b.dtype || (a.dtype !== 'float32' && a.dtype !== 'int32'))
    throw new Error(`matMul: ${a.dtype} [${a.shape.join(', ')}] and ${b.dtype} [${b.shape.join(', ')}] do not multiply (transposeA ${transposeA}, transposeB ${transposeB}).`);

  const batchA = a.shape.slice(0, -2);
  const batchB = b.shape.slice(0, -2);
  const batch = broadcast_util.assertAndGetBroadcastShape(batchA, batchB);
  const temporaries: TensorInfo[] = [];
  const swapped = (x: TensorInfo): TensorInfo => {
    const result = swapLastTwo(backend, x);
    temporaries.push(result);
    return result;
  };
  const sharedRight = sizeOf(batchB) === 1;
  const multiplier = multiplierOf(backend);
  try {
    if (sizeOf(batch) * m * n === 0 || k === 0) {
      const out = backend.makeOutput([...batch, m, n], a.dtype);
      backend.typedArrayFromHeap(out).fill(0);
      return out;
    }
    if (a.dtype === 'float32' && transposeA && !transposeB && sharedRight && sizeOf(batchA) === 1) {
      // A weight's gradient: a' b, or (b' a)' where that has the widths for it.
      if (isTallProduct(n)) return tallProduct(backend, a, b, [...batch, m, n], { m, k, n });
      if (isTallProduct(m)) {
        const product = tallProduct(backend, b, a, [...batch, n, m], { m: n, k, n: m });
        temporaries.push(product);
        return swapLastTwo(backend, product);
      }
    }
    const left = transposeA ? swapped(a) : a;
    const right = transposeB ? swapped(b) : b;
    const out = backend.makeOutput([...batch, m, n], a.dtype);
    if (a.dtype === 'float32' && isPanelProduct(sharedRight ? sizeOf(batchA) * m : m, n)) {
      const [atA, atB, atOut] = [left, right, out].map(({ dataId }) => backend.getMemoryOffset(dataId)) as [number, number, number];
      if (sharedRight) panelProducts(backend, { m: sizeOf(batchA) * m, k, n }, [{ a: atA, b: atB, out: atOut }]);
      else {
        const [entriesA, entriesB] = [batchEntries(batchA, batch), batchEntries(batchB, batch)];
        panelProducts(backend, { m, k, n }, Array.from(entriesA, (entry, i) => ({ a: atA + 4 * entry * m * k, b: atB + 4 * entriesB[i]! * k * n, out: atOut + 4 * i * m * n })));
      }
      return out;
    }
    if (a.dtype === 'float32' && sharedRight) {
      multiplier.product(left, right, out, sizeOf(batchA) * m, k, n, !transposeA);
      return out;
    }
    const sizes = { m, k, n, entriesA: batchEntries(batchA, batch), entriesB: batchEntries(batchB, batch) };
    if (a.dtype === 'int32') integerMatMul(backend, left, right, out, sizes);
    else perEntry(multiplier, left, right, out, sizes);
    return out;
  } finally {
    for (const temporary of temporaries) release(backend, temporary);
  }
});
