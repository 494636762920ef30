/** The engines this machine has, for tests that run on each of them, one after another. */
import { openCpu } from '../src/engine/cpu';
import type { Engine } from '../src/engine/engine';
import { openWasm } from '../src/engine/wasm';

/** Each engine by name. */
export const availableEngines: { name: string; open: () => Promise<Engine> }[] = [
  { name: 'cpu', open: openCpu },
  { name: 'wasm', open: () => openWasm() },
];
