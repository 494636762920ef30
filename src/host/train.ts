/**
 * Starting a trainer that outlives the editor: Train TRM and Resume Run. The charts are revealed at once; a
 * progress message stays until the run has its first point, or says in the trainer's own words why there is none.
 */
import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import { ConfigError } from '../config/errors';
import { loadConfig, type LoadedConfig } from '../config/load';
import { preparingText } from '../runs/describe';
import { newRunId } from '../runs/paths';
import type { RunSummary } from '../runs/read-run';
import type { StartedTrainer } from '../runtime/spawn-trainer';
import type { ConfigFiles } from './config-files';
import type { LiveCharts } from './live-charts';
import { showProblem, withProgress, type Log } from './notify';
import { pickConfig } from './pick';
import { HostError } from './problem';
import type { RunFeeds } from './run-feed';
import type { Runs } from './runs';
import { isLive } from './run-text';
import { runsDirFor } from './settings';
import { requireTrust } from './trust';
import { startFailure } from './trainer-output';
import type { Trainers } from './trainers';

/** What starting a run needs of the window. */
export interface TrainContext {
  readonly runs: Runs;
  readonly feeds: RunFeeds;
  readonly charts: LiveCharts;
  readonly trainers: Trainers;
  readonly configs: ConfigFiles;
  readonly log: Log;
  /** Folder of the logs of trainers that have no run folder yet. */
  readonly logDir: string;
}

/** A launch, as it is watched. */
export interface Launch {
  readonly id: string;
  readonly name: string;
  readonly dir: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** Attempts the folder had before: the launch has begun when there is a later one. */
  readonly attempt: number;
}

const l10n = vscode.l10n.t;

/** Saves the document if it is open and changed. Throws HostError. */
export async function save(config: vscode.Uri): Promise<void> {
  const open = vscode.workspace.textDocuments.find(d => d.uri.toString() === config.toString());
  if (open?.isDirty && !await open.save()) {
    throw new HostError('not_saved', l10n('{0} could not be saved.', path.basename(config.fsPath)), l10n('Save it and try again.'));
  }
}

/** Reads a config; null when it has errors, which are then shown where they are. */
export async function readConfig(config: vscode.Uri, log: Log): Promise<LoadedConfig | null> {
  try {
    return loadConfig(config.fsPath);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const [first] = error.problems;
    const file = first?.file ?? config.fsPath;
    const where = first ? `${path.basename(file)}:${first.line}:${first.column}: ${first.message}.` : error.message;
    await vscode.window.showTextDocument(vscode.Uri.file(file), { preview: false });
    const more = error.problems.length > 1 ? ` ${l10n('And {0} more.', error.problems.length - 1)}` : '';
    showProblem(log, new HostError('bad_config', `${where}${more}`, l10n('Correct the config and train again.')), {
      title: l10n('Show Problems'), run: () => vscode.commands.executeCommand('workbench.actions.view.problems'),
    });
    return null;
  }
}

/** Train TRM. Returns the id of the run that was begun, once it runs or it was said why it does not; undefined when nothing was begun. `signal`: ends the start. */
export async function train(context: TrainContext, given: unknown, signal?: AbortSignal): Promise<string | undefined> {
  requireTrust(l10n('Training starts a program with the settings of this folder, which you have not trusted yet.'));
  const config = await pickConfig(context.configs, given);
  if (!config) return undefined;
  await save(config);
  const loaded = await readConfig(config, context.log);
  if (!loaded) return undefined;
  if (Object.keys(loaded.sweep).length > 0) {
    const [queue, one] = [l10n('Queue All Combinations'), l10n('Train Without the Sweep')];
    const chosen = await vscode.window.showQuickPick([queue, one], { ignoreFocusOut: true, placeHolder: l10n('{0} has a sweep.', path.basename(config.fsPath)) });
    if (chosen === queue) await vscode.commands.executeCommand('trm.addToQueue', config);
    if (chosen !== one) return undefined;
  }
  const id = newRunId(path.basename(config.fsPath));
  const runsDir = runsDirFor(config);
  await launch(context, {
    id, dir: path.join(runsDir, id), name: path.basename(config.fsPath).replace(/(\.trm)?\.ya?ml$/i, ''), cwd: path.dirname(config.fsPath), attempt: 0,
    args: ['train', config.fsPath, '--runs-dir', runsDir, '--run-id', id],
  }, signal);
  return id;
}

