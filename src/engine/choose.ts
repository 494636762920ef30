/**
 * Which engine a run gets. `auto` takes the fastest that works here and says why; an engine asked for by name is that
 * engine or an error. Nothing is replaced silently.
 */
import { deviceFacts } from '../runtime/device';
import { findRuntime } from '../runtime/find';
import { openCpu } from './cpu';
import { asksForGpu } from './device';
import { EngineError } from './engine';
import type { Engine } from './engine';
import { openTensorflow } from './tensorflow';
import { openWasm } from './wasm';

/** What a user can ask for. */
export type EngineWish = 'auto' | Engine['name'];

/** Options of `chooseEngine`. */
export interface EngineOptions {
  /** Threads for the engine, where it has a choice; default: the physical cores. */
  readonly threads?: number | undefined;
  /** Rows of a batch that steps compute at once, when known; see TensorflowOptions. */
  readonly rows?: number | undefined;
  /** How often the step will run, when known; see TensorflowOptions. */
  readonly runs?: number | undefined;
  /** Folder of the compute runtime; default TRM_RUNTIME_DIR, else in the user's data folder. */
  readonly runtimeDir?: string | undefined;
  /** `auto` (default), `cpu`, `gpu` or `gpu:N`; a GPU needs the tensorflow engine. */
  readonly device?: string | undefined;
  /** Number format of the forward pass; float32 when not given. */
  readonly forwardDtype?: 'float32' | 'bfloat16' | undefined;
}

/** An open engine with the reason it was chosen, and what the user should know about it. */
export interface ChosenEngine {
  readonly engine: Engine;
  /** E.g. "wasm: there is no TensorFlow runtime at ...; run `trm setup` to make one". */
  readonly why: string;
  readonly notes: readonly string[];
  /** Number format the forward pass will have: the one asked for, or float32 with a note when `auto` cannot do it. */
  readonly forwardDtype: 'float32' | 'bfloat16';
}

/** Opens the engine. Throws EngineError when the one asked for does not work here or cannot do what is asked. */
export async function chooseEngine(wanted: EngineWish, options: EngineOptions = {}): Promise<ChosenEngine> {
  const notes: string[] = [];
  const { engine, why } = wanted === 'auto' ? await fastest(options, notes) : { engine: await openByName(wanted, options), why: `${wanted}: asked for` };
  notes.push(...(engine.notes ?? []));
  const asked = options.forwardDtype ?? 'float32';
  if (engine.dtypes.includes(asked)) return { engine, why, notes, forwardDtype: asked };
  if (wanted !== 'auto') throw new EngineError('unavailable', `Engine ${engine.name} cannot compute in ${asked}; it has ${engine.dtypes.join(', ')}.`, 'Set arch.forward_dtype to float32, or let `--engine auto` choose.');
  notes.push(`The config asks for ${asked}; engine ${engine.name} computes in float32 instead.`);
  return { engine, why, notes, forwardDtype: 'float32' };
}

async function openByName(name: Engine['name'], options: EngineOptions): Promise<Engine> {
  const { device = 'auto' } = options;
  if (name !== 'tensorflow' && asksForGpu(device)) throw new EngineError('unavailable', `device: ${device} needs the tensorflow engine; engine ${name} computes on the CPU.`, 'Set engine: tensorflow (or auto), or device: cpu.');
  switch (name) {
    case 'tensorflow': return openTensorflow(options);
    case 'wasm': return openWasm(options);
    case 'cpu': return openCpu();
    default: return name satisfies never;
  }
}

/** tensorflow, else wasm; plain JavaScript is never chosen. Adds to the notes what is lost. */
async function fastest(options: EngineOptions, notes: string[]): Promise<{ engine: Engine; why: string }> {
  try {
    const engine = await openTensorflow(options);
    return { engine, why: `tensorflow: the fastest engine here (${engine.device})` };
  } catch (error) {
    if (!(error instanceof EngineError) || asksForGpu(options.device ?? 'auto')) throw error;
    const gpu = (await deviceFacts()).gpus.at(-1);
    const engine = await openWasm(options);
    const { state } = await findRuntime(options.runtimeDir);
    if (state !== 'absent') notes.push(`The tensorflow engine was left out: ${error.message} ${error.next}`);
    if (gpu) notes.push(`This machine has a GPU (${gpu.name}) that wasm cannot use: \`trm setup --gpu\` makes a runtime that does.`);
    return { engine, why: `wasm: ${error.message} ${error.next}` };
  }
}
