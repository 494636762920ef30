/**
 * Starting a trainer that outlives the editor: Train TRM and Resume Run. The charts are revealed at once; a
 * progress message stays until the run has its first point, or says in the trainer's own words why there is none.
 */
import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import { ConfigError } from '../config/errors';
import { loadConfig, type LoadedConfig } from '../config/load';
import { newRunId } from '../runs/paths';
import type { RunSummary } from '../runs/read-run';
import type { StartedTrainer } from '../runtime/spawn-trainer';
import type { ConfigFiles } from './config-files';
import type { LiveCharts } from './live-charts';
import { showProblem, type Log } from './notify';
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

/** Train TRM. Returns the id of the run that was begun, once it runs or it was said why it does not; undefined when nothing was begun. */
export async function train(context: TrainContext, given: unknown): Promise<string | undefined> {
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
  });
  return id;
}

/** Resume Run, for a run without a living process. */
export async function resume(context: TrainContext, run: RunSummary, options: { checkpoint?: string; takeOver?: boolean } = {}): Promise<void> {
  requireTrust(l10n('Training starts a program with the settings of this folder, which you have not trusted yet.'));
  const { manifest, dir } = run;
  await launch(context, {
    id: manifest.id, dir, name: manifest.name, cwd: path.dirname(dir), attempt: manifest.attempt,
    args: ['resume', dir, ...(options.checkpoint === undefined ? [] : ['--checkpoint', options.checkpoint]), ...(options.takeOver ? ['--take-over'] : [])],
  });
}

/** Starts a trainer and stays with it until its run is under way. What goes wrong is told. */
export async function launch(context: TrainContext, what: Launch): Promise<void> {
  const { runs, charts, trainers, log, logDir } = context;
  const started = Date.now();
  const entry = what.attempt === 0 ? runs.begin(what) : null;
  const logFile = path.join(logDir, `${what.id}-${started}.log`);
  const showLog = { title: l10n('Show Log'), run: () => vscode.window.showTextDocument(vscode.Uri.file(logFile)) };
  try {
    await mkdir(logDir, { recursive: true });
    const [trainer] = await Promise.all([trainers.start(what.args, what.cwd, logFile), charts.follow(what.id)]);
    const options = { location: vscode.ProgressLocation.Notification, title: l10n('Starting {0}', what.name), cancellable: true };
    await vscode.window.withProgress(options, (progress, token) => untilRunning(context, what, trainer, logFile, progress, token));
    log.info(`${what.id}: first point after ${((Date.now() - started) / 1000).toFixed(1)} s`);
  } catch (error) {
    showProblem(log, error, showLog);
  } finally {
    entry?.ended();
    await runs.refresh();
  }
}

/** Waits until the run has a new point. @throws HostError with the trainer's own words when it ends before. */
async function untilRunning(
  { runs, feeds }: TrainContext, what: Launch, trainer: StartedTrainer, logFile: string,
  progress: vscode.Progress<{ message?: string }>, token: vscode.CancellationToken,
): Promise<void> {
  const cleanUp: Pick<vscode.Disposable, 'dispose'>[] = [];
  const isRunning = (): boolean => {
    const run = runs.get(what.id);
    if (!run || run.manifest.attempt <= what.attempt) return false;
    const activity = runs.line(what.id)?.status?.activity;
    if (activity !== undefined) progress.report({ message: activity });
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
      cleanUp.push(token.onCancellationRequested(() => { stopStarting(runs, what.id, trainer).then(resolve, reject); }));
      void trainer.ended.then(async code => {
        await runs.refresh();
        const run = runs.get(what.id);
        if (run && run.manifest.attempt > what.attempt) resolve();
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
