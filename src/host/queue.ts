/** The queue in the editor: putting runs into it, starting and stopping the process that works on it, which outlives the editor. */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import { enqueue, planRun, planSweep, type Pace, type Plan } from '../experiments/plan';
import { leaveQueue, queueFolder, queueWorker } from '../runs/queue';
import { folderAtWork, turnFolder } from '../runs/queue-turn';
import type { RunSummary } from '../runs/read-run';
import { thisProcess } from '../runs/process-identity';
import { dataFolder } from '../runtime/places';
import { showInfo, withProgress, type Commands } from './notify';
import { pickConfig } from './pick';
import { HostError, problemOf } from './problem';
import { foldersWithQueue } from './queue-offer';
import type { Runs } from './runs';
import { runsDirFor } from './settings';
import { readConfig, save, type TrainContext } from './train';
import { requireTrust } from './trust';

const l10n = vscode.l10n.t;

/** Starts a process that works on the queue; it ends by itself when another does already. */
async function startWorker({ trainers }: TrainContext, runsDir: string): Promise<void> {
  const folder = queueFolder(runsDir);
  await mkdir(folder, { recursive: true });
  await trainers.start(['queue', runsDir], path.dirname(runsDir), path.join(folder, 'queue.log'));
}

/** Words on what a worker of this folder waits for; '' when it need not wait for another queue. */
function waitingWords(runsDir: string): string {
  const other = folderAtWork(turnFolder(dataFolder()));
  return other === null || other === path.resolve(runsDir) ? '' : ` ${l10n('The queue of {0} is trained first: there is one device.', other)}`;
}

/** Queues a plan's runs and has somebody work on them; says how many are queued, which are fewer when it was ended. */
async function queuePlan(context: TrainContext, plan: Plan, runsDir: string, pace: Pace = {}): Promise<number> {
  const queued = (await enqueue(plan, runsDir, pace)).length;
  if (queued === 0) return 0;
  await startWorker(context, runsDir);
  await context.runs.refresh();
  const { length } = plan.runs;
  const experiment = plan.id === null ? [] : [{ title: l10n('Show Table'), run: () => vscode.commands.executeCommand('trm.showExperiment', plan.id) }];
  const words = length === 1 ? l10n('{0} is in the queue.', plan.runs[0]!.name) : queued < length ? l10n('Cancelled: {0} of {1} runs are in the queue, and stay there.', queued, length) : l10n('{0} runs are in the queue.', length);
  showInfo(context.log, `${words}${waitingWords(runsDir)}`, ...experiment);
  return queued;
}

/**
 * Plans runs and queues them, with a progress message and a cancel: hundreds take seconds. `given` cancels it, too.
 * @returns the id of their experiment; null when none of them is queued
 */
export async function queueInTurn(context: TrainContext, makePlan: (pace: Pace) => Promise<Plan>, runsDir: string, given?: AbortSignal): Promise<string | null> {
  return withProgress(l10n('Adding to the queue'), async (report, cancel) => {
    const signal = given ? AbortSignal.any([cancel, given]) : cancel;
    const plan = await makePlan({ signal, onRun: (done, of) => report(l10n('{0} of {1} configs checked', done, of), done / of / 2) });
    const queued = await queuePlan(context, plan, runsDir, { signal, onRun: (done, of) => report(l10n('{0} of {1} runs', done, of), (1 + done / of) / 2) });
    return queued > 0 ? plan.id : null;
  });
}

/** Add to Queue: the config as one run, or every combination of its `sweep:`. */
async function addToQueue(context: TrainContext, given: unknown): Promise<void> {
  requireTrust(l10n('Training starts a program with the settings of this folder, which you have not trusted yet.'));
  const config = await pickConfig(context.configs, given);
  if (!config) return;
  await save(config);
  const loaded = await readConfig(config, context.log);
  if (!loaded) return;
  const runsDir = runsDirFor(config);
  if (Object.keys(loaded.sweep).length > 0) await queueInTurn(context, pace => planSweep(config.fsPath, [], pace), runsDir);
  else await queuePlan(context, planRun(config.fsPath, []), runsDir);
}

/** Takes runs that wait out of the queue; those that have just been begun are left as they are. */
export async function removeFromQueue(runs: Runs, waiting: readonly RunSummary[]): Promise<void> {
  requireTrust(l10n('A run can only be controlled from a trusted folder.'));
  try {
    for (const { dir } of waiting) {
      await leaveQueue(dir).catch((error: unknown) => {
        if (problemOf(error).code !== 'held') throw error;
      });
    }
  } finally {
    await runs.refresh();
  }
}

async function startQueue(context: TrainContext): Promise<void> {
  requireTrust(l10n('Training starts a program with the settings of this folder, which you have not trusted yet.'));
  await context.runs.refresh();
  const folders = foldersWithQueue(context.runs);
  if (folders.length === 0) throw new HostError('no_run', l10n('No run waits in the queue.'), l10n('Put a config into it: TRM: Add to Queue.'));
  for (const folder of folders) await startWorker(context, folder);
  await context.runs.refresh();
  const waiting = folders.map(waitingWords).find(words => words !== '');
  if (waiting !== undefined) showInfo(context.log, l10n('Started.') + waiting);
}

function stopQueue({ runs, log }: TrainContext): void {
  requireTrust(l10n('A run can only be controlled from a trusted folder.'));
  const workers = [...new Set(runs.list().map(run => path.dirname(run.dir)))].map(queueWorker).filter(worker => worker !== null);
  if (workers.length === 0) throw new HostError('no_queue', l10n('Nobody works on the queue.'), '');
  for (const { host, pid } of workers) {
    if (host !== thisProcess().host) throw new HostError('elsewhere', l10n('The queue is worked on by process {0} on {1}.', pid, host), l10n('Stop it there.'));
    process.kill(pid, 'SIGTERM');
  }
  showInfo(log, l10n('No other run will be begun. The one that trains goes on.'));
}

/** The commands on the queue. */
export function queueCommands(context: TrainContext) {
  return {
    'trm.addToQueue': given => addToQueue(context, given),
    'trm.startQueue': () => startQueue(context),
    'trm.stopQueue': () => stopQueue(context),
  } satisfies Commands;
}
