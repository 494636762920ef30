/**
 * `trm queue`: runs that wait for their turn. A process of its own works on the queue, started by whoever puts something in; it
 * outlives this one. Following is looking at the folders, so that Ctrl-C ends the looking alone.
 */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { accuracyText, durationText, runStatusLine } from '../runs/describe';
import { leaveQueue, queueFolder, queueWorker } from '../runs/queue';
import { queuedRuns } from '../runs/queue-order';
import { turnFolder, waitsFor } from '../runs/queue-turn';
import { listRuns, readRun } from '../runs/read-run';
import type { RunSummary } from '../runs/read-run';
import { thisProcess } from '../runs/process-identity';
import { findNode } from '../runtime/node';
import { dataFolder } from '../runtime/places';
import { spawnTrainer } from '../runtime/spawn-trainer';
import type { StartedTrainer } from '../runtime/spawn-trainer';
import { CliError } from './errors';
import type { ExitCode } from './errors';
import { preparingStatus } from './live-status';
import { Progress, note, print, printJson, table } from './output';
import { findRun } from './runs';

/** Milliseconds between looks into the folders. */
const lookEvery = 500;

/** Starts a process that works on the queue; it ends by itself when another does already, and when nothing waits any more. */
export async function startQueue(runsDir: string): Promise<StartedTrainer> {
  const folder = queueFolder(runsDir);
  mkdirSync(folder, { recursive: true });
  return spawnTrainer({ trainerPath: path.join(__dirname, 'trainer.cjs'), node: await findNode(), args: ['queue', path.resolve(runsDir)], cwd: process.cwd(), logFile: path.join(folder, 'queue.log') });
}

const isOpen = ({ state }: RunSummary): boolean => ['queued', 'pending', 'running', 'paused'].includes(state);

/** How a run ended, in a line. */
function endText({ manifest, state, best }: RunSummary): string {
  const last = manifest.last_eval;
  if (state === 'failed' && manifest.failure) return `${manifest.name}: failed: ${manifest.failure.message}`;
  return `${manifest.name}: ${state}${last ? `, ${accuracyText(last)}` : best ? `, best ${accuracyText(best.eval)}` : ''} at step ${manifest.step}, ${durationText(manifest.process_seconds)}`;
}

/** Starts somebody on a queue whenever nobody works on it; throws CliError when the last one begun here got nowhere. */
function queueKeeper(runsDir: string): (runs: readonly RunSummary[]) => Promise<void> {
  let starting = false;
  let left = '';
  return async runs => {
    const waiting = queuedRuns(runs);
    if (starting || waiting.length === 0 || queueWorker(runsDir) !== null) return;
    const ids = waiting.map(run => run.manifest.id).join(' ');
    if (ids === left) throw new CliError(`The queue ended and left ${waiting.length === 1 ? 'a run' : `${waiting.length} runs`} waiting: ${waiting.map(run => run.manifest.name).join(', ')}.`, `See ${path.join(queueFolder(runsDir), 'queue.log')}; \`trm queue start\` tries again.`);
    left = ids;
    starting = true;
    void (await startQueue(runsDir)).ended.then(() => { starting = false; });
  };
}

/** Tells of these runs until all have ended; true when they have, false when Ctrl-C ended the looking. Throws CliError when the rest of them is not begun. */
export async function followRuns(runsDir: string, dirs: readonly string[]): Promise<boolean> {
  const wanted = new Set(dirs);
  const told = new Set<string>();
  const progress = new Progress(null);
  const since = Date.now();
  const keepGoing = queueKeeper(runsDir);
  const interrupt = new AbortController();
  const onInterrupt = (): void => interrupt.abort();
  process.on('SIGINT', onInterrupt).on('SIGTERM', onInterrupt);
  try {
    let before: number | null = null;
    for (;;) {
      const runs = (await listRuns(runsDir)).runs.filter(run => wanted.has(run.dir));
      for (const run of runs.filter(run => !isOpen(run) && !told.has(run.dir))) {
        told.add(run.dir);
        progress.line(endText(run));
      }
      const at = runs.find(run => run.state === 'running');
      const done = told.size + (at?.manifest.total_steps ? at.manifest.step / at.manifest.total_steps : 0);
      before ??= done;
      const share = done / Math.max(1, wanted.size);
      const left = done > before ? durationText(((Date.now() - since) / 1000 / (done - before)) * (wanted.size - done)) : null;
      progress.update(Math.floor(100 * share), 100, `run ${Math.min(told.size + 1, wanted.size)} of ${wanted.size}${at ? `: ${at.manifest.name}` : ''}${left === null ? '' : `, about ${left} left`}`);
      if (runs.every(run => !isOpen(run))) return true;
      if (interrupt.signal.aborted) return false;
      await keepGoing(runs);
      await sleep(lookEvery, undefined, { signal: interrupt.signal }).catch(() => undefined);
    }
  } finally {
    progress.end();
    process.off('SIGINT', onInterrupt).off('SIGTERM', onInterrupt);
  }
}

