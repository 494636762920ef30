/**
 * The shapes of everything in a run folder: the one contract between the trainer, the editor, the command line and people.
 * Types are derived from the runtime-checked schemas; whoever reads a folder checks it, since a folder may come from
 * anywhere. `run.json` names the schema version.
 */
import { z } from 'zod';

/** States of a run. `queued`, `crashed` and `lost` are conclusions of a reader, never written: a queued run is written as pending. */
export const writtenStates = ['pending', 'running', 'paused', 'finished', 'failed', 'stopped'] as const;
/** Run states as people see them. */
export type RunState = (typeof writtenStates)[number] | 'queued' | 'crashed' | 'lost';

/** Kinds of experiments: the paper's Tables 1 and 2, its Table 3, and any grid of overrides. */
export const experimentKinds = ['ablation', 'depths', 'sweep'] as const;

/** Why a run failed, in one word. */
export const failureCauses = ['out_of_memory', 'non_finite_loss', 'bad_data', 'bad_config', 'bad_checkpoint', 'disk', 'engine', 'internal'] as const;

/** Who holds a run folder: a process, named so that a recycled pid or another machine cannot be mistaken for it. */
export const ownerSchema = z.object({
  host: z.string(),
  /** Identity of the boot of that host, so that pids of an earlier boot are known to be gone. */
  boot_id: z.string(),
  pid: z.int().positive(),
  /** Start time of the process in its system's own units: with pid it names the process. */
  process_start: z.string(),
  /** Secret of the control socket; first message of a connection. */
  nonce: z.string(),
  /** Control socket path (Unix socket or named pipe); null until it listens. */
  socket: z.string().nullable(),
});
/** Owner of a run folder. */
export type RunOwner = z.infer<typeof ownerSchema>;

/** A 95 % interval [low, high]. */
export const intervalSchema = z.tuple([z.number(), z.number()]);

/** One evaluation, summed up. Accuracies in 0..1. */
export const evalSummarySchema = z.object({
  step: z.int().min(0),
  /** Supervision steps run for every puzzle. */
  depth: z.int().positive(),
  /** Puzzles evaluated, and puzzles there are. */
  count: z.int().min(0),
  total: z.int().min(0),
  weights: z.enum(['ema', 'model']),
  /** Whole puzzles right: share, number and 95 % Wilson interval. */
  exact_accuracy: z.number(),
  exact_count: z.int().min(0),
  exact_interval: intervalSchema,
  /** Mean over puzzles of the share of right cells, with a 95 % bootstrap interval over puzzles. */
  accuracy: z.number(),
  accuracy_interval: intervalSchema,
});
/** Summary of one evaluation. */
export type EvalSummary = z.infer<typeof evalSummarySchema>;

/** A dataset as run.json records it. */
export const datasetCardSchema = z.object({
  paths: z.array(z.string()),
  split: z.enum(['train', 'test']),
  examples: z.int(), puzzles: z.int(), groups: z.int(), identifiers: z.int(),
  seq_len: z.int(), vocab_size: z.int(),
  augment: z.string().nullable(),
  content_hash: z.string(),
});
/** Dataset card. */
export type DatasetCard = z.infer<typeof datasetCardSchema>;

