/**
 * Stock kernels that give wrong results in cases training meets, wrapped so that they do not:
 * Cast to bool keeps the raw byte instead of 0 or 1; Cumsum and Cumprod write outside their result for a negative axis.
 */
import { Cast, Cumprod, Cumsum } from '@tensorflow/tfjs-core';
import type { DataType, KernelConfig, KernelFunc, TensorInfo } from '@tensorflow/tfjs-core';
import { operand, wasmKernel } from './kernel';

interface CastAttributes {
  dtype: DataType;
}

/** Cast where every value other than 0 becomes true. */
export function castKernel(stock: KernelFunc): KernelConfig {
  return wasmKernel<CastAttributes>(Cast, call => {
    const x = operand(call.inputs, 'x');
    if (call.attrs.dtype !== 'bool' || (x.dtype !== 'float32' && x.dtype !== 'int32'))
      return stock(call as unknown as Parameters<KernelFunc>[0]) as TensorInfo;
    const out = call.backend.makeOutput(x.shape, 'bool');
    const from = call.backend.typedArrayFromHeap(x);
    const to = call.backend.typedArrayFromHeap(out);
    for (let i = 0; i < to.length; i++) to[i] = from[i] === 0 ? 0 : 1;
    return out;
  });
}

interface ScanAttributes {
  axis: number;
  exclusive: boolean;
  reverse: boolean;
}

function scanKernel(name: string, stock: KernelFunc): KernelConfig {
  return wasmKernel<ScanAttributes>(name, call => {
    const rank = operand(call.inputs, 'x').shape.length;
    const axis = call.attrs.axis < 0 ? call.attrs.axis + rank : call.attrs.axis;
    return stock({ ...call, attrs: { ...call.attrs, axis } }) as TensorInfo;
  });
}

/** Running sums along any axis, counted from either end. */
export function cumsumKernel(stock: KernelFunc): KernelConfig {
  return scanKernel(Cumsum, stock);
}

/** Running products along any axis, counted from either end. */
export function cumprodKernel(stock: KernelFunc): KernelConfig {
  return scanKernel(Cumprod, stock);
}
