/**
 * The few words of WebAssembly that this folder's own inner loops are written in, and the module that holds them: functions
 * of addresses and counts (32-bit integers) on the memory of a backend. (Binary format: its specification, chapter 5.)
 */
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import { compiledCode } from './kernel';

const I32 = 0x7f, V128 = 0x7b, FUNCTION = 0x60, NO_RESULT = 0x40, END = 0x0b;

const number = (n: number): number[] => (n < 128 ? [n] : [(n & 127) | 128, ...number(n >>> 7)]);
const signed = (n: number): number[] => (n >= -64 && n < 64 ? [n & 127] : [(n & 127) | 128, ...signed(n >> 7)]);
const list = (items: readonly (readonly number[])[]): number[] => [...number(items.length), ...items.flat()];
const sized = (bytes: readonly number[]): number[] => [...number(bytes.length), ...bytes];
const text = (name: string): number[] => sized(Array.from(name, char => char.charCodeAt(0)));
const simd = (operation: number, ...immediate: number[]): number[] => [0xfd, ...number(operation), ...immediate];

/** Instructions, as bytes. */
export type Code = readonly number[];

/** Pushes a parameter or local variable. */
export const get = (local: number): number[] => [0x20, ...number(local)];
/** Pops into a local variable. */
export const set = (local: number): number[] => [0x21, ...number(local)];
/** Sum of the two integers on the stack. */
export const add: Code = [0x6a];
/** A whole number. */
export const constant = (n: number): number[] => [0x41, ...signed(n)];
/** `local += by`, another local. */
export const advance = (local: number, by: number): number[] => [...get(local), ...get(by), ...add, ...set(local)];
/** `local += bytes`. */
export const advanceBy = (local: number, bytes: number): number[] => [...get(local), ...constant(bytes), ...add, ...set(local)];
/** Repeats `body` as often as the local `count` says (at least once), counting it down to 0. */
export const repeat = (count: number, body: Code): number[] => [0x03, NO_RESULT, ...body, ...advanceBy(count, -1), ...get(count), 0x0d, 0, END];
/** Four floats at the address on the stack plus `offset`. */
export const load = (offset: number): number[] => simd(0, 2, ...number(offset));
/** The float at the address on the stack plus `offset`, four times. */
export const loadSplat = (offset: number): number[] => simd(9, 2, ...number(offset));
/** Writes the four floats on the stack to the address below them plus `offset`. */
export const store = (offset: number): number[] => simd(11, 2, ...number(offset));
/** Four zeros. */
export const zeros: Code = simd(12, ...new Array<number>(16).fill(0));
/** Sum and product of the two vectors on the stack. */
export const addVectors: Code = simd(0xe4);
/** See addVectors. */
export const multiplyVectors: Code = simd(0xe6);

/** A function: `parameters` integers come first among its locals, then `vectors` vectors, then `integers` more integers. */
export interface WasmFunction { readonly name: string; readonly parameters: number; readonly vectors: number; readonly integers: number; readonly code: Code }

/** What is used here of JavaScript's WebAssembly, of which the type library has no declarations outside of browsers. */
const { Instance, Module } = (globalThis as unknown as {
  WebAssembly: { Module: new (bytes: Uint8Array) => object; Instance: new (module: object, imports: object) => { exports: Record<string, unknown> } };
}).WebAssembly;

/** Functions on a backend's memory, by name. */
export function assemble(backend: BackendWasm, functions: readonly WasmFunction[]): Record<string, (...values: number[]) => void> {
  const section = (id: number, items: readonly (readonly number[])[]): number[] => [id, ...sized(list(items))];
  const body = ({ vectors, integers, code }: WasmFunction): number[] => sized([...list([[...number(vectors), V128], [...number(integers), I32]]), ...code, END]);
  const bytes = new Uint8Array([
    0, 0x61, 0x73, 0x6d, 1, 0, 0, 0,
    ...section(1, functions.map(({ parameters }) => [FUNCTION, ...list(Array.from({ length: parameters }, () => [I32])), 0])),
    ...section(2, [[...text('backend'), ...text('memory'), 2, 0, 0]]),
    ...section(3, functions.map((_, index) => number(index))),
    ...section(7, functions.map(({ name }, index) => [...text(name), 0, ...number(index)])),
    ...section(10, functions.map(body)),
  ]);
  const { exports } = new Instance(new Module(bytes), { backend: { memory: compiledCode(backend).asm.memory } });
  return exports as Record<string, (...values: number[]) => void>;
}

/** `make`'s result for a backend, made once. */
export function oncePerBackend<T>(make: (backend: BackendWasm) => T): (backend: BackendWasm) => T {
  const made = new WeakMap<BackendWasm, T>();
  return backend => {
    let value = made.get(backend);
    if (value === undefined) made.set(backend, (value = make(backend)));
    return value;
  };
}
