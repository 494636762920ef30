/**
 * What is said between a live trainer and whoever watches it (editor or command line): JSON-RPC over a local socket.
 * The first request must be `hello` with the nonce of run.json. Everything a notification says is in the run folder
 * too, so losing the socket loses nothing.
 */
import type { EvalSummary, MetricEvent, RunState, Trace } from '../runs/schema';

/** What a live trainer says of itself. */
export interface TrainerStatus {
  readonly run: string;
  readonly state: RunState;
  readonly step: number;
  /** Null while it prepares a run of which that is not known yet. */
  readonly totalSteps: number | null;
  /** What it is doing now, in words: "making the dataset, 43 %", "training", "evaluating 300 of 1000 puzzles", "writing checkpoint". */
  readonly activity: string;
  readonly stepsPerSecond: number | null;
  /** Seconds to the last step at the present rate, without evaluations; while it makes the dataset, to the end of that. Null when unknown. */
  readonly eta: number | null;
}

/** A puzzle to trace: a row of the test split, or pasted tokens. */
export interface TraceRequest {
  readonly puzzle: { readonly index: number } | { readonly tokens: readonly number[] };
  /** Supervision steps; default halt_max_steps, at most 128. */
  readonly depth?: number;
}

/** Requests to the trainer: method -> [params, result]. */
export interface ControlRequests {
  hello: [{ nonce: string }, TrainerStatus];
  status: [Record<string, never>, TrainerStatus];
  pause: [Record<string, never>, TrainerStatus];
  resume: [Record<string, never>, TrainerStatus];
  /** Writes a checkpoint, then ends; answers when the checkpoint is on disk. While it prepares there is nothing to write: it ends. */
  stop: [Record<string, never>, TrainerStatus];
  checkpoint: [Record<string, never>, { checkpoint: string }];
  evaluate: [Record<string, never>, EvalSummary];
  trace: [TraceRequest, Trace];
  watch: [{ puzzles: number[] }, { puzzles: number[] }];
}

/** Notifications from the trainer: method -> params. */
export interface ControlNotifications {
  metrics: { events: MetricEvent[] };
  /** A watched puzzle's trace was written to this path inside the run folder. */
  trace: { step: number; puzzle: number; file: string };
  status: TrainerStatus;
}

/** Deepest trace or evaluation anyone may ask for, in supervision steps. */
export const maxDepth = 128;
