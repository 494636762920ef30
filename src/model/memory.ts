/**
 * How much memory training a config takes at its peak, from the shapes alone: so that it can be said before anything is
 * loaded, in the editor too.
 *
 *   peak = base + perState * state + perSaved * saved
 *
 * `saved` is what the part of a supervision step with gradient (in TRM one latent recursion) keeps for its backward pass: per application of a block, what the
 * gradients written by hand in layers.ts ask for. All else that grows with the batch is made and freed around it, and is
 * in the factor. `state` are the weights with their moments, average and gradients, and the carried features. `base` is
 * the process with the engine loaded.
 *
 * The factors are measured, not derived: `npm run bench -- --only memory` (bench/memory.ts) prints estimate and measured
 * peak for shapes of both kinds of model on every engine here, and the factors that would fit them best. Those rows are of
 * training alone; a whole run also reads data, evaluates and traces, so `base` here is above what they give: the 4x4 example held
 * 704 MB on tensorflow (of training alone 649) and 492 MB on wasm with 2 threads (326).
 * Those of GPUs follow from the same structure and have never been measured.
 */
import type { ResolvedArch, ResolvedConfig } from '../config/resolve';
import { blocksWithGradient, carriedFeatures, headDim, mixesByMLP, parameterCount, prefixLength, swigluWidth } from './shapes';
import type { DataShape } from './shapes';

/** Where training would run. */
export interface MemoryPlace {
  readonly engine: 'tensorflow' | 'wasm' | 'cpu';
  /** gpu: the estimate is of the GPU's memory. */
  readonly device: 'cpu' | 'gpu';
  readonly forward_dtype: 'float32' | 'bfloat16';
  /** Threads of the wasm engine, which have an engine each; 1 elsewhere. */
  readonly workers?: number;
  /** Lanes of the tensorflow engine on the CPU, which are parts of a batch computed side by side; 1 elsewhere. */
  readonly lanes?: number;
}

/** What training needs. Bytes, at the peak. */
export interface MemoryEstimate {
  readonly estimated: number;
  /** What of it each slot in one forward and backward pass adds. */
  readonly per_slot: number;
  /** Slots in one pass, and in the whole batch. */
  readonly slots: number;
  readonly batch: number;
}

interface Factors { readonly base: number; readonly perWorker: number; readonly perState: number; readonly perSaved: number }

/** Fitted to the rows of `npm run bench -- --only memory`; base and perWorker in bytes. */
const factors = {
  tensorflow: { base: 625e6, perWorker: 0, perState: 5.8, perSaved: 1.2 },
  wasm: { base: 115e6, perWorker: 60e6, perState: 6, perSaved: 1.6 },
  // Not fitted: it is for tests.
  cpu: { base: 100e6, perWorker: 0, perState: 5.5, perSaved: 1.5 },
  // The context of CUDA and its libraries, and an allocator that grows in blocks. Not measured.
  gpu: { base: 700e6, perWorker: 0, perState: 2, perSaved: 1.6 },
} satisfies Record<MemoryPlace['engine'] | 'gpu', Factors>;

/** Bytes of a value at the peak, which comes while a step is recorded, operation by operation: A in bfloat16 held 880 MB, in float32 976. */
const valueBytes = { float32: 4, bfloat16: 4 } as const;

/** Most that the wasm engine can address, in one worker: 32 bits. */
export const wasmLimit = 2 ** 32;

/** Bytes that the updates with gradient keep for their backward pass, over `rows` slots, and a solver for its next iterate. */
export function savedBytes(arch: ResolvedArch, data: DataShape, rows: number, forward_dtype: MemoryPlace['forward_dtype'] = 'float32'): number {
  const D = arch.hidden_size;
  const S = prefixLength(arch) + data.seq_len;
  const width = arch.num_heads * headDim(arch);
  // SwiGLU keeps gate and up, and what it was applied to; RMSNorm its result.
  const swiglu = (vectors: number, size: number): number => vectors * (2 * swigluWidth(size, arch.expansion) + size);
  // Attention keeps q, k and v of the heads, what comes of them, and their shares of each other; 11 is what all this takes with its copies, fitted.
  const mixer = mixesByMLP(arch) ? swiglu(D, S) : S * D + 11 * S * width + arch.num_heads * S * S;
  const block = mixer + swiglu(S, D) + 2 * S * D;
  return valueBytes[forward_dtype] * rows * (blocksWithGradient(arch) * block + solverValues(arch) * S * D);
}

/**
 * Features [S, D] per row that a solver holds at its end: z, f(z) and the residual of every iteration; with Broyden's method also the
 * two factors of its updates.
 */
const solverValues = (arch: ResolvedArch): number => (arch.name === 'deq' ? (arch.solver === 'broyden' ? 5 : 3) * arch.solver_iterations : 0);

/** The least rows, and numbers in a feature [rows, S, D], that a lane computes at once: enough for its operations to be worth their start. */
const leastAtOnce = { rows: 8, values: 32_768 };

/**
 * Rows that a lane computes at once when it has `rows` of them: few, so that what it works on stays in its cache, and the memory of
 * a step does not grow with the batch. They divide `rows`.
 */
export function rowsAtOnce(arch: ResolvedArch, data: DataShape, rows: number): number {
  const least = Math.max(leastAtOnce.rows, Math.ceil(leastAtOnce.values / ((prefixLength(arch) + data.seq_len) * arch.hidden_size)));
  let at = Math.min(rows, least);
  while (rows % at !== 0) at++;
  return at;
}

/** Slots in memory at once in one step. */
function slotsAtOnce({ arch, micro_batch_size }: MemoryConfig, data: DataShape, lanes: number): number {
  return lanes === 1 ? micro_batch_size : lanes * rowsAtOnce(arch, data, micro_batch_size / lanes);
}

/** What memory depends on in a config. */
export type MemoryConfig = Pick<ResolvedConfig, 'arch' | 'ema' | 'freeze_weights' | 'global_batch_size' | 'micro_batch_size'>;

/** Bytes of weights, gradients, moments and average, and of the features carried from step to step. */
export function stateBytes({ arch, ema, freeze_weights, global_batch_size }: MemoryConfig, data: DataShape): number {
  const { dense } = parameterCount(arch, data);
  const copies = freeze_weights ? 1 : 4 + (ema ? 1 : 0); // p, gradient, m, v, average
  const carry = carriedFeatures(arch).length * global_batch_size * (prefixLength(arch) + data.seq_len) * arch.hidden_size;
  return 4 * (dense * copies + carry);
}

/** The estimate. */
export function trainingMemory(config: MemoryConfig, data: DataShape, place: MemoryPlace): MemoryEstimate {
  const onGpu = place.device === 'gpu';
  const f: Factors = factors[onGpu ? 'gpu' : place.engine];
  const { global_batch_size: batch } = config;
  const slots = slotsAtOnce(config, data, place.lanes ?? 1);
  const per_slot = f.perSaved * savedBytes(config.arch, data, 1, place.forward_dtype);
  // The table of puzzle embeddings stays in the process, and is copied when a checkpoint is written.
  const table = onGpu ? 0 : 2 * 4 * parameterCount(config.arch, data).puzzleEmbedding;
  const workers = place.workers ?? 1;
  const fixed = f.base + f.perWorker * (workers - 1) + f.perState * stateBytes(config, data) * workers + table;
  return { estimated: fixed + per_slot * slots, per_slot, slots, batch };
}
