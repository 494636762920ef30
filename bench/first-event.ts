/**
 * From the start of the trainer process to its first `train` event on disk, on the 4x4 example: what a person waits for
 * between the click and the first point of the charts, but for the editor's own part (starting the process, and showing what
 * it read: tens of milliseconds). Once with the dataset still to be built, once with it there.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Engine } from '../src/engine/engine';
import { median } from '../src/statistics/median';
import { round } from './statistics';
import type { Row } from './task';

const example = 'sudoku-4x4.trm.yaml';
const repetitions = 5;
const patience = 120_000;

/** Measures it on an engine. Throws when the trainer ends without an event. */
export async function firstEvent(engine: Engine['name'], dataset: 'built' | 'present'): Promise<Row> {
  const begun: number[] = [];
  const trained: number[] = [];
  const folder = mkdtempSync(path.join(os.tmpdir(), 'trm-bench-'));
  try {
    const config = path.join(folder, example);
    copyFileSync(path.join(__dirname, '..', 'examples', example), config);
    if (dataset === 'present') await startAndWait(config, engine, 'warm-up');
    for (let i = 0; i < repetitions; i++) {
      if (dataset === 'built') rmSync(path.join(folder, 'data'), { recursive: true, force: true });
      const times = await startAndWait(config, engine, `run-${i}`);
      begun.push(times.folder);
      trained.push(times.trained);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return { median_ms: round(median(trained)), slowest_ms: round(Math.max(...trained)), run_folder_ms: round(median(begun)), repetitions };
}

/** Starts a trainer, waits for its first train event, and asks it to stop. Milliseconds since the start. */
async function startAndWait(config: string, engine: string, id: string): Promise<{ folder: number; trained: number }> {
  const runs = path.join(path.dirname(config), 'runs');
  const metrics = path.join(runs, id, 'metrics.jsonl');
  const began = performance.now();
  const child = spawn(process.execPath, [path.join(__dirname, 'trainer.cjs'), 'train', config, '--runs-dir', runs, '--run-id', id, '--override', `engine=${engine}`], { stdio: 'ignore' });
  const ended = once(child, 'close');
  let folder = NaN;
  try {
    for (;;) {
      if (Number.isNaN(folder) && existsSync(path.join(runs, id, 'run.json'))) folder = performance.now() - began;
      if (existsSync(metrics) && readFileSync(metrics, 'utf8').includes('"kind":"train"')) return { folder, trained: performance.now() - began };
      if (child.exitCode !== null) throw new Error(`the trainer ended with exit code ${child.exitCode} before its first step`);
      if (performance.now() - began > patience) throw new Error(`no train event within ${patience / 1000} s`);
      await sleep(5);
    }
  } finally {
    child.kill('SIGTERM');
    await ended;
  }
}
