/** Commands on a run: stop, pause, resume, recover, fork, evaluate, inspect, and the small ones that open its folder, its log, copy its id. */
import { existsSync } from 'node:fs';
import * as vscode from 'vscode';
import { checkpointDir, listCheckpoints } from '../runs/checkpoints';
import { accuracyText } from '../runs/describe';
import { insideRun } from '../runs/paths';
import type { RunSummary } from '../runs/read-run';
import type { BeginAgain } from './begin-again';
import type { LiveRun } from './live-run';
import { confirm, showInfo, showQuietly, showUntilDone, withProgress, type Commands, type Log } from './notify';
import { askPuzzle, checkpointOf, pickCheckpoint, pickRun, pickRuns, startingOf } from './pick';
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

/** The runs meant, as they are now: they may have changed since they were drawn. */
async function runsMeant(...[runs, ...asked]: Parameters<typeof pickMeant>): Promise<RunSummary[]> {
  const meant = await pickMeant(runs, ...asked);
  if (meant.length > 0) await runs.refresh();
  return meant.map(run => runs.get(run.manifest.id) ?? run);
}

/** Those selected that fit, when several are; else the one given, the only one that fits, or one chosen. */
async function pickMeant(runs: Runs, given: unknown, selected: unknown, fits: (run: RunSummary) => boolean, words: Parameters<typeof pickRun>[3]): Promise<RunSummary[]> {
  if (!Array.isArray(selected) || selected.length < 2) {
    const run = await pickRun(runs, given, fits, words);
    return run ? [run] : [];
  }
  const meant = (await pickRuns(runs, given, selected, { ask: words.ask, least: 1 })).filter(fits);
  if (meant.length === 0) throw new HostError('no_run', words.none, words.next);
  return meant;
}

async function stop({ runs, log }: ControlContext, given: unknown, selected: unknown): Promise<void> {
  const chosen = await runsMeant(runs, given, selected, r => isLive(r.state) || r.state === 'queued', { ask: l10n('Stop which run?'), none: l10n('No run is live.'), next: '' });
  if (chosen.length === 0) return;
  const waiting = chosen.filter(run => run.state === 'queued');
  if (waiting.length > 0) await removeFromQueue(runs, waiting); // before those at work: else the next one would be begun
  const live = chosen.map(run => runs.get(run.manifest.id) ?? run).filter(run => isLive(run.state));
  const [first] = chosen;
  if (live.length === 0 && first!.state !== 'queued') lineOf(runs, first!);
  if (live.length > 0) await stopLive(runs, live);
  log.info(`${chosen.map(run => run.manifest.id).join(', ')}: stopped`);
}

/** Stops runs at work. There is no cancel: a trainer that heard it ends, whoever looks away. */
async function stopLive(runs: Runs, live: readonly RunSummary[]): Promise<void> {
  const title = live.length === 1 ? l10n('Stopping {0}', live[0]!.manifest.name) : l10n('Stopping {0} runs', live.length);
  const words = live.every(run => run.state === 'pending') ? l10n('it does not train yet, and just ends') : l10n('it finishes its step and writes a checkpoint');
  try {
    await showUntilDone(title, words, async () => {
      const ends = await Promise.allSettled(live.map(run => stopOne(runs, run)));
      const failed = ends.find(end => end.status === 'rejected');
      if (failed) throw failed.reason;
    });
  } finally {
    await runs.refresh();
  }
}

async function stopOne(runs: Runs, run: RunSummary): Promise<void> {
  try {
    await lineOf(runs, run).request('stop', {});
  } catch (error) {
    await runs.refresh();
    const now = runs.get(run.manifest.id);
    if (problemOf(error).code !== 'closed' || !now || isLive(now.state)) throw error; // it may end before its answer is sent
  }
}

async function pause({ runs }: ControlContext, given: unknown): Promise<void> {
  const run = await pickRun(runs, given, r => r.state === 'running', { ask: l10n('Pause which run?'), none: l10n('No run is training.'), next: '' });
  if (!run) return;
  const title = l10n('Pausing {0} after this step', run.manifest.name); // which may be a long one
  await showQuietly(title, () => lineOf(runs, run).request('pause', {}));
  await runs.refresh();
}