/** Words on a queue that goes on without this terminal. */
export const goesOn = 'The queue goes on without this terminal: `trm queue` shows it, `trm queue stop` begins no other run.';

/** Options of the commands on the queue. */
interface QueueCommand { readonly runsDir: string; readonly json?: boolean }

/** Who works on a queue, as it is reported. */
const workerBrief = ({ host, pid, since }: NonNullable<ReturnType<typeof queueWorker>>): { host: string; pid: number; since: string } => ({ host, pid, since });

/** `trm queue`: what waits, and who works on it. */
export async function queueCommand({ runsDir, json }: QueueCommand): Promise<ExitCode> {
  const { runs } = await listRuns(path.resolve(runsDir));
  const waiting = queuedRuns(runs);
  const worker = queueWorker(runsDir);
  const before = worker && waitsFor(worker, turnFolder(dataFolder()));
  const training = runs.filter(run => ['pending', 'running', 'paused'].includes(run.state));
  if (json) {
    const brief = ({ manifest, dir }: RunSummary): { run: string; name: string; dir: string } => ({ run: manifest.id, name: manifest.name, dir });
    printJson({ worker: worker && { ...workerBrief(worker), waits_for: before }, training: training.map(brief), queued: waiting.map(brief) });
    return 0;
  }
  for (const run of training) print(`${run.manifest.name}: ${runStatusLine(run, await preparingStatus(run))}`);
  if (waiting.length === 0) print('No run waits.');
  else print(table(waiting.map((run, i) => [`${i + 1}.`, run.manifest.name, run.manifest.id])));
  if (waiting.length > 0) note(worker ? `Process ${worker.pid} on ${worker.host} works on the queue since ${worker.since}${before === null ? '' : `, and waits until that of ${before} is empty`}.` : 'Nobody works on the queue. `trm queue start` does.');
  return 0;
}

/** What was done, in words or as a document. Returns the exit code of success. */
function tell(json: boolean | undefined, document: Readonly<Record<string, unknown>>, words: string): ExitCode {
  if (json) printJson(document);
  else print(words);
  return 0;
}

/** `trm queue start`. */
export async function queueStartCommand({ runsDir, json }: QueueCommand): Promise<ExitCode> {
  const worker = queueWorker(runsDir);
  const queued = queuedRuns((await listRuns(path.resolve(runsDir))).runs).length;
  if (worker) return tell(json, { started: false, queued, worker: workerBrief(worker) }, `Process ${worker.pid} on ${worker.host} works on the queue already.`);
  if (queued === 0) return tell(json, { started: false, queued, worker: null }, 'No run waits.');
  await startQueue(runsDir);
  return tell(json, { started: true, queued }, 'Started.');
}

/** `trm queue stop`: no other run is begun. */
export function queueStopCommand({ runsDir, json }: QueueCommand): ExitCode {
  const worker = queueWorker(runsDir);
  if (!worker) return tell(json, { stopped: false, worker: null }, 'Nobody works on the queue.');
  if (worker.host !== thisProcess().host) throw new CliError(`The queue is worked on by process ${worker.pid} on ${worker.host}.`, 'Stop it there.');
  process.kill(worker.pid, 'SIGTERM');
  return tell(json, { stopped: true, worker: workerBrief(worker) }, 'No other run will be begun. The one that trains goes on; `trm stop RUN` ends it.');
}

/** `trm queue remove RUN`. */
export async function queueRemoveCommand(run: string, { runsDir, json }: QueueCommand): Promise<ExitCode> {
  const dir = findRun(run, runsDir);
  const { state, manifest } = await readRun(dir);
  if (state !== 'queued') throw new CliError(`Run ${manifest.id} is ${state}: it does not wait in the queue.`, state === 'running' ? '`trm stop` ends it.' : '');
  await leaveQueue(dir);
  return tell(json, { run: manifest.id, removed: true }, `${manifest.id} is out of the queue. \`trm resume\` begins it.`);
}