/** `run.json`. */
export const runManifestSchema = z.object({
  schema: z.int().min(1),
  id: z.string().regex(/^[\w.-]+$/),
  name: z.string(),
  created: z.iso.datetime(),
  config_path: z.string(),
  /** The resolved config: every default filled in, overrides applied. */
  config: z.record(z.string(), z.unknown()),
  overrides: z.array(z.string()),
  dataset: z.object({ train: datasetCardSchema, test: datasetCardSchema }).nullable(),
  engine: z.object({
    name: z.enum(['tensorflow', 'wasm', 'cpu']),
    device: z.string(),
    threads: z.int(),
    /** Why this engine, in words. */
    why: z.string(),
    notes: z.array(z.string()),
    forward_dtype: z.enum(['float32', 'bfloat16']),
    deterministic: z.boolean(),
    /** The GPU it computes on. Bytes. */
    gpu: z.object({ index: z.int(), name: z.string(), uuid: z.string(), memory: z.number(), driver: z.string() }).optional(),
  }).nullable(),
  /** What training was estimated to need at its peak, and what was free for it when it began. Bytes. */
  memory: z.object({
    estimated: z.number(),
    /** What of it each slot in one forward and backward pass adds; slots in one pass, and in the whole batch. */
    per_slot: z.number(), slots: z.int(), batch: z.int(),
    free: z.number(),
    /** Whose room that was: the machine's, that of a control group or a process with a limit, the GPU's, or what wasm can address. */
    of: z.enum(['machine', 'group', 'process', 'gpu', 'wasm']),
    /** How often the kernel had ended a process for lack of memory, on the machine and in the control group. */
    oom_kills: z.object({ machine: z.int().nullable(), group: z.int().nullable() }),
  }).optional(),
  versions: z.record(z.string(), z.string()),
  /** Parameters trained, by kind. */
  parameters: z.object({ dense: z.int(), puzzle_emb: z.int() }).nullable(),
  /** Optimiser steps planned, and reached when this file was last written. */
  total_steps: z.int().nullable(),
  step: z.int().min(0),
  /** 0: nobody has begun it yet. */
  attempt: z.int().min(0),
  owner: ownerSchema,
  state: z.enum(writtenStates),
  /** Of a run that was put into the queue: when, and whether it still waits there. */
  queue: z.object({ added: z.iso.datetime(), waiting: z.boolean() }).optional(),
  /** The experiment it is part of, and which of its rows; rows are shown in the order of `order`. */
  experiment: z.object({ id: z.string().regex(/^[\w.-]+$/), kind: z.enum(experimentKinds), row: z.string(), title: z.string(), order: z.int().min(0) }).optional(),
  /** When the state was last written. */
  updated: z.iso.datetime(),
  /** Seconds of training, evaluation and checkpointing over all attempts. */
  process_seconds: z.number().min(0),
  failure: z.object({
    cause: z.enum(failureCauses), message: z.string(), next: z.string(),
    /** Out of memory: the micro_batch_size with which the run could go on. */
    micro_batch_size: z.int().positive().optional(),
  }).nullable(),
  /** Why it finished: all steps, or stop_when. */
  finished_because: z.string().nullable(),
  last_eval: evalSummarySchema.nullable(),
  notes: z.string(),
  tags: z.array(z.string()),
  /** The run and checkpoint this one was forked from. */
  parent: z.object({ run: z.string(), step: z.int() }).nullable(),
});
/** The manifest of a run. */
export type RunManifest = z.infer<typeof runManifestSchema>;

const stamped = {
  attempt: z.int().min(1),
  /** Optimiser steps done. */
  step: z.int().min(0),
  /** step x global_batch_size. */
  examples: z.int().min(0),
  /** Unix time, seconds. */
  wall: z.number(),
  /** Seconds of training so far, over all attempts, without pauses and without being stopped. */
  process: z.number(),
};
const maybe = z.number().nullable();

