/**
 * One quiet message when a run ends by itself: finished, with its accuracy, or failed, with what to do. A stop is the user's own.
 * Of an experiment the end of the whole is told instead of that of every run.
 */
import * as vscode from 'vscode';
import { experimentTables } from '../experiments/table';
import { progressText } from '../experiments/table-text';
import { accuracyText } from '../runs/describe';
import type { RunSummary } from '../runs/read-run';
import { showInfo, showProblem, type Action, type Log } from './notify';
import { HostError } from './problem';
import type { RunEnd, Runs } from './runs';

const run = (title: string, command: string, id: string): Action => ({ title, run: () => vscode.commands.executeCommand(command, id) });

/** The button that goes on with a run that ran out of memory, where something smaller would fit. */
function inLessMemory({ manifest: { id, failure } }: RunSummary): Action[] {
  const size = failure?.micro_batch_size;
  return size === undefined ? [] : [{ title: vscode.l10n.t('Resume with micro_batch_size {0}', size), run: () => vscode.commands.executeCommand('trm.resume', { id, micro_batch_size: size }) }];
}

/** Tells how a run ended. */
function tell(log: Log, { run: ended }: RunEnd): void {
  const { id, name, failure, last_eval } = ended.manifest;
  const showLog = run(vscode.l10n.t('Show Log'), 'trm.showLog', id);
  switch (ended.state) {
    case 'finished': {
      const best = ended.best?.eval ?? last_eval;
      showInfo(log, best ? vscode.l10n.t('{0} finished: best {1}.', name, accuracyText(best)) : vscode.l10n.t('{0} finished.', name), run(vscode.l10n.t('Inspect a Puzzle'), 'trm.inspectPuzzle', id));
      return;
    }
    case 'failed':
      showProblem(log, new HostError('failed', vscode.l10n.t('{0} failed: {1}', name, failure?.message ?? ''), failure?.next ?? ''), ...inLessMemory(ended), showLog);
      return;
    case 'crashed':
      showProblem(log, new HostError('crashed', vscode.l10n.t('{0} crashed: its process is gone without a last word.', name), vscode.l10n.t('It can be resumed from its last checkpoint.')), run(vscode.l10n.t('Resume Run'), 'trm.resume', id), showLog);
      return;
    case 'queued': case 'pending': case 'running': case 'paused': case 'stopped': case 'lost': return;
  }
}

/** Tells of an experiment whose last run has ended. */
function tellExperiment(log: Log, runs: Runs, id: string): void {
  const table = experimentTables(runs.list()).find(each => each.id === id);
  if (table?.open === 0) showInfo(log, vscode.l10n.t('Experiment {0}: {1}', id, progressText(table)), run(vscode.l10n.t('Show Table'), 'trm.showExperiment', id));
}

/** Tells of runs that end while this window is open. */
export function registerRunEnds(runs: Runs, log: Log): vscode.Disposable {
  return runs.onDidEnd(end => {
    const { experiment } = end.run.manifest;
    if (!experiment || end.run.state !== 'finished') tell(log, end);
    if (experiment) tellExperiment(log, runs, experiment.id);
  });
}
