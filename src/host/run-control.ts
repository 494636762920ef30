/** Commands on a run: stop, pause, resume, recover, fork, evaluate, inspect, and the small ones that open its folder, its log, copy its id. */
import * as vscode from 'vscode';
import { checkpointDir, listCheckpoints } from '../runs/checkpoints';
import { accuracyText } from '../runs/describe';
import { insideRun } from '../runs/paths';
import type { RunSummary } from '../runs/read-run';
import type { BeginAgain } from './begin-again';
import type { LiveRun } from './live-run';
import { confirm, showInfo, withProgress, type Commands, type Log } from './notify';
import { askPuzzle, checkpointOf, pickCheckpoint, pickRun, startingOf } from './pick';
import { HostError, problemOf } from './problem';
import { evaluationDocument, evaluationSummary } from './evaluation-text';
import type { Inspector } from './inspector';
import type { TraceSource } from './inspector-source';
import type { LiveCharts } from './live-charts';
import { removeFromQueue } from './queue';
import type { Runs } from './runs';
import { isLive, isResumable } from './run-text';
import { showPlace } from './show-place';
import { resume, type TrainContext } from './train';
import type { Trainers } from './trainers';
import { requireTrust } from './trust';

const l10n = vscode.l10n.t;

/** What these commands need of the window. */
export interface ControlContext {
  readonly runs: Runs;
  readonly charts: LiveCharts;
  readonly inspector: Inspector;
  readonly traces: TraceSource;
  readonly trainers: Trainers;
  readonly train: TrainContext;
  readonly again: BeginAgain;
  readonly log: Log;
}

const anyRun = (): boolean => true;

/** The line to a live run's trainer. */
function lineOf(runs: Runs, run: RunSummary): LiveRun {
  const line = runs.line(run.manifest.id);
  if (line) return line;
  requireTrust(l10n('A run can only be controlled from a trusted folder.'));
  throw new HostError('not_live', l10n('{0} is not running on this machine ({1}).', run.manifest.name, run.state), l10n('See its state in the Runs view.'));
}

async function stop({ runs, log }: ControlContext, given: unknown): Promise<void> {
  const chosen = await pickRun(runs, given, r => isLive(r.state) || r.state === 'queued', { ask: l10n('Stop which run?'), none: l10n('No run is live.'), next: '' });
  if (!chosen) return;
  if (chosen.state === 'queued') await runs.refresh(); // it may have been begun since it was drawn
  const run = runs.get(chosen.manifest.id) ?? chosen;
  if (run.state === 'queued') return removeFromQueue(runs, run);
  await withProgress(l10n('Stopping {0}', run.manifest.name), async (report, signal) => {
    report(l10n('it finishes its step and writes a checkpoint'));
    try {
      await lineOf(runs, run).request('stop', {}, signal);
    } catch (error) {
      await runs.refresh();
      const now = runs.get(run.manifest.id);
      if (problemOf(error).code !== 'closed' || !now || isLive(now.state)) throw error; // it may end before its answer is sent
    }
  });
  await runs.refresh();
  log.info(`${run.manifest.id}: stopped`);
}

async function pause({ runs }: ControlContext, given: unknown): Promise<void> {
  const run = await pickRun(runs, given, r => r.state === 'running', { ask: l10n('Pause which run?'), none: l10n('No run is training.'), next: '' });
  if (!run) return;
  await lineOf(runs, run).request('pause', {});
  await runs.refresh();
}

async function resumeRun(context: ControlContext, given: unknown): Promise<void> {
  const { runs, again } = context;
  const run = await pickRun(runs, given, r => isResumable(r.state), { ask: l10n('Resume which run?'), none: l10n('There is no run to resume.'), next: l10n('A run can be resumed when it was paused or stopped, or ended by an error.') });
  if (!run) return;
  if (run.state === 'paused') {
    await lineOf(runs, run).request('resume', {});
    await runs.refresh();
    return;
  }
  if (run.state === 'lost') return again.recover(run.manifest.id);
  if (!isResumable(run.state)) {
    throw new HostError('not_resumable', l10n('{0} is {1}.', run.manifest.name, run.state), run.state === 'finished' ? l10n('To train longer, raise epochs in its config and train again.') : l10n('It is at work already.'));
  }
  const checkpoint = checkpointOf(given);
  if (checkpoint === undefined) await resume(context.train, run);
  else if (await maySetAside(run, checkpoint)) await resume(context.train, run, { checkpoint });
}