/** One optimiser step. Accuracies are over slots that halted in this step; null when none did. */
export const trainEventSchema = z.object({
  kind: z.literal('train'), ...stamped,
  /** Losses per slot (sum over the batch / batch size): total = lm + 0.5 (q_halt + q_continue). */
  loss: z.number(), lm_loss: z.number(), q_halt_loss: z.number(), q_continue_loss: maybe,
  /** Slots that halted. */
  count: z.int().min(0),
  accuracy: maybe, exact_accuracy: maybe, q_halt_accuracy: maybe,
  /** Mean supervision steps of the slots that halted. */
  steps: maybe,
  lr: z.number(), grad_norm: z.number(),
  /**
   * Of a deep equilibrium model, means over the slots: relative residuals ||f(z) - z|| / ||f(z)|| of the fixed point and of its
   * gradient, and applications of the network until they were below solver_tolerance.
   */
  solver_residual: z.number().optional(), solver_iterations: z.number().optional(), adjoint_residual: z.number().optional(), adjoint_iterations: z.number().optional(),
  /** Seconds this step took. */
  seconds: z.number(),
});
/** Accuracy and halting at one supervision step, over all evaluated puzzles. */
export const evalDepthSchema = z.object({
  k: z.int().positive(),
  exact_accuracy: z.number(), accuracy: z.number(),
  mean_p_halt: z.number(),
  /** Share of puzzles that would have halted first at this step (q_halt > 0, or > q_continue where that is what halting follows). */
  would_halt: z.number(),
});
/** One evaluation. */
export const evalEventSchema = z.object({
  kind: z.literal('eval'), ...stamped, ...evalSummarySchema.omit({ step: true }).shape,
  loss: z.number(), lm_loss: z.number(), q_halt_loss: z.number(), q_halt_accuracy: z.number(),
  per_step: z.array(evalDepthSchema),
  /**
   * Calibration of the halting head at the last supervision step: ten bins of predicted probability, those without a puzzle left
   * out; per bin the mean prediction, the share right with its 95 % interval, and puzzles.
   */
  calibration: z.array(z.object({ predicted: z.number(), right: z.number(), count: z.int(), interval: intervalSchema.optional() })),
  seconds: z.number(),
});
/** Halting among the training slots since the last such event, per supervision step. */
export const haltingEventSchema = z.object({
  kind: z.literal('halting'), ...stamped,
  per_step: z.array(z.object({
    k: z.int().positive(),
    /** Slots that were at count k. */
    slots: z.int(),
    /** Mean sigmoid(q_halt) among them (survivors only). */
    mean_p_halt: z.number(),
    halted_by_q: z.int(), halted_by_max: z.int(), held_by_exploration: z.int(),
  })),
});
/** The process and its device. Bytes. */
export const systemEventSchema = z.object({
  kind: z.literal('system'), ...stamped,
  rss: z.number(), engine_bytes: z.number(), cpu_share: z.number(), disk_free: maybe,
  /** On a GPU, of all that runs on it: share of the time it was busy (0..1), bytes in use, degrees Celsius, watts. */
  gpu_share: maybe.optional(), gpu_memory: maybe.optional(), gpu_temperature: maybe.optional(), gpu_power: maybe.optional(),
});
/** Something the user should know. */
export const alertEventSchema = z.object({
  kind: z.literal('alert'), ...stamped,
  level: z.enum(['info', 'warning', 'error']), code: z.string(), message: z.string(), next: z.string(),
});
/** A point on the axis. */
export const markerEventSchema = z.object({
  kind: z.literal('marker'), ...stamped,
  marker: z.enum(['start', 'resume', 'checkpoint', 'best', 'paused', 'continued', 'end']),
  /** On resume: events of earlier attempts beyond this step no longer count. */
  supersedes: z.int().optional(),
  text: z.string().optional(),
});
/** A line of metrics.jsonl. */
export const metricEventSchema = z.discriminatedUnion('kind', [
  trainEventSchema, evalEventSchema, haltingEventSchema, systemEventSchema, alertEventSchema, markerEventSchema,
]);
/** Any event. */
export type MetricEvent = z.infer<typeof metricEventSchema>;
/** Train event. */
export type TrainEvent = z.infer<typeof trainEventSchema>;
/** Evaluation event. */
export type EvalEvent = z.infer<typeof evalEventSchema>;
/** Halting event. */
export type HaltingEvent = z.infer<typeof haltingEventSchema>;
/** Marker event. */
export type MarkerEvent = z.infer<typeof markerEventSchema>;
/** Alert event. */
export type AlertEvent = z.infer<typeof alertEventSchema>;
/** System event. */
export type SystemEvent = z.infer<typeof systemEventSchema>;

/** `best.json`. */
export const bestSchema = z.object({
  checkpoint: z.string(), metric: z.literal('exact_accuracy'), eval: evalSummarySchema,
});
/** Best checkpoint. */
export type Best = z.infer<typeof bestSchema>;

