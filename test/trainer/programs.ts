/**
 * What the tests of this layer share: the built programs as processes of their own, a config so small that a whole training
 * takes a second or two, and the run folder as any reader sees it.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, expect, vi } from 'vitest';
import { connectTrainer } from '../../src/protocol/control-client';
import type { TrainerConnection } from '../../src/protocol/control-client';
import { MetricsReader } from '../../src/runs/metrics-reader';
import { readRun } from '../../src/runs/read-run';
import type { RunSummary } from '../../src/runs/read-run';
import type { MetricEvent } from '../../src/runs/schema';

const dist = path.resolve(import.meta.dirname, '../../dist');
const children: ChildProcess[] = [];
afterAll(() => {
  for (const child of children) if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
});

/** A program of dist/ that is running; what it says is kept. */
export class Program {
  readonly child: ChildProcess;
  stdout = '';
  stderr = '';
  /** Exit code; null when a signal ended it. */
  readonly ended: Promise<number | null>;

  constructor(name: 'trainer' | 'trm', args: readonly string[], cwd?: string) {
    const file = path.join(dist, `${name}.cjs`);
    if (!existsSync(file)) throw new Error(`${file} is not built: npm run build`);
    this.child = spawn(process.execPath, [file, ...args], { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    children.push(this.child);
    this.child.stdout!.setEncoding('utf8').on('data', (piece: string) => (this.stdout += piece));
    this.child.stderr!.setEncoding('utf8').on('data', (piece: string) => (this.stderr += piece));
    this.ended = new Promise(resolve => this.child.once('close', code => { resolve(code); }));
  }

  get pid(): number {
    return this.child.pid!;
  }

  /** Ends it as a power cut would; fulfilled when it is gone. */
  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended;
  }
}

/** How a command ended. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `trm` to its end. */
export async function trm(args: readonly string[], cwd: string): Promise<Ended> {
  const program = new Program('trm', args, cwd);
  const code = await program.ended;
  return { code, stdout: program.stdout, stderr: program.stderr };
}

/** The JSON document on the last line, which must be the result of a command that exited with `code`. */
export function documentOf(ended: Ended, code = 0): Record<string, unknown> {
  expect(ended.code, ended.stderr).toBe(code);
  return JSON.parse(ended.stdout.trim().split('\n').at(-1)!) as Record<string, unknown>;
}

/** What a person is told when something does not work: these words, this exit code, and no stack trace. */
export function expectRefusal(ended: Ended, code: 1 | 2, ...words: (string | RegExp)[]): void {
  for (const text of words) expect(ended.stderr).toMatch(text);
  expect(ended.code, ended.stderr).toBe(code);
  expect(ended.stdout + ended.stderr).not.toMatch(/^\s+at .*:\d+:\d+\)?$/m);
  expect(ended.stderr).not.toContain('Internal error');
}

/** Keys of a config, as YAML takes them. */
export type Keys = Record<string, unknown>;

/** The tiny architecture of this layer. */
export const tinyArch: Keys = {
  name: 'trm', mlp_t: true, pos_encodings: 'none', hidden_size: 16, expansion: 1, L_layers: 1, H_cycles: 1, L_cycles: 1,
  halt_max_steps: 3, puzzle_emb_len: 1, forward_dtype: 'float32',
};

/** 60 optimiser steps, an evaluation every 15. */
export const tiny: Keys = {
  arch: tinyArch,
  data_paths: ['data/tiny'],
  dataset: { kind: 'sudoku', size: 4, train: 60, test: 20, holes: [6, 8], augment: 'on_the_fly' },
  global_batch_size: 8, epochs: 8, eval_interval: 2,
  lr: 1e-3, lr_warmup_steps: 5, ema: true, ema_rate: 0.9, engine: 'wasm', watch: [0, 3],
};

/** Keys that make a training go on until somebody ends it. */
export const endless: Keys = { epochs: 1_000_000, eval_interval: 1_000_000 };

/** Writes a config of these keys (JSON is YAML); returns its path. */
export function writeConfig(folder: string, keys: Keys = tiny, name = 'tiny'): string {
  const file = path.join(folder, `${name}.trm.yaml`);
  writeFileSync(file, `# a comment of the user's\n${JSON.stringify(keys, null, 2)}\n`);
  return file;
}

/** Starts the trainer on a new run `id` in `folder`/runs. */
export function startTraining(folder: string, config: string, id: string): { trainer: Program; dir: string } {
  const runsDir = path.join(folder, 'runs');
  return { trainer: new Program('trainer', ['train', config, '--runs-dir', runsDir, '--run-id', id]), dir: path.join(runsDir, id) };
}

/** Starts the trainer again on a run. */
export const startResuming = (dir: string, ...more: string[]): Program => new Program('trainer', ['resume', dir, ...more]);

/** Trains to the end; the run must finish. */
export async function train(folder: string, config: string, id: string): Promise<string> {
  const { trainer, dir } = startTraining(folder, config, id);
  expect(await trainer.ended, trainer.stderr).toBe(0);
  expect((await readRun(dir)).state).toBe('finished');
  return dir;
}

/** Waits until `look` gives something; undefined, false and errors mean not yet. */
export async function until<T>(look: () => T | undefined | false | Promise<T | undefined | false>, seconds = 60): Promise<T> {
  return vi.waitFor(async () => {
    const found = await look();
    if (found === undefined || found === false) throw new Error(`waited ${seconds} s for: ${String(look)}`);
    return found;
  }, { timeout: seconds * 1000, interval: 20 });
}

/** Waits until attempt `attempt` of the run trains, and listens on its control socket. */
export async function listening(dir: string, attempt = 1): Promise<RunSummary> {
  return until(async () => {
    const run = await readRun(dir);
    return run.manifest.attempt === attempt && run.state !== 'pending' && run.manifest.owner.socket !== null && run;
  });
}

/** Connects to the trainer of attempt `attempt` as the editor does. */
export async function connected(dir: string, attempt = 1): Promise<TrainerConnection> {
  return connectTrainer((await listening(dir, attempt)).manifest.owner);
}

/** All events of a run's metrics, superseded ones too. */
export async function eventsOf(dir: string): Promise<MetricEvent[]> {
  const events: MetricEvent[] = [];
  await new MetricsReader(dir).readAll(piece => events.push(...piece));
  return events;
}

/** The events of one kind. */
export function ofKind<K extends MetricEvent['kind']>(events: readonly MetricEvent[], kind: K): Extract<MetricEvent, { kind: K }>[] {
  return events.filter((event): event is Extract<MetricEvent, { kind: K }> => event.kind === kind);
}

/** Names of the checkpoints on disk, oldest step first. */
export function checkpointNames(dir: string): string[] {
  const names = readdirSync(path.join(dir, 'checkpoints')).filter(name => !name.startsWith('.'));
  return names.sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
}

/** A file of the run as JSON. */
export const jsonOf = (file: string): Record<string, unknown> => JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
