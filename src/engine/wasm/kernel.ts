/**
 * The few words every kernel of this folder is written in. A tensor of the wasm backend is a run of bytes on one big heap;
 * a kernel asks for room for its result (`makeOutput`), takes typed views of operands and result, and loops.
 * Views must be taken after every `makeOutput`: the heap may have moved to grow.
 */
import type { KernelConfig, KernelFunc, TensorInfo } from '@tensorflow/tfjs-core';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';

/** What a kernel is called with. */
export interface KernelCall<Attributes> {
  readonly inputs: Readonly<Record<string, TensorInfo>>;
  readonly backend: BackendWasm;
  readonly attrs: Attributes;
}

/** A kernel of the wasm backend under TensorFlow.js's name for it. */
export function wasmKernel<Attributes>(kernelName: string, run: (call: KernelCall<Attributes>) => TensorInfo): KernelConfig {
  return { kernelName, backendName: 'wasm', kernelFunc: run as unknown as KernelFunc };
}

/** What this folder uses of the compiled code behind a backend. */
export interface CompiledCode {
  /** A function of the compiled code by its name; parameters are 'number' or 'array' (bytes copied to its stack). */
  cwrap(name: string, result: null, parameters: readonly string[]): (...values: (number | Uint8Array)[]) => void;
  /** Address of that many free bytes, 0 when there are none. */
  _malloc(bytes: number): number;
  _free(address: number): void;
  /** Its exports; the memory is the heap all tensors are on. */
  readonly asm: { readonly memory: object };
}

/** The compiled code behind a backend. */
export function compiledCode(backend: BackendWasm): CompiledCode {
  return backend.wasm as unknown as CompiledCode;
}

/** The operand called `name`; throws when the kernel was called without it. */
export function operand(inputs: Readonly<Record<string, TensorInfo>>, name: string): TensorInfo {
  const tensor = inputs[name];
  if (tensor === undefined) throw new Error(`Kernel called without its operand "${name}".`);
  return tensor;
}

/** The elements of a float32 tensor on the heap; valid until the next allocation. */
export function floats(backend: BackendWasm, tensor: TensorInfo): Float32Array {
  return backend.typedArrayFromHeap(tensor) as Float32Array;
}

/** The elements of an int32 tensor on the heap; valid until the next allocation. */
export function integers(backend: BackendWasm, tensor: TensorInfo): Int32Array {
  return backend.typedArrayFromHeap(tensor) as Int32Array;
}

/** Number of elements of a tensor of that shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, extent) => product * extent, 1);
}

/** Frees a temporary, or one reference to shared data. */
export function release(backend: BackendWasm, tensor: TensorInfo): void {
  backend.disposeData(tensor.dataId);
}