/** Resume Run, for a run without a living process. */
export async function resume(context: TrainContext, run: RunSummary, options: { checkpoint?: string; takeOver?: boolean; microBatchSize?: number | undefined } = {}): Promise<void> {
  requireTrust(l10n('Training starts a program with the settings of this folder, which you have not trusted yet.'));
  const { manifest, dir } = run;
  await launch(context, {
    id: manifest.id, dir, name: manifest.name, cwd: path.dirname(dir), attempt: manifest.attempt,
    args: ['resume', dir, ...(options.checkpoint === undefined ? [] : ['--checkpoint', options.checkpoint]), ...(options.takeOver ? ['--take-over'] : []), ...(options.microBatchSize === undefined ? [] : ['--micro-batch-size', String(options.microBatchSize)])],
  });
}

/**
 * Starts a trainer and stays with it until its run is under way, or `unwanted`. What goes wrong is told. True when the run has begun, and did not
 * fail at once.
 */
export async function launch(context: TrainContext, what: Launch, unwanted?: AbortSignal): Promise<boolean> {
  const { runs, charts, trainers, log, logDir } = context;
  const started = Date.now();
  const entry = runs.begin(what);
  const logFile = path.join(logDir, `${what.id}-${started}.log`);
  const showLog = { title: l10n('Show Log'), run: () => vscode.window.showTextDocument(vscode.Uri.file(logFile)) };
  try {
    await mkdir(logDir, { recursive: true });
    const [trainer] = await Promise.all([trainers.start(what.args, what.cwd, logFile), charts.follow(what.id)]);
    await withProgress(l10n('Starting {0}', what.name), (report, signal) => untilRunning(context, what, trainer, logFile, report, unwanted ? AbortSignal.any([signal, unwanted]) : signal));
    log.info(`${what.id}: first point after ${((Date.now() - started) / 1000).toFixed(1)} s`);
  } catch (error) {
    showProblem(log, error, showLog);
  } finally {
    entry.ended();
    await runs.refresh();
  }
  const state = runs.get(what.id)?.state;
  return hasBegun(runs, what) && state !== 'failed' && state !== 'crashed';
}

/** Whether there is a folder of the run with this attempt in it. */
const hasBegun = (runs: Runs, { id, attempt }: Launch): boolean => (runs.get(id)?.manifest.attempt ?? 0) > attempt;

/** Waits until the run has a new point. @throws HostError with the trainer's own words when it ends before. */
async function untilRunning(
  { runs, feeds }: TrainContext, what: Launch, trainer: StartedTrainer, logFile: string,
  report: (text: string) => void, signal: AbortSignal,
): Promise<void> {
  const cleanUp: Pick<vscode.Disposable, 'dispose'>[] = [];
  const isRunning = (): boolean => {
    const run = runs.get(what.id);
    if (!run || run.manifest.attempt <= what.attempt) return false;
    const status = runs.line(what.id)?.status;
    if (status) report(status.state === 'pending' ? preparingText(status) : status.activity);
    return !isLive(run.state) || (what.attempt === 0 ? feeds.follow(run.dir).store.points > 0 : run.state === 'running');
  };
  let followed = false;
  try {
    await new Promise<void>((resolve, reject) => {
      const look = (): void => { if (isRunning()) resolve(); };
      const watch = (): void => {
        const run = runs.get(what.id);
        if (run && !followed) cleanUp.push(feeds.follow(run.dir).onDidChange(look));
        followed = run !== undefined;
        look();
      };
      cleanUp.push(runs.onDidChange(watch), runs.onDidChangeStatus(look));
      const stop = (): void => { stopStarting(runs, what.id, trainer).then(resolve, reject); };
      if (signal.aborted) stop();
      else signal.addEventListener('abort', stop, { once: true });
      void trainer.ended.then(async code => {
        await runs.refresh();
        if (hasBegun(runs, what)) resolve();
        else reject(startFailure(await readFile(logFile, 'utf8').catch(() => ''), code));
      });
    });
  } finally {
    for (const d of cleanUp) d.dispose();
  }
}

/** The user does not want it after all: ask it to stop, or end it when it does not listen yet. */
async function stopStarting(runs: Runs, id: string, trainer: StartedTrainer): Promise<void> {
  const line = runs.line(id);
  if (line?.status) await line.request('stop', {});
  else process.kill(trainer.pid, 'SIGTERM');
}
