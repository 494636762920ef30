/**
 * Starts a trainer and follows its run from the outside: the trainer is a process of its own, and what is shown here is
 * read from the run's folder, so that losing this terminal loses nothing. Ctrl-C asks it to write a checkpoint and end.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectTrainer } from '../protocol/control-client';
import { accuracyText, durationText } from '../runs/describe';
import { memoryText } from '../runs/memory-need';
import { MetricsReader } from '../runs/metrics-reader';
import { recordMemoryDeath } from '../runs/out-of-memory';
import { readRun } from '../runs/read-run';
import type { RunSummary } from '../runs/read-run';
import type { EvalEvent, TrainEvent } from '../runs/schema';
import { memoryFacts } from '../runtime/memory';
import { findNode } from '../runtime/node';
import { spawnTrainer } from '../runtime/spawn-trainer';
import type { StartedTrainer } from '../runtime/spawn-trainer';
import { CliError } from './errors';
import { tellPreparing } from './live-status';
import { Progress, note } from './output';

/** How a followed run ended. */
export interface Followed {
  readonly run: RunSummary;
  readonly lastTrain: TrainEvent | null;
  readonly lastEval: EvalEvent | null;
  readonly interrupted: boolean;
  /** The error that the trainer ended with, also when it could not write it into its folder. */
  readonly error: ReportedError | null;
}

/** Milliseconds between looks into the folder. */
const lookEvery = 200;
/** States that do not change any more. */
const ended: readonly string[] = ['finished', 'failed', 'stopped', 'crashed', 'lost'];

/** Starts the trainer with these arguments and follows the run in `dir` to its end. Throws CliError when it never began. */
export async function launchAndFollow(args: readonly string[], dir: string): Promise<Followed> {
  const scratch = mkdtempSync(path.join(os.tmpdir(), 'trm-'));
  const logFile = path.join(scratch, 'trainer.log');
  const before = existsSync(path.join(dir, 'run.json')) ? (await readRun(dir)).manifest.attempt : 0;
  let interrupts = 0;
  const onInterrupt = (): void => {
    interrupts++;
  };
  process.on('SIGINT', onInterrupt).on('SIGTERM', onInterrupt);
  try {
    const trainer = await spawnTrainer({ trainerPath: path.join(__dirname, 'trainer.cjs'), node: await findNode(), args, cwd: process.cwd(), logFile });
    const exit = watchExit(trainer);
    while (!(await hasBegun(dir, before))) {
      if (exit.code !== undefined) throw interrupts ? new CliError('Interrupted before the training began.', '', 130) : startFailure(logFile, exit.code);
      if (interrupts) endProcess(trainer.pid);
      await sleep(50);
    }
    note(`Run folder: ${dir}`);
    return await follow(dir, exit, () => interrupts, logFile);
  } finally {
    process.off('SIGINT', onInterrupt).off('SIGTERM', onInterrupt);
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** How the trainer ended; nothing while it lives. */
interface Exit { code?: number; signal?: string | null }

function watchExit(trainer: StartedTrainer): Exit {
  const exit: Exit = {};
  void trainer.ended.then(async code => {
    exit.signal = await trainer.signal;
    exit.code = code ?? 1;
  });
  return exit;
}

async function hasBegun(dir: string, before: number): Promise<boolean> {
  return existsSync(path.join(dir, 'run.json')) && (await readRun(dir)).manifest.attempt > before;
}

/** What a trainer says of its own end. */
export interface ReportedError { readonly message: string; readonly next: string }

/** The error a trainer printed; null when there is none. */
function reportedError(logFile: string): ReportedError | null {
  const line = existsSync(logFile) ? readFileSync(logFile, 'utf8').trim().split('\n').findLast(text => text.startsWith('{"error"')) : undefined;
  return line === undefined ? null : (JSON.parse(line) as { error: ReportedError }).error;
}

/** Why a trainer made no run folder. */
function startFailure(logFile: string, code: number): CliError {
  const error = reportedError(logFile);
  if (error) return new CliError(error.message, error.next, code === 2 ? 2 : 1);
  return new CliError(`The trainer ended with code ${code} before it made its run folder.`, readFileSync(logFile, 'utf8').trim().split('\n').slice(-3).join('\n'), 1);
}

async function follow(dir: string, exit: Exit, interrupts: () => number, logFile: string): Promise<Followed> {
  const metrics = new MetricsReader(dir);
  const progress = new Progress('steps');
  let lastTrain: TrainEvent | null = null;
  let lastEval: EvalEvent | null = null;
  let asked = false;
  let told = false;
  let listening = false;
  const attempt = (await readRun(dir)).manifest.attempt;
  for (;;) {
    const gone = exit.code !== undefined;
    const run = await readRun(dir);
    const { memory, engine, owner } = run.manifest;
    if (!listening && owner.socket !== null && run.state === 'pending') {
      listening = true;
      void tellPreparing(owner, text => progress.line(text));
    }
    if (!told && memory && engine && run.manifest.attempt === attempt && run.manifest.state !== 'pending') {
      told = true;
      progress.line(`${engine.name} on ${engine.device}, ${engine.forward_dtype}. ${memoryText(memory)}`);
    }
    const speed: number[] = [];
    for (const event of await metrics.read()) {
      if (event.attempt !== attempt) continue;
      if (event.kind === 'train') {
        lastTrain = event;
        speed.push(event.seconds);
      } else if (event.kind === 'eval') {
        lastEval = event;
        progress.line(`step ${event.step}: ${accuracyText(event)}, ${(100 * event.accuracy).toFixed(1)} % of cells`);
      } else if (event.kind === 'alert') progress.line(`${event.level}: ${event.message}${event.next ? ` ${event.next}` : ''}`);
    }
    const total = run.manifest.total_steps;
    if (lastTrain && total !== null) {
      const rate = 1 / lastTrain.seconds;
      progress.update(lastTrain.step, total, `${rate.toFixed(1)} steps/s, about ${durationText((total - lastTrain.step) / rate)} left, loss ${lastTrain.loss.toFixed(3)}`);
    }
    if (interrupts() && !asked) {
      asked = true;
      progress.line('Stopping: the trainer writes a checkpoint (Ctrl-C again to leave it to itself).');
      void askToStop(run);
    }
    if (gone || interrupts() > 1 || ended.includes(run.state)) {
      progress.end();
      // What was written between the last look and the end.
      for (const event of await metrics.read()) {
        if (event.kind === 'train') lastTrain = event;
        if (event.kind === 'eval') lastEval = event;
      }
      return { run: await concluded(dir, exit, logFile), lastTrain, lastEval, interrupted: asked, error: reportedError(logFile) };
    }
    await sleep(lookEvery);
  }
}

/** The run as it ended; when the system ended it for lack of memory, that is recorded. */
async function concluded(dir: string, { signal }: Exit, logFile: string): Promise<RunSummary> {
  const run = await readRun(dir);
  if (run.state !== 'crashed') return run;
  const output = existsSync(logFile) ? readFileSync(logFile, 'utf8').slice(-100_000) : '';
  return recordMemoryDeath(run, { oomKills: (await memoryFacts()).oomKills, output, ...(signal === undefined ? {} : { signal }) });
}

/** SIGTERM, to a process that may be gone already. */
function endProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGTERM');
  } catch {
    // it ended by itself: its folder tells how
  }
}

async function askToStop({ manifest }: RunSummary): Promise<void> {
  try {
    const trainer = await connectTrainer(manifest.owner);
    await trainer.request('stop', {});
    trainer.dispose();
  } catch {
    endProcess(manifest.owner.pid);
  }
}
