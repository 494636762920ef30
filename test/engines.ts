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
  runtime.state === 'ready'
    ? { name: 'tensorflow', open: () => openTensorflow(), there: true }
    : { name: `tensorflow (skipped: the compute runtime at ${runtime.dir} is ${runtime.state}; run \`trm setup\`)`, open: () => openTensorflow(), there: false },
];