/** `checkpoints/step-N/state.json`. All else that a resume needs follows from the config's seed and these counters. */
export const checkpointStateSchema = z.object({
  schema: z.int().min(1),
  step: z.int().min(0),
  attempt: z.int().min(1),
  seed: z.int(),
  engine: z.object({ name: z.enum(['tensorflow', 'wasm', 'cpu']), threads: z.int(), forward_dtype: z.enum(['float32', 'bfloat16']) }),
  /** Where the sampler stands: block of epochs, cursor into its group order, batches taken from it. */
  data: z.object({ block: z.int().min(0), cursor: z.int().min(0), batch: z.int().min(0) }),
  process_seconds: z.number(),
  /** True when this step ends an evaluation interval and its evaluation is still to be made. */
  evaluation_due: z.boolean().default(false),
  best: bestSchema.nullable(),
  /** Parameter shapes and dataset facts, to refuse a checkpoint of another shape by name. */
  arch: z.record(z.string(), z.unknown()),
  seq_len: z.int(), vocab_size: z.int(), num_puzzle_identifiers: z.int(),
  /** sha256 of each file beside this one. */
  files: z.record(z.string(), z.string()),
});
/** State of a checkpoint. */
export type CheckpointState = z.infer<typeof checkpointStateSchema>;

const arcGridSchema = z.array(z.array(z.int().min(0).max(9)).max(30)).max(30);

/**
 * A refinement trace: one puzzle, one set of weights. Frame f is one update inside the recursion; all frames in order.
 * Arrays of tokens and probabilities are base64 of little-endian typed arrays, row-major [frames, L].
 */
export const traceSchema = z.object({
  schema: z.int().min(1),
  run: z.string().nullable(),
  /** The attempt that kept it; absent when it was made on request. */
  attempt: z.int().min(1).optional(),
  /** Step of the weights and which they are. */
  step: z.int().nullable(),
  weights: z.enum(['ema', 'model']),
  puzzle: z.object({
    /** Row of the test split; null for a pasted puzzle. */
    index: z.int().nullable(),
    identifier: z.int(),
    label: z.string(),
  }),
  kind: z.enum(['sudoku', 'maze', 'arc', 'tokens']),
  rows: z.int().positive(), cols: z.int().positive(),
  vocab_size: z.int(),
  /** uint8 [L] when vocab_size <= 256, else uint16. */
  question: z.string(),
  /** Same type [L]; null when unknown. Ignored cells carry the question's token; around an ARC solution they are PAD. */
  solution: z.string().nullable(),
  /** ARC: the input and output grids (rows of colours 0 to 9) of the task's examples, as this copy of it has them. */
  examples: z.array(z.object({ input: arcGridSchema, output: arcGridSchema })).max(64).optional(),
  /** Supervision steps run, and the config's halt_max_steps. */
  depth: z.int().positive(), halt_max_steps: z.int().positive(), H_cycles: z.int(), L_cycles: z.int(),
  /** The architecture; a trace without it is of `trm`. */
  arch: z.string().optional(),
  /**
   * Per frame: supervision step m, latent recursion t, inner step i (all from 1; the y-update has i = L_cycles + 1); whether the
   * answer was updated (y, also where it is called z_L) or a latent feature (z); and the feature's published name, e.g. z_L3. A
   * deep equilibrium model's frames are its solver's iterates and, last, the answer.
   */
  frames: z.array(z.object({ m: z.int(), t: z.int(), i: z.int(), feature: z.enum(['z', 'y']), name: z.string().optional() })),
  /**
   * Decoded tokens of y and of z through the output head, [frames, L]. Where there are several z it is the one updated last: a
   * feature does not change between its updates. Null where there is none besides the answer.
   */
  y_tokens: z.string(), z_tokens: z.string().nullable(),
  /** Probability of the shown token, float32 [frames, L]. */
  y_prob: z.string(), z_prob: z.string().nullable(),
  /** Relative change of the updated feature against its previous value, ||new - old|| / ||old||, per frame. */
  change: z.array(z.number()),
  /** Per supervision step. */
  halting: z.array(z.object({ m: z.int(), q_halt: z.number(), p_halt: z.number(), would_halt: z.boolean(), exact: z.boolean().nullable(), accuracy: z.number().nullable() })),
});
/** A refinement trace. */
export type Trace = z.infer<typeof traceSchema>;
