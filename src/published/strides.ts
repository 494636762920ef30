/**
 * Tensors as PyTorch keeps them, a view of a storage by offset and strides, as row-major arrays.
 */

type Numbers = Float32Array | Float64Array | Int32Array | Uint32Array | Int16Array | Uint16Array | Int8Array | Uint8Array | BigInt64Array | BigUint64Array;

/** Number of values of a shape. */
export const valuesOf = (shape: readonly number[]): number => shape.reduce((product, n) => product * n, 1);

/** One past the last value of the storage that a view reaches; 0 for an empty one. */
export function reach(offset: number, shape: readonly number[], strides: readonly number[]): number {
  if (shape.includes(0)) return 0;
  return offset + 1 + shape.reduce((sum, n, axis) => sum + (n - 1) * strides[axis]!, 0);
}

/** True when the view lies row by row without gaps. */
function isRowMajor(shape: readonly number[], strides: readonly number[]): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && strides[axis] !== expected) return false;
    expected *= shape[axis]!;
  }
  return true;
}

/** The values of a view, row-major, as float32 (wider numbers are rounded). The storage must hold all that the view reaches. */
export function rowMajor(storage: Numbers, offset: number, shape: readonly number[], strides: readonly number[]): Float32Array {
  const length = valuesOf(shape);
  if (isRowMajor(shape, strides) && storage instanceof Float32Array) return storage.length === length ? storage : storage.slice(offset, offset + length);
  const out = new Float32Array(length);
  const index = new Array<number>(shape.length).fill(0);
  let at = offset;
  for (let i = 0; i < length; i++) {
    out[i] = Number(storage[at]);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      at += strides[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      at -= shape[axis]! * strides[axis]!;
      index[axis] = 0;
    }
  }
  return out;
}
