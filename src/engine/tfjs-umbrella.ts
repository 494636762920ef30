/**
 * What `@tensorflow/tfjs-node-gpu` gets when it asks for the umbrella package `@tensorflow/tfjs`: the core, of which it
 * uses nothing else. Its backend is an ES5 class, which calls the constructor of the class it extends as a function; the
 * core's is an ES2015 class, which forbids that. So KernelBackend is given as a function with the same methods (the
 * constructor does nothing).
 *
 * Only bundlers lead here (see tensorflow.ts).
 */
import { KernelBackend as Core } from '@tensorflow/tfjs-core';

export * from '@tensorflow/tfjs-core';

/** tfjs-core's KernelBackend, extensible from ES5. */
export function KernelBackend(): void {
  // no fields
}
KernelBackend.prototype = Core.prototype;
