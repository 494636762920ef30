/**
 * The schema of a `.trm.yaml` config: the one source of its types, defaults, JSON schema, documentation, completion,
 * hover and errors. Keys and defaults are those of the published `cfg_pretrain.yaml`, so that a config of the paper's code
 * trains as it is; each key's `meta` says what it means and what the paper calls it. `arch:` is in arch-schema.ts.
 */
import { z } from 'zod';
import { archSchema } from './arch-schema';
import { fraction, key, positiveInt } from './key-meta';

/** Layouts of generated mazes. */
export const mazeLayouts = ['free', 'lattice'] as const;
/** Compute engines a config may ask for. */
export const engineNames = ['auto', 'tensorflow', 'wasm', 'cpu'] as const;

/** A key that a sweep may give values, by its dotted name. */
const sweptKey = /^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$/;

/** A GPU by its number, as a `device`. */
export const numberedGpu = /^gpu:\d+$/;

const augment = z.union([z.literal('on_the_fly'), z.int().min(0)]);
const csv = key(z.string().optional(), { description: 'Folder with train.csv and test.csv in the published columns (source,question,answer,rating), instead of generating.' });
const minRating = key(z.int().min(0).optional(), { description: 'Keep only CSV rows rated at least this.' });
const skipBadRows = key(z.boolean().default(false), { description: 'Leave out CSV rows that are damaged (a wrong length, an answer that is no solution) instead of stopping; they are counted and named.' });

/** `dataset:` – how to make the folder of `data_paths` when it is not there. */
export const datasetSpecSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: key(z.literal('sudoku'), { description: 'Sudoku boards, generated or from CSV files.' }),
    size: key(z.union([z.literal(4), z.literal(6), z.literal(9)]).default(9), { description: 'Side of the board: 4 (2x2 boxes), 6 (2x3) or 9 (3x3).' }),
    train: key(positiveInt.default(1000), { description: 'Training puzzles to generate, or to take from the CSV.' }),
    test: key(positiveInt.default(1000), { description: 'Test puzzles; none is a symmetric copy of a training puzzle when generated.' }),
    holes: key(z.tuple([z.int().min(1), z.int().min(1)]).optional(), { description: 'Fewest and most empty cells of a generated puzzle, spread evenly. Default: by size.' }),
    csv,
    min_rating: minRating,
    skip_bad_rows: skipBadRows,
    augment: key(augment.default('on_the_fly'), { description: 'Symmetric copies: drawn anew at every use, or this many stored per training puzzle.' }),
    seed: key(z.int().min(0).default(0), { description: 'Seed of the generator.' }),
  }),
  z.strictObject({
    kind: key(z.literal('maze'), { description: 'Square mazes with one shortest way, generated or from CSV files.' }),
    size: key(z.int().min(5).max(40).default(30), { description: 'Side of the maze.' }),
    train: key(positiveInt.default(1000), { description: 'Training mazes to generate, or to take from the CSV.' }),
    test: key(positiveInt.default(1000), { description: 'Test mazes; when generated, none has the walls of a training maze, turned or mirrored ones included.' }),
    min_path: key(z.int().min(2).optional(), { description: 'Fewest cells of the shortest way of a generated maze, start and goal included. Default: twice the side.' }),
    layout: key(z.enum(mazeLayouts).optional(), { description: 'Where passages of a generated maze may lie: free (anywhere) or lattice (between junctions on every other cell, which is easier). Default: free.' }),
    loops: key(z.int().min(0).optional(), { description: 'Walls opened between passages of a generated maze, so that there are longer ways too. Default: a fifth of the side.' }),
    csv,
    min_rating: minRating,
    skip_bad_rows: skipBadRows,
    augment: key(z.union([z.literal('on_the_fly'), z.literal(0), z.literal(7)]).default('on_the_fly'), { description: 'Turned and mirrored copies: drawn anew at every use, or all 7 stored per training maze.' }),
    seed: key(z.int().min(0).default(0), { description: 'Seed of the generator.' }),
  }),
  z.strictObject({
    kind: key(z.literal('arc'), { description: 'ARC-AGI tasks from the published JSON files.' }),
    files: key(z.string().min(1), { description: 'Folder with arc-agi_SUBSET_challenges.json and arc-agi_SUBSET_solutions.json.' }),
    version: key(z.union([z.literal(1), z.literal(2)]).default(1), { description: 'ARC-AGI-1 or ARC-AGI-2: which subsets, and which of them is the test set.' }),
    subsets: key(z.array(z.string().regex(/^[\w-]+$/)).min(1).optional(), { description: 'Subsets to use. Default: training, evaluation and concept, or training2, evaluation2 and concept.' }),
    test_set: key(z.string().min(1).optional(), { description: 'The subset whose test pairs are the test split; those of the others are training data. Default: evaluation, or evaluation2.' }),
    augment: key(z.int().min(0).default(1000), { description: 'Augmented copies stored per task, each with a puzzle embedding of its own.', effect: 'Disk, and parameters of the puzzle embeddings, are proportional to it.' }),
    seed: key(z.int().min(0).default(0), { description: 'Seed of the augmentation.' }),
  }),
  z.strictObject({
    kind: key(z.literal('arc_like'), { description: 'Tasks in the manner of ARC-AGI, generated on small grids: recolour, frame, fill, mirror, turn, fall, crop and zoom. Everything after that is as for ARC-AGI.' }),
    size: key(z.int().min(6).max(30).default(10), { description: 'Side of the canvas, and the most rows and columns of a grid (ARC-AGI: 30).' }),
    train: key(z.int().min(1).max(100_000).default(400), { description: 'Tasks all of whose pairs are training data.' }),
    test: key(z.int().min(1).max(100_000).default(100), { description: 'Tasks whose test pairs are the test split; the pairs that show their rules are training data. No input is a turned, mirrored or recoloured copy of another one.' }),
    augment: key(z.int().min(0).default(0), { description: 'Augmented copies stored per task, each with a puzzle embedding of its own.', effect: 'Disk, and parameters of the puzzle embeddings, are proportional to it.' }),
    seed: key(z.int().min(0).default(0), { description: 'Seed of the generator and of the augmentation.' }),
  }),
  z.strictObject({
    kind: key(z.literal('folder'), { description: 'A folder that is already there in the published layout.' }),
    augment: key(z.union([z.literal('on_the_fly'), z.literal(0)]).default(0), { description: 'on_the_fly: fresh symmetries at every draw (Sudoku boards and square mazes).' }),
  }),
]);