/** Going on from an older checkpoint sets aside what came after it: asks first. */
async function maySetAside({ manifest, dir }: RunSummary, name: string): Promise<boolean> {
  const newest = listCheckpoints(dir).find(c => c.problem === null && !c.superseded);
  if (newest === undefined || newest.name === name) return true;
  const goOn = l10n('Resume from Here');
  const detail = l10n('It goes on from {0}. What it did from there to step {1} stays in its folder but counts no more.', name, manifest.step);
  return await confirm(l10n('Resume {0} from an older checkpoint?', manifest.name), detail, goOn) === goOn;
}

async function evaluate({ runs, trainers, log }: ControlContext, given: unknown): Promise<void> {
  const run = await pickRun(runs, given, anyRun, { ask: l10n('Evaluate a checkpoint of which run?'), none: l10n('There is no run yet.'), next: l10n('Train a config first.') });
  const checkpoint = run && await pickCheckpoint(run, given);
  if (!run || checkpoint === undefined) return;
  requireTrust(l10n('An evaluation starts a program that reads what the run names, and this folder is not trusted yet.'));
  const title = `${run.manifest.name}, ${checkpoint}`;
  const answer = await withProgress(l10n('Evaluating {0}', title), (report, signal) =>
    trainers.evaluate([checkpointDir(run.dir, checkpoint)], progress => report(progress.text, progress.fraction), signal));
  const summary = evaluationSummary(answer);
  const show = { title: l10n('Show Result'), run: async () => {
    const document = await vscode.workspace.openTextDocument({ language: 'markdown', content: evaluationDocument(title, answer) });
    await vscode.window.showTextDocument(document);
  } };
  showInfo(log, summary === null ? l10n('{0} was evaluated.', title) : `${title}: ${accuracyText(summary)}.`, show);
}

async function inspect({ runs, traces, inspector }: ControlContext, given: unknown): Promise<void> {
  const run = await oneRun(runs, given, l10n('Inspect a puzzle of which run? (newest first)'));
  if (!run) return;
  const index = await askPuzzle(run.manifest.dataset?.test.examples ?? 0);
  if (index !== undefined) inspector.open(traces.firstChoice(run, { index }, checkpointOf(given)));
}

async function oneRun(runs: Runs, given: unknown, ask: string): Promise<RunSummary | undefined> {
  return pickRun(runs, given, anyRun, { ask, none: l10n('There is no run yet.'), next: l10n('Train a config first.') });
}

/** The commands on runs. */
export function runCommands(context: ControlContext) {
  const { runs, charts } = context;
  return {
    'trm.stop': given => stop(context, given),
    'trm.pause': given => pause(context, given),
    'trm.resume': given => resumeRun(context, given),
    'trm.recoverRun': given => context.again.recover(given),
    'trm.forkRun': given => context.again.fork(given),
    'trm.trainAgain': given => context.again.again(given),
    'trm.evaluate': given => evaluate(context, given),
    'trm.inspectPuzzle': given => inspect(context, given),
    'trm.showCharts': async given => {
      const run = given === undefined || startingOf(runs, given) ? undefined : await oneRun(runs, given, l10n('Show the charts of which run?'));
      await charts.reveal(run?.manifest.id ?? startingOf(runs, given)?.id);
    },
    'trm.openChartsInEditor': given => charts.openEditor(typeof given === 'string' ? given : undefined),
    'trm.openRunFolder': async given => {
      const run = await oneRun(runs, given, l10n('Open the folder of which run?'));
      if (run) await showPlace(context.log, vscode.Uri.file(run.dir), vscode.Uri.file(run.dir));
    },
    'trm.showLog': async given => {
      const run = await oneRun(runs, given, l10n('Show the log of which run?'));
      if (run) await vscode.window.showTextDocument(vscode.Uri.file(insideRun(run.dir, 'trainer.log')));
    },
    'trm.copyRunId': async given => {
      const run = await oneRun(runs, given, l10n('Copy the id of which run?'));
      if (run) await vscode.env.clipboard.writeText(run.manifest.id);
    },
  } satisfies Commands;
}
