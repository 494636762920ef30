/**
 * Asking which one: a config, a run, a checkpoint, a puzzle. Every command takes what it was given (a file of the Explorer, a
 * line of the Runs view, a run id from a page) and asks only for what is missing.
 */
import path from 'node:path';
import * as vscode from 'vscode';
import { accuracyText } from '../runs/describe';
import { listCheckpoints } from '../runs/checkpoints';
import type { BrokenRun, RunSummary } from '../runs/read-run';
import type { ConfigFiles } from './config-files';
import { askText } from './notify';
import { HostError } from './problem';
import type { RunNode } from './runs-tree';
import type { Runs, StartingRun } from './runs';
import { runDescription, stateIcon } from './run-text';
import { puzzleNumberProblem } from './trace-choice';

/** What a command may be called with: a line of the Runs view, a run id, or nothing. */
export type RunArgument = RunNode | string | undefined;

/**
 * The config meant: the file given, the one in the active editor, or one chosen of those in the workspace.
 * @throws HostError `not_local` for a document without a file, `no_config` when there is none
 */
export async function pickConfig(configs: ConfigFiles, given?: unknown, ask = vscode.l10n.t('Which config?')): Promise<vscode.Uri | undefined> {
  if (given instanceof vscode.Uri) {
    if (given.scheme === 'file') return given;
    throw new HostError('not_local', vscode.l10n.t('{0} is not a file on this machine.', given.toString()), vscode.l10n.t('Save it to a folder first.'));
  }
  const active = vscode.window.activeTextEditor?.document;
  if (active?.uri.scheme === 'file' && configs.isConfig(active)) return active.uri;
  const named = await vscode.workspace.findFiles('**/*.trm.{yaml,yml}', '**/{node_modules,runs,.git}/**', 200);
  const found = [...named, ...configs.list()].sort((a, b) => a.fsPath.localeCompare(b.fsPath));
  if (found.length === 0) throw new HostError('no_config', vscode.l10n.t('There is no config (NAME.trm.yaml) in this workspace yet.'), vscode.l10n.t('Make one from a preset.'));
  if (found.length === 1) return found[0];
  const items = found.map(uri => ({ label: path.basename(uri.fsPath), description: path.dirname(vscode.workspace.asRelativePath(uri)).replace(/^\.$/, ''), uri }));
  return (await vscode.window.showQuickPick(items, { ignoreFocusOut: true, placeHolder: ask, matchOnDescription: true }))?.uri;
}

/** The id in what a command was called with. */
export function runIdOf(given: unknown): string | undefined {
  if (typeof given === 'string') return given;
  if (typeof given === 'object' && given !== null && 'id' in given && typeof given.id === 'string') return given.id;
  return undefined;
}

/** The run that a command was called on, when it is only starting: it has no folder yet. */
export function startingOf(runs: Runs, given: unknown): StartingRun | undefined {
  const id = runIdOf(given);
  return runs.listStarting().find(starting => starting.id === id);
}

/** The folders that cannot be read among the lines of the Runs view that a command was called with. */
export function brokenOf(given: unknown, selected: unknown): BrokenRun[] {
  const nodes = (Array.isArray(selected) ? selected : [given]) as (RunNode | undefined)[];
  return nodes.flatMap(node => (typeof node === 'object' && node.kind === 'broken' ? [node.run] : []));
}

/** The checkpoint in what a command was called with. */
export function checkpointOf(given: unknown): string | undefined {
  const node = given as RunNode | undefined;
  return typeof node === 'object' && node.kind === 'checkpoint' ? node.checkpoint.name : undefined;
}

/**
 * The run meant: the one given, the only one that fits, or one chosen.
 * @throws HostError `starting` when the one given has no folder yet, `no_run` when there is none
 */
export async function pickRun(runs: Runs, given: unknown, fits: (run: RunSummary) => boolean, words: { ask: string; none: string; next: string }): Promise<RunSummary | undefined> {
  const id = runIdOf(given);
  if (id !== undefined) {
    if (!runs.get(id)) await runs.refresh();
    const run = runs.get(id);
    if (run) return run;
    const starting = startingOf(runs, id);
    if (starting) throw new HostError('starting', vscode.l10n.t('{0} is starting, and has no folder yet.', starting.name), vscode.l10n.t('Try again in a moment, or cancel it in the message that says so.'));
    throw new HostError('no_run', vscode.l10n.t('There is no run {0} in this window.', id), vscode.l10n.t('It may have been deleted.'));
  }
  if (runs.list().length === 0) await runs.refresh(); // the command may be what woke us
  const fitting = runs.list().filter(fits);
  if (fitting.length === 0) throw new HostError('no_run', words.none, words.next);
  if (fitting.length === 1) return fitting[0];
  const items = fitting.map(run => ({
    label: `$(${stateIcon(run.state).icon}) ${run.manifest.name}`,
    description: runDescription(run, runs.line(run.manifest.id)?.status ?? null),
    detail: run.manifest.id, run,
  }));
  return (await vscode.window.showQuickPick(items, { ignoreFocusOut: true, placeHolder: words.ask, matchOnDescription: true, matchOnDetail: true }))?.run;
}

