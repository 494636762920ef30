/**
 * The `cpu` engine: TensorFlow.js's plain JavaScript kernels. Slow and exact; the reference the other engines are
 * tested against, and never chosen by itself.
 */
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { EagerSession } from './eager-session';
import { EngineError } from './engine';
import type { Engine } from './engine';

/** Opens the engine. Throws EngineError when the backend does not start. */
export async function openCpu(): Promise<Engine> {
  if (!(await tf.setBackend('cpu'))) throw new EngineError('unavailable', 'The plain JavaScript backend did not start.', 'Reinstall: this backend needs nothing but Node.');
  // On its first operation in Node the backend would print an advertisement for tfjs-node.
  (tf.backend() as unknown as { firstUse: boolean }).firstUse = false;
  return {
    name: 'cpu',
    device: 'CPU, plain JavaScript, 1 thread',
    threads: 1,
    lanes: 1,
    workers: null,
    deterministic: true,
    dtypes: ['float32'],
    versions: { 'tfjs-core': tf.version_core, node: process.versions.node },
    session: (step, state) => new EagerSession('cpu', step, state),
    memory: () => ({ tensors: tf.memory().numTensors, bytes: tf.memory().numBytes }),
  };
}
