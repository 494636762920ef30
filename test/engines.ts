/**
 * The engines of this machine, for tests that run on each of them, one after another. The tensorflow engine takes part
 * where a compute runtime is set up, and is told as skipped, with the reason, where there is none.
 */
import { openCpu } from '../src/engine/cpu';
import type { Engine } from '../src/engine/engine';
import { openTensorflow } from '../src/engine/tensorflow';
import { openWasm } from '../src/engine/wasm';
import { findRuntime } from '../src/runtime/find';

/** An engine tests can run on, or why they cannot. */
export interface TestEngine { readonly name: string; readonly open: () => Promise<Engine>; readonly there: boolean }

const runtime = await findRuntime();

/** Each engine by name. */
export const engines: readonly TestEngine[] = [
  { name: 'cpu', open: openCpu, there: true },
  { name: 'wasm', open: () => openWasm(), there: true },
  ...[{ name: 'tensorflow', compiled: true }, { name: 'tensorflow, operation by operation,', compiled: false }].map(({ name, compiled }) => (runtime.state === 'ready'
    ? { name, open: () => openTensorflow({ compiled }), there: true }
    : { name: `${name} (skipped: the compute runtime at ${runtime.dir} is ${runtime.state}; run \`trm setup\`)`, open: () => openTensorflow({ compiled }), there: false })),
];
