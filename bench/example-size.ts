/**
 * What training an example takes: a short run of it by the real trainer, with its dataset made, an evaluation, watched traces and
 * a checkpoint. Median time of a step from the run's metrics, and the most memory the trainer held. Its numbers are those of
 * src/config/example-sizes.ts, from where they are shown.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { loadConfig } from '../src/config/load';
import type { Engine } from '../src/engine/engine';
import { MetricsReader } from '../src/runs/metrics-reader';
import { median } from '../src/statistics/median';
import { round } from './statistics';
import type { Row } from './task';

/** Optimiser steps of the run, at least, and those of them in which the engine sets itself up. */
const steps = 40;
const warmUp = 3;

/** Measures an example on an engine. Throws when the trainer fails. */
export async function exampleSize(name: string, engine: Engine['name']): Promise<Row> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'trm-bench-'));
  try {
    const file = path.join(folder, `${name}.trm.yaml`);
    copyFileSync(path.join(__dirname, '..', 'examples', `${name}.trm.yaml`), file);
    const { dataset, global_batch_size: batch } = loadConfig(file).config;
    if (!dataset || !('train' in dataset)) throw new Error(`${name} does not make its data`);
    // No more puzzles than the steps need, and a batch to be evaluated: how many there are is not what memory depends on.
    const train = Math.min(dataset.train, steps * batch);
    const epochs = Math.ceil((steps * batch) / train);
    const overrides = [`engine=${engine}`, `epochs=${epochs}`, `eval_interval=${epochs}`, `dataset.train=${train}`, `eval_examples=${batch}`];
    const child = spawn(process.execPath, [path.join(__dirname, 'trainer.cjs'), 'train', file, '--runs-dir', folder, '--run-id', 'run', ...overrides.flatMap(override => ['--override', override])], { stdio: ['ignore', 'ignore', 'inherit'] });
    const ended = once(child, 'close');
    let peak = 0;
    while (child.exitCode === null && child.signalCode === null) {
      peak = Math.max(peak, peakOf(child.pid!));
      await Promise.race([ended, sleep(20)]);
    }
    if (child.exitCode !== 0) throw new Error(`the trainer ended with ${child.exitCode ?? child.signalCode}`);
    const events = await new MetricsReader(path.join(folder, 'run')).read();
    const times = events.flatMap(event => (event.kind === 'train' ? [event.seconds * 1000] : [])).slice(warmUp);
    return { step_ms: round(median(times)), fastest_ms: round(Math.min(...times)), steps_timed: times.length, peak_mb: round(peak) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The most memory a process held so far, in megabytes (10^6 bytes); 0 when it is gone. */
function peakOf(pid: number): number {
  try {
    return Number(/^VmHWM:\s*(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024 / 1e6;
  } catch {
    return 0;
  }
}
