/**
 * What a training needs in memory, as its run.json keeps it, and what follows: whether it fits, and which batch size would.
 * The numbers alone suffice, so that whoever finds a run dead can say it without its data or its engine.
 */
import type { RunManifest } from './schema';

/** As run.json records it. */
export type RunMemory = NonNullable<RunManifest['memory']>;
/** The part of it that follows from the config. */
export type MemoryNeed = Pick<RunMemory, 'estimated' | 'per_slot' | 'slots' | 'batch'>;

/** Estimates may be off by a quarter; what is advised keeps this share of the room free. */
const reserve = 0.1;

/** The batch size with which training fits into `available` bytes; null when none does. */
export function batchThatFits({ estimated, per_slot, slots, batch }: MemoryNeed, available: number): { key: 'micro_batch_size' | 'global_batch_size'; value: number } | null {
  const fixed = estimated - per_slot * slots;
  const most = Math.min(batch, Math.floor((available * (1 - reserve) - fixed) / per_slot));
  if (most < 1) return null;
  let divisor = most;
  while (batch % divisor !== 0) divisor--;
  // Micro-batches give the same training; where only tiny ones divide the batch, a smaller batch is the better advice.
  return divisor * 2 > most || divisor >= 8 ? { key: 'micro_batch_size', value: divisor } : { key: 'global_batch_size', value: most };
}

/** Whether training is expected to fit. */
export const fits = ({ estimated }: Pick<MemoryNeed, 'estimated'>, available: number): boolean => estimated <= available * (1 - reserve);

/** What to do so that training fits, in words; and the micro_batch_size with which it would, which a run that ended can go on with. */
export interface MemoryAdvice {
  readonly next: string;
  readonly micro_batch_size?: number;
}

/** What to do so that training fits into `available` bytes. A micro-batch of another size is the same training. */
export function memoryAdvice(need: MemoryNeed, available: number): MemoryAdvice {
  const fit = batchThatFits(need, available);
  if (!fit) return { next: `Not even one puzzle at a time would fit into ${bytesText(available)}: make the model smaller (hidden_size, L_cycles), or train on a machine with more memory.` };
  if (fit.value >= need.slots) return { next: 'By its estimate this training fits: end other programs that take memory, and try again.' };
  const then = `about ${bytesText(need.estimated - need.per_slot * (need.slots - fit.value))}`;
  if (fit.key === 'global_batch_size') return { next: `Set global_batch_size: ${fit.value}: ${then}.` };
  return { next: `Set micro_batch_size: ${fit.value} (the same training, in ${need.batch / fit.value} passes per step): ${then}.`, micro_batch_size: fit.value };
}

/** The command that goes on with a run as its failure advises; '' when that advises nothing of the kind. */
export const resumeCommandText = ({ id, failure }: Pick<RunManifest, 'id' | 'failure'>): string =>
  failure?.micro_batch_size === undefined ? '' : ` \`trm resume ${id} --micro-batch-size ${failure.micro_batch_size}\` goes on with it.`;

/** "1.7 GB", "650 MB". */
export function bytesText(bytes: number): string {
  return bytes < 999.5e6 ? `${Math.round(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}

const whose = { machine: 'are free', group: 'are free in this container', process: 'are left of this process\'s limit (ulimit -v)', gpu: 'are free on the GPU', wasm: 'is the most that the wasm engine can use' } as const;

/** "21.2 GB are free". */
export const roomText = ({ free, of }: Pick<RunMemory, 'free' | 'of'>): string => `${bytesText(free)} ${whose[of]}`;

/** "About 1.7 GB of memory at the peak (estimated); 21.2 GB are free." */
export const memoryText = (memory: RunMemory): string => `About ${bytesText(memory.estimated)} of memory at the peak (estimated); ${roomText(memory)}.`;
