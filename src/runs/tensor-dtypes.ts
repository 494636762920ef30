/**
 * Tensors as they lie in a safetensors file and as JavaScript holds them: one dtype, one kind of typed array.
 */

/** Bytes per value of the dtypes that are read. */
export const dtypeBytes = { F64: 8, F32: 4, F16: 2, BF16: 2, I64: 8, I32: 4, I16: 2, I8: 1, U64: 8, U32: 4, U16: 2, U8: 1, BOOL: 1 } as const;
/** A dtype by its name in the file. */
export type Dtype = keyof typeof dtypeBytes;

/** Arrays that can be written, each as its own dtype: F32, I32, F64, I64, U8. */
export type StorableArray = Float32Array | Int32Array | Float64Array | BigInt64Array | Uint8Array;
/** A tensor to write, row-major. One of bfloat16 says so: its values are the raw bits. */
export type StorableTensor =
  | { readonly shape: readonly number[]; readonly data: StorableArray; readonly dtype?: never }
  | { readonly shape: readonly number[]; readonly data: Uint16Array; readonly dtype: 'BF16' };

interface Held<D extends Dtype, A> {
  readonly dtype: D;
  readonly shape: readonly number[];
  readonly data: A;
}
/** A tensor that was read, row-major. The dtype tells the kind of array. */
export type StoredTensor =
  | Held<'F32' | 'F16' | 'BF16', Float32Array>
  | Held<'F64', Float64Array>
  | Held<'I64', BigInt64Array>
  | Held<'U64', BigUint64Array>
  | Held<'I32', Int32Array>
  | Held<'U32', Uint32Array>
  | Held<'I16', Int16Array>
  | Held<'U16', Uint16Array>
  | Held<'I8', Int8Array>
  | Held<'U8' | 'BOOL', Uint8Array>;

/** The dtype a tensor is written as. */
export function dtypeOf({ data, dtype }: StorableTensor): Dtype {
  if (dtype !== undefined) return dtype;
  if (data instanceof Float32Array) return 'F32';
  if (data instanceof Int32Array) return 'I32';
  if (data instanceof Float64Array) return 'F64';
  if (data instanceof BigInt64Array) return 'I64';
  return 'U8';
}

/** bfloat16 to float32: the upper half of the same bits. */
function fromBfloat16(raw: Uint16Array): Float32Array {
  const out = new Uint32Array(raw.length);
  for (let i = 0; i < raw.length; i++) out[i] = raw[i]! << 16;
  return new Float32Array(out.buffer);
}

/** float32 to bfloat16, to the nearest, halves to even, as PyTorch rounds; NaN stays NaN. */
export function toBfloat16(values: Float32Array): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  return Uint16Array.from(bits, word => ((word & 0x7fffffff) > 0x7f800000 ? 0x7fc0 : (word + 0x7fff + ((word >>> 16) & 1)) >>> 16));
}

/** IEEE half to float32, exactly (subnormals, infinities and NaN too). */
function fromFloat16(raw: Uint16Array): Float32Array {
  const out = new Float32Array(raw.length);
  for (let i = 0; i < raw.length; i++) {
    const h = raw[i]!;
    const exponent = (h >> 10) & 31;
    const fraction = h & 1023;
    const size = exponent === 31 ? (fraction ? NaN : Infinity) : exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15);
    out[i] = h & 0x8000 ? -size : size;
  }
  return out;
}

/** The tensor whose values are `bytes`; `bytes` must begin its own buffer and is kept, not copied, where the types agree. */
export function decodeTensor(dtype: Dtype, shape: readonly number[], bytes: Uint8Array): StoredTensor {
  const { buffer } = bytes;
  switch (dtype) {
    case 'F32': return { dtype, shape, data: new Float32Array(buffer) };
    case 'F16': return { dtype, shape, data: fromFloat16(new Uint16Array(buffer)) };
    case 'BF16': return { dtype, shape, data: fromBfloat16(new Uint16Array(buffer)) };
    case 'F64': return { dtype, shape, data: new Float64Array(buffer) };
    case 'I64': return { dtype, shape, data: new BigInt64Array(buffer) };
    case 'U64': return { dtype, shape, data: new BigUint64Array(buffer) };
    case 'I32': return { dtype, shape, data: new Int32Array(buffer) };
    case 'U32': return { dtype, shape, data: new Uint32Array(buffer) };
    case 'I16': return { dtype, shape, data: new Int16Array(buffer) };
    case 'U16': return { dtype, shape, data: new Uint16Array(buffer) };
    case 'I8': return { dtype, shape, data: new Int8Array(buffer) };
    case 'U8': case 'BOOL': return { dtype, shape, data: bytes };
  }
}
