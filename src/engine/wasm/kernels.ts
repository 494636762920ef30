/**
 * Completes the wasm backend for training: the kernels it lacks are added, those that are slow or wrong are replaced.
 */
import { BatchMatMul, Cast, Cumprod, Cumsum, getKernel, Identity, registerKernel, Transpose, unregisterKernel } from '@tensorflow/tfjs-core';
import type { KernelConfig, KernelFunc } from '@tensorflow/tfjs-core';
import { castKernel, cumprodKernel, cumsumKernel } from './corrections';
import { identityKernel } from './identity';
import { batchMatMulKernel } from './matmul';
import { unsortedSegmentSumKernel } from './segment-sum';
import { transposeKernel } from './transpose';

let installed = false;

/** Installs the kernels for the `wasm` backend, once per process; the backend must be ready (stock kernels are set up then). */
export function installWasmKernels(): void {
  if (installed) return;
  installed = true;
  registerKernel(unsortedSegmentSumKernel);
  replace(BatchMatMul, () => batchMatMulKernel);
  replace(Transpose, transposeKernel);
  replace(Identity, identityKernel);
  replace(Cast, castKernel);
  replace(Cumsum, cumsumKernel);
  replace(Cumprod, cumprodKernel);
}

function replace(name: string, make: (stock: KernelFunc) => KernelConfig): void {
  const stock = getKernel(name, 'wasm').kernelFunc;
  unregisterKernel(name, 'wasm');
  registerKernel(make(stock));
}