/** A whole config, resolved: every default filled in. */
export const configSchema = z.strictObject({
  arch: key(z.preprocess(v => (typeof v === 'string' ? { name: v } : v), archSchema), { description: 'The architecture and its options, or just its name.', published: true }),
  data_paths: key(z.array(z.string().min(1)).min(1), { description: 'Dataset folders, relative to the config file.', published: true }),
  data_paths_test: key(z.array(z.string().min(1)).default([]), { description: 'Test dataset folders; empty: those of data_paths.', published: true }),
  dataset: key(datasetSpecSchema.optional(), { description: 'How to make the dataset folder when it is not there.' }),
  global_batch_size: key(positiveInt.default(768), { description: 'Slots trained together.', effect: 'Memory is proportional to it, unless micro_batch_size is smaller.', published: true }),
  micro_batch_size: key(positiveInt.optional(), { description: 'Slots per forward and backward pass: gradients of global_batch_size / micro_batch_size passes are summed before each update, with the same results up to rounding; divides global_batch_size. Default: global_batch_size.', effect: 'Memory is proportional to it.' }),
  epochs: key(positiveInt.default(100000), { description: 'Passes over the groups of the training data.', published: true }),
  eval_interval: key(positiveInt.optional(), { description: 'Epochs between evaluations; divides epochs. Default: 10000 where that divides epochs, else epochs.', published: true }),
  eval_examples: key(z.union([positiveInt, z.literal('all')]).default(1000), { description: 'Test examples per evaluation: a fixed, seeded subset, or all.' }),
  checkpoint_minutes: key(z.number().positive().default(5), { description: 'Minutes between checkpoints, besides one at every evaluation.' }),
  keep_checkpoints: key(positiveInt.default(3), { description: 'Newest checkpoints kept, besides the best and the pinned.' }),
  lr: key(z.number().positive().default(1e-4), { description: 'Learning rate of the dense parameters.', published: true }),
  lr_min_ratio: key(fraction.default(1), { description: 'Last learning rate as a share of lr (cosine); 1 keeps it constant.', published: true }),
  lr_warmup_steps: key(z.int().min(0).default(2000), { description: 'Optimiser steps of linear warm-up.', published: true }),
  beta1: key(fraction.default(0.9), { description: 'Adam-atan2: decay of the first moment.', published: true }),
  beta2: key(fraction.default(0.95), { description: 'Adam-atan2: decay of the second moment.', published: true }),
  weight_decay: key(z.number().min(0).default(0.1), { description: 'Decoupled weight decay of the dense parameters.', published: true }),
  puzzle_emb_lr: key(z.number().min(0).default(1e-2), { description: 'Learning rate of the puzzle embeddings (sign-SGD).', published: true }),
  puzzle_emb_weight_decay: key(z.number().min(0).default(0.1), { description: 'Decay of the puzzle embeddings.', published: true }),
  seed: key(z.int().min(0).default(0), { description: 'Seed of every random draw of the run.', published: true }),
  min_eval_interval: key(z.int().min(0).default(0), { description: 'Epoch from which evaluation begins.', published: true }),
  ema: key(z.boolean().default(false), { description: 'Keep an exponential moving average of the weights and evaluate with it.', paper: 'EMA', published: true }),
  ema_rate: key(fraction.default(0.999), { description: 'Rate of that average.', published: true }),
  freeze_weights: key(z.boolean().default(false), { description: 'Train only the puzzle embeddings.', published: true }),
  load_checkpoint: key(z.string().min(1).nullable().default(null), { description: 'Weights to begin with instead of random ones: a checkpoint of the published code, safetensors, or a run or checkpoint folder; relative to the config file. null: none.', published: true }),
  watch: key(z.array(z.int().min(0)).max(64).default([0, 1, 2]), { description: 'Test examples whose refinement traces are kept at every evaluation.' }),
  engine: key(z.enum(engineNames).default('auto'), { description: 'Compute engine; auto picks the fastest that works and says why.' }),
  threads: key(z.int().min(1).max(1024).optional(), { description: 'Threads to compute with. Default: the physical cores.', effect: 'Results of different numbers of threads differ by rounding.' }),
  device: key(z.union([z.literal('auto'), z.literal('cpu'), z.literal('gpu'), z.string().regex(numberedGpu)]).default('auto'), { description: 'What the tensorflow engine computes on: auto (the GPU with the most free memory, else the CPU), cpu, gpu, or one GPU by its number in `trm devices`.' }),
  sweep: key(z.record(z.string().regex(sweptKey), z.array(z.json()).min(1).max(64)).optional(), { description: 'A grid of runs: values for keys of this config, by dotted name, e.g. {arch.L_cycles: [2, 4, 6], seed: [0, 1, 2]}. Every combination is a run; `trm sweep` and Train TRM put them into the queue.' }),
  stop_when: key(z.record(z.string().regex(/^eval\/(exact_accuracy|accuracy)$/), fraction).default({}), { description: 'Stop when an evaluation reaches all of these, e.g. {eval/exact_accuracy: 0.99}.' }),
});

/** Kinds of `dataset:` that say how to make the folder. */
export const madeDatasetKinds = ['sudoku', 'maze', 'arc', 'arc_like'] as const satisfies readonly MadeDatasetSpec['kind'][];

/** A resolved config. */
export type TrmConfig = z.infer<typeof configSchema>;
/** Its `sweep:`: values by dotted key. */
export type Sweep = NonNullable<TrmConfig['sweep']>;
/** Its `dataset:`. */
export type DatasetSpec = z.infer<typeof datasetSpecSchema>;
/** A `dataset:` that says how to make the folder. */
export type MadeDatasetSpec = Exclude<DatasetSpec, { kind: 'folder' }>;
/** A compute engine that can run (never `auto`). */
export type EngineName = Exclude<TrmConfig['engine'], 'auto'>;

/** Published keys that have no use here: accepted with a warning. */
export const unusedPublishedKeys = [
  'project_name', 'run_name', 'checkpoint_path', 'checkpoint_every_eval', 'evaluators', 'eval_save_outputs', 'hydra', 'entity',
] as const;
