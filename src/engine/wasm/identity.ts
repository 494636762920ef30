/**
 * Identity without a copy. The stock kernel copies the data, and training asks for an identity of every tensor a gradient
 * will need: a second handle on the same data does, as for a reshape. Tensors are never written after they are made.
 */
import { Identity } from '@tensorflow/tfjs-core';
import type { KernelConfig, KernelFunc, TensorInfo } from '@tensorflow/tfjs-core';
import { operand, wasmKernel } from './kernel';

/** Another handle on x; `stock` serves strings. */
export function identityKernel(stock: KernelFunc): KernelConfig {
  return wasmKernel<object>(Identity, call => {
    const x = operand(call.inputs, 'x');
    if (x.dtype === 'string') return stock(call as unknown as Parameters<KernelFunc>[0]) as TensorInfo;
    call.backend.incRef(x.dataId);
    return { dataId: x.dataId, shape: x.shape, dtype: x.dtype };
  });
}
