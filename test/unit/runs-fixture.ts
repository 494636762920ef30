/**
 * What the tests of the run folder share: temporary folders, small valid values, and scripts run in processes of their own.
 */
import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { buildSync } from 'esbuild';
import { afterAll } from 'vitest';
import type { CheckpointContents } from '../../src/runs/checkpoint-writer';
import { RunFolderError } from '../../src/runs/errors';
import { RunWriter } from '../../src/runs/run-writer';
import type { NewEvent } from '../../src/runs/run-writer';
import type { EvalSummary, MetricEvent, Trace } from '../../src/runs/schema';

const made: string[] = [];
const mounted: string[] = [];
afterAll(() => {
  for (const dir of mounted.reverse()) execFileSync('umount', ['-l', dir]);
  for (const dir of made) rmSync(dir, { recursive: true, force: true });
});

/** A folder that is removed after the tests of the file. */
export function temporaryFolder(): string {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'trm-runs-'));
  made.push(dir);
  return dir;
}

/** Mounts something for this file's tests; the reason when that is not possible here. */
export function tryMount(...args: string[]): string | null {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'mounting needs Linux and root';
  try {
    execFileSync('mount', args, { stdio: 'pipe' });
  } catch (error) {
    return `mount failed: ${String(error)}`;
  }
  mounted.push(args.at(-1)!);
  return null;
}

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
  return { step, depth: 8, count: 200, total: 1000, weights: 'ema', exact_accuracy: 0.94, exact_count: 188, exact_interval: [0.898, 0.965], accuracy: 0.99, accuracy_interval: [0.98, 1] };
}

/** Checkpoint contents of a step: every value is the step, so that mixed-up files show. */
export function contents(step: number, size = 16): CheckpointContents {
  const tensor = { shape: [size], data: new Float32Array(size).fill(step) };
  return {
    model: { w: tensor }, ema: { w: tensor }, optimizer: { m: tensor }, carry: { z_H: tensor, steps: { shape: [2], data: new Int32Array([step, 1]) } },
    state: {
      step, seed: 0, engine: { name: 'wasm', threads: 2, forward_dtype: 'float32' }, data: { block: 0, cursor: 0, batch: step },
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

/** Steps of the train events. */
export function trainSteps(events: readonly MetricEvent[]): number[] {
  return events.filter(e => e.kind === 'train').map(e => e.step);
}

/** The RunFolderError that `act` throws. */
export async function problemOf(act: () => unknown): Promise<RunFolderError> {
  try {
    await act();
  } catch (error) {
    if (error instanceof RunFolderError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

/** Bundles a script that may import from src/runs (as '#runs/...'); returns the file to give to node. */
export function bundle(script: string): string {
  const dir = temporaryFolder();
  const entry = path.join(dir, 'script.ts');
  writeFileSync(entry, script.replaceAll('#runs/', `${path.resolve(import.meta.dirname, '../../src/runs')}/`).replaceAll('#fixture', path.resolve(import.meta.dirname, 'runs-fixture')));
  const outfile = path.join(dir, 'script.cjs');
  buildSync({ entryPoints: [entry], outfile, bundle: true, platform: 'node', format: 'cjs', absWorkingDir: process.cwd(), nodePaths: [path.resolve('node_modules')], logLevel: 'error' });
  return outfile;
}

/** A process running a bundled script, and its standard output as lines. */
export class Script {
  readonly child: ChildProcess;
  private text = '';
  private waiting: (() => void)[] = [];
  constructor(file: string, ...args: string[]) {
    this.child = spawn(process.execPath, [file, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
    const wake = (): void => {
      for (const resume of this.waiting.splice(0)) resume();
    };
    this.child.stdout!.setEncoding('utf8').on('data', (piece: string) => {
      this.text += piece;
      wake();
    });
    this.child.on('exit', wake);
  }

  /** Waits for the next whole line. */
  async line(): Promise<string> {
    for (;;) {
      const end = this.text.indexOf('\n');
      if (end >= 0) {
        const line = this.text.slice(0, end);
        this.text = this.text.slice(end + 1);
        return line;
      }
      if (this.child.exitCode !== null || this.child.signalCode !== null) throw new Error('the script ended without saying more');
      await new Promise<void>(resolve => this.waiting.push(resolve));
    }
  }

  /** Kills it as a power cut would and waits until it is gone. */
  async kill(): Promise<void> {
    const gone = new Promise(resolve => this.child.once('exit', resolve));
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill('SIGKILL');
    await gone;
  }
}

/** A subfolder. */
export function subfolder(dir: string, name: string): string {
  const made = path.join(dir, name);
  mkdirSync(made, { recursive: true });
  return made;
}
