/**
 * Small valid values of everything in a run folder, for the tests here and for the processes they start.
 */
import type { CheckpointContents } from '../../src/runs/checkpoint-writer';
import { RunWriter } from '../../src/runs/run-writer';
import type { NewEvent } from '../../src/runs/run-writer';
import type { EvalSummary, Trace } from '../../src/runs/schema';

/** A new run in `runsDir`, held by this process. */
export function newRun(runsDir: string, keep_checkpoints = 2, id?: string): RunWriter {
  return RunWriter.create({ runsDir, name: 'sudoku', configText: '# mine\narch: trm\n', manifest: { config_path: 'a.trm.yaml', config: { keep_checkpoints }, total_steps: 400 }, id });
}

/** A valid train event. */
export function trainEvent(step: number): NewEvent {
  return {
    kind: 'train', step, examples: step * 64, wall: 1e9 + step, process: step / 3, loss: 2, lm_loss: 1.5, q_halt_loss: 0.5, q_continue_loss: null,
    count: 3, accuracy: 0.5, exact_accuracy: 0, q_halt_accuracy: 1, steps: 4, lr: 1e-3, grad_norm: 0.7, seconds: 0.3,
  };
}

/** A resume marker. */
export function resumeMarker(step: number): NewEvent {
  return { kind: 'marker', marker: 'resume', step, examples: step * 64, wall: 2e9, process: 0, supersedes: step };
}

/** A valid evaluation summary. */
export function evalSummary(step: number): EvalSummary {
  return { step, depth: 8, count: 200, total: 1000, weights: 'ema', exact_accuracy: 0.94, exact_count: 188, exact_interval: [0.8984, 0.9653], accuracy: 0.99, accuracy_interval: [0.98, 1] };
}

/** Checkpoint contents of a step: every value is the step, so that mixed-up files show. */
export function contents(step: number, size = 16): CheckpointContents {
  const tensor = { shape: [size], data: new Float32Array(size).fill(step) };
  return {
    model: { w: tensor }, ema: { w: tensor }, optimizer: { m: tensor }, carry: { z_H: tensor, steps: { shape: [2], data: new Int32Array([step, 1]) } },
    state: {
      step, seed: 0, evaluation_due: false, engine: { name: 'wasm', threads: 2, forward_dtype: 'float32' }, data: { block: 0, cursor: 0, batch: step },
      process_seconds: 1, best: null, arch: {}, seq_len: 16, vocab_size: 6, num_puzzle_identifiers: 1,
    },
  };
}

/** A valid trace of one frame over 2 x 2 cells. */
export function trace(step: number): Trace {
  const tokens = Buffer.from([1, 2, 3, 4]).toString('base64');
  const prob = Buffer.from(new Float32Array(4).fill(0.5).buffer).toString('base64');
  return {
    schema: 1, run: 'r', step, weights: 'ema', puzzle: { index: 0, identifier: 0, label: 'test 0' }, kind: 'sudoku', rows: 2, cols: 2, vocab_size: 6,
    question: tokens, solution: tokens, depth: 1, halt_max_steps: 8, H_cycles: 1, L_cycles: 1, frames: [{ m: 1, t: 1, i: 1, feature: 'z' }],
    y_tokens: tokens, z_tokens: tokens, y_prob: prob, z_prob: prob, change: [0.1],
    halting: [{ m: 1, q_halt: -1, p_halt: 0.27, would_halt: false, exact: true, accuracy: 1 }],
  };
}