/** Whether a line that is selected is that of a run, not one of those under it. */
const isRun = (line: unknown): boolean => typeof line === 'string' || (typeof line === 'object' && line !== null && 'kind' in line && line.kind === 'run');

/**
 * The runs meant: those selected, when the one given is among them; the one given; or those chosen. None when the user changed
 * their mind.
 * @throws HostError `too_few` when there are not enough runs that fit
 */
export async function pickRuns(runs: Runs, given: unknown, selected: unknown, words: { ask: string; least: number; fits?: (run: RunSummary) => boolean }): Promise<RunSummary[]> {
  const lines: unknown[] = Array.isArray(selected) ? selected.filter(isRun) : [];
  const nodes: unknown[] = lines.length > 0 ? lines : Array.isArray(given) ? given : [given];
  const ids = [...new Set(nodes.flatMap(node => runIdOf(node) ?? []))];
  if (runs.list().length === 0 || ids.some(id => !runs.get(id))) await runs.refresh();
  const named = ids.flatMap(id => runs.get(id) ?? []);
  if (named.length >= words.least) return named;
  const fitting = runs.list().filter(words.fits ?? (() => true));
  if (fitting.length < words.least) throw new HostError('too_few', vscode.l10n.t('There are not enough runs: {0} needed, {1} there.', words.least, fitting.length), vscode.l10n.t('Train a config first.'));
  const items = fitting.map(run => ({
    label: `$(${stateIcon(run.state).icon}) ${run.manifest.name}`, description: runDescription(run, runs.line(run.manifest.id)?.status ?? null),
    detail: run.manifest.id, picked: named.includes(run), run,
  }));
  for (;;) {
    const chosen = await vscode.window.showQuickPick(items, { ignoreFocusOut: true, placeHolder: words.ask, canPickMany: true, matchOnDescription: true, matchOnDetail: true });
    if (!chosen) return [];
    if (chosen.length >= words.least) return chosen.map(item => item.run);
    for (const item of items) item.picked = chosen.includes(item);
  }
}

/** A checkpoint of a run: the one given, or one chosen. */
export async function pickCheckpoint(run: RunSummary, given: unknown): Promise<string | undefined> {
  const named = checkpointOf(given);
  if (named !== undefined) return named;
  const checkpoints = listCheckpoints(run.dir).filter(c => c.problem === null && !c.superseded);
  if (checkpoints.length === 0) {
    throw new HostError('no_checkpoint', vscode.l10n.t('{0} has no checkpoint yet.', run.manifest.name), vscode.l10n.t('Wait for its first evaluation, or choose another run.'));
  }
  const items = checkpoints.map(c => ({
    label: vscode.l10n.t('step {0}', c.step), name: c.name,
    description: [c.best && run.best ? `${vscode.l10n.t('best')}: ${accuracyText(run.best.eval)}` : '', c.pinned ? vscode.l10n.t('pinned') : ''].filter(t => t !== '').join(', '),
  }));
  if (items.length === 1) return items[0]!.name;
  return (await vscode.window.showQuickPick(items, { ignoreFocusOut: true, placeHolder: vscode.l10n.t('Which checkpoint?') }))?.name;
}

/** The number of a test puzzle. */
export async function askPuzzle(puzzles: number): Promise<number | undefined> {
  const text = await askText({
    title: vscode.l10n.t('Inspect Puzzle Trace'),
    prompt: puzzles > 0 ? vscode.l10n.t('Number of the test puzzle, 0 to {0} ({1} puzzles)', puzzles - 1, puzzles) : vscode.l10n.t('Number of the test puzzle'),
    value: '0',
    validateInput: typed => {
      const expected = puzzleNumberProblem(typed, puzzles);
      return expected === null ? null : vscode.l10n.t('Expected {0}.', expected);
    },
  });
  return text === undefined ? undefined : Number(text);
}
