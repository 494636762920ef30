/** The engines this machine has, for tests that run on each of them. */
import { openCpu } from '../src/engine/cpu';
import type { Engine } from '../src/engine/engine';

/** Each engine by name. */
export const availableEngines: { name: string; open: () => Promise<Engine> }[] = [{ name: 'cpu', open: openCpu }];
