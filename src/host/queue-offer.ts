/** A window that finds runs waiting in the queue, and nobody at work on them, offers to go on. */
import path from 'node:path';
import * as vscode from 'vscode';
import { queuedRuns } from '../runs/queue-order';
import { showInfo, showProblem, type Log } from './notify';
import type { Runs } from './runs';

const l10n = vscode.l10n.t;

/** Runs folders in which runs wait. */
export const foldersWithQueue = (runs: Runs): string[] => [...new Set(queuedRuns(runs.list()).map(run => path.dirname(run.dir)))];

/** Milliseconds that whoever queued a run may take to start somebody on it. */
const startedWithin = 10_000;

/** Offers to go on with runs that wait while nobody works on them; once in a window. */
export function offerToGoOn(runs: Runs, log: Log): vscode.Disposable {
  let timer: NodeJS.Timeout | undefined;
  const look = async (): Promise<void> => {
    const { queueWorker } = await import('../runs/queue');
    const idle = foldersWithQueue(runs).filter(folder => queueWorker(folder) === null);
    if (idle.length === 0) return;
    showInfo(log, l10n('Runs wait in the queue ({0}), and nobody works on it.', queuedRuns(runs.list()).length), { title: l10n('Start the Queue'), run: () => vscode.commands.executeCommand('trm.startQueue') });
  };
  const listener = runs.onDidChange(() => {
    if (!vscode.workspace.isTrusted || queuedRuns(runs.list()).length === 0) return;
    listener.dispose();
    timer = setTimeout(() => { look().catch((error: unknown) => showProblem(log, error)); }, startedWithin);
  });
  return new vscode.Disposable(() => {
    listener.dispose();
    clearTimeout(timer);
  });
}
