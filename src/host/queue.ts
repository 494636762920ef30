/**
 * The queue in the editor: putting runs into it, starting and stopping the process that works on it. The process outlives the
 * editor; a window that finds runs waiting and nobody at work offers to go on.
 */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import { enqueue, planRun, planSweep, type Plan } from '../experiments/plan';
import { leaveQueue, queueFolder, queueWorker, queuedRuns } from '../runs/queue';
import type { RunSummary } from '../runs/read-run';
import { thisProcess } from '../runs/process-identity';
import { command, showInfo } from './notify';
import { pickConfig } from './pick';
import { HostError } from './problem';
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

/** Queues a plan's runs and has somebody work on them. */
export async function queuePlan(context: TrainContext, plan: Plan, runsDir: string): Promise<void> {
  requireTrust(l10n('Training starts a program with the settings of this folder, which you have not trusted yet.'));
  enqueue(plan, runsDir);
  await startWorker(context, runsDir);
  await context.runs.refresh();
  const { length } = plan.runs;
  const experiment = plan.id === null ? [] : [{ title: l10n('Show Table'), run: () => vscode.commands.executeCommand('trm.showExperiment', plan.id) }];
  showInfo(context.log, length === 1 ? l10n('{0} is in the queue.', plan.runs[0]!.name) : l10n('{0} runs are in the queue.', length), ...experiment);
}

/** Add to Queue: the config as one run, or every combination of its `sweep:`. */
async function addToQueue(context: TrainContext, given: unknown): Promise<void> {
  const config = await pickConfig(context.configs, given);
  if (!config) return;
  await save(config);
  const loaded = await readConfig(config, context.log);
  if (!loaded) return;
  await queuePlan(context, Object.keys(loaded.sweep).length > 0 ? planSweep(config.fsPath, []) : planRun(config.fsPath, []), runsDirFor(config));
}

/** Takes a run that waits out of the queue. */
export async function removeFromQueue(runs: Runs, run: RunSummary): Promise<void> {
  requireTrust(l10n('A run can only be controlled from a trusted folder.'));
  await leaveQueue(run.dir);
  await runs.refresh();
}

const foldersWithQueue = (runs: Runs): string[] => [...new Set(queuedRuns(runs.list()).map(run => path.dirname(run.dir)))];

async function startQueue(context: TrainContext): Promise<void> {
  requireTrust(l10n('Training starts a program with the settings of this folder, which you have not trusted yet.'));
  await context.runs.refresh();
  const folders = foldersWithQueue(context.runs);
  if (folders.length === 0) throw new HostError('no_run', l10n('No run waits in the queue.'), l10n('Put a config into it: TRM: Add to Queue.'));
  for (const folder of folders) await startWorker(context, folder);
  await context.runs.refresh();
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

/** Milliseconds that whoever queued a run may take to start somebody on it. */
const startedWithin = 10_000;

/** Offers to go on with runs that wait while nobody works on them; once in a window. */
function offerToGoOn({ runs, log }: TrainContext): vscode.Disposable {
  let timer: NodeJS.Timeout | undefined;
  const look = (): void => {
    const idle = foldersWithQueue(runs).filter(folder => queueWorker(folder) === null);
    if (idle.length === 0) return;
    showInfo(log, l10n('Runs wait in the queue ({0}), and nobody works on it.', queuedRuns(runs.list()).length), { title: l10n('Start the Queue'), run: () => vscode.commands.executeCommand('trm.startQueue') });
  };
  const listener = runs.onDidChange(() => {
    if (!vscode.workspace.isTrusted || queuedRuns(runs.list()).length === 0) return;
    listener.dispose();
    timer = setTimeout(look, startedWithin);
  });
  return new vscode.Disposable(() => {
    listener.dispose();
    clearTimeout(timer);
  });
}

/** Registers what has to do with the queue. */
export function registerQueue(context: TrainContext): vscode.Disposable[] {
  const on = (id: string, run: (given: unknown) => unknown): vscode.Disposable => command(context.log, id, run);
  return [
    on('trm.addToQueue', given => addToQueue(context, given)),
    on('trm.startQueue', () => startQueue(context)),
    on('trm.stopQueue', () => stopQueue(context)),
    offerToGoOn(context),
  ];
}