async function resumeRuns(context: ControlContext, given: unknown, selected: unknown): Promise<void> {
  const words = { ask: l10n('Resume which run?'), none: l10n('There is no run to resume.'), next: l10n('A run can be resumed when it was paused or stopped, or ended by an error or by stop_when.') };
  const chosen = await runsMeant(context.runs, given, selected, isResumable, words);
  if (chosen.length === 1) return resumeRun(context, chosen[0]!, given);
  if (await mayTrainTogether(chosen)) for (const run of chosen) await resumeRun(context, run, undefined);
}

/** Several trainings at the same time are slower than one after the other: asks first. */
async function mayTrainTogether(chosen: readonly RunSummary[]): Promise<boolean> {
  const count = chosen.filter(run => run.state !== 'paused').length;
  if (count < 2) return true;
  const yes = l10n('Resume All');
  const detail = l10n('They train at the same time and share this machine. Runs in the queue are trained one after another without this.');
  return await confirm(l10n('Resume {0} runs at once?', count), detail, yes) === yes;
}

async function resumeRun(context: ControlContext, run: RunSummary, given: unknown): Promise<void> {
  const { runs, again } = context;
  if (run.state === 'paused') {
    await lineOf(runs, run).request('resume', {});
    await runs.refresh();
    return;
  }
  if (run.state === 'lost') return again.recover(run.manifest.id);
  if (!isResumable(run)) {
    throw new HostError('not_resumable', l10n('{0} is {1}.', run.manifest.name, run.state), run.state === 'finished' ? l10n('To train longer, raise epochs in its config and train again.') : l10n('It is at work already.'));
  }
  const checkpoint = checkpointOf(given);
  if (checkpoint !== undefined && !await maySetAside(run, checkpoint)) return;
  const memory = await inWhichMemory(run, given);
  if (memory) await resume(context.train, run, { ...memory, ...(checkpoint === undefined ? {} : { checkpoint }) });
}

/** With which micro-batch to go on: the one given; for a run that ran out of memory, one chosen; null when the user changed their mind. */
async function inWhichMemory({ manifest: { name, failure } }: RunSummary, given: unknown): Promise<{ microBatchSize?: number } | null> {
  const size = typeof given === 'object' && given !== null && 'micro_batch_size' in given && typeof given.micro_batch_size === 'number' ? given.micro_batch_size : undefined;
  if (size !== undefined) return { microBatchSize: size };
  const fits = failure?.micro_batch_size;
  if (fits === undefined) return {};
  const items = [
    { label: l10n('With micro_batch_size {0}', fits), description: l10n('the same training, in less memory'), answer: { microBatchSize: fits } },
    { label: l10n('As it was'), description: l10n('it ran out of memory so'), answer: {} },
  ];
  return (await vscode.window.showQuickPick(items, { ignoreFocusOut: true, placeHolder: l10n('{0} ran out of memory. How is it to go on?', name) }))?.answer ?? null;
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
    'trm.stop': (given, selected) => stop(context, given, selected),
    'trm.pause': given => pause(context, given),
    'trm.resume': (given, selected) => resumeRuns(context, given, selected),
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
      if (run) await showLog(context, run);
    },
    'trm.copyRunId': async given => {
      const run = await oneRun(runs, given, l10n('Copy the id of which run?'));
      if (run) await vscode.env.clipboard.writeText(run.manifest.id);
    },
  } satisfies Commands;
}

/** Shows the log of a run's trainer, or says why there is none. */
async function showLog({ log }: ControlContext, { dir, state, manifest: { name, finished_because } }: RunSummary): Promise<void> {
  const file = insideRun(dir, 'trainer.log');
  if (existsSync(file)) await vscode.window.showTextDocument(vscode.Uri.file(file));
  else if (state === 'queued') showInfo(log, l10n('{0} has no log yet: it waits in the queue.', name));
  else if (finished_because?.startsWith('imported from ')) showInfo(log, l10n('{0} has no log: it was imported, not trained here.', name));
  else showInfo(log, l10n('{0} has no log: no trainer has written one.', name));
}
