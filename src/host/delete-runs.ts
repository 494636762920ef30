/**
 * Delete: to the system's trash, after a question that names what goes. A run that a process holds is refused before anything is
 * moved. Where there is no trash (a remote machine), that is said, and asked again: into `.trash` of the runs folder, or for good.
 */
import { lstatSync } from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import type { BrokenRun, RunSummary } from '../runs/read-run';
import { moveToTrash, releaseForRemoval } from '../runs/remove-run';
import { confirm, showInfo, type Commands, type Log } from './notify';
import { brokenOf, pickRuns } from './pick';
import { HostError, problemOf, problemText } from './problem';
import type { Runs } from './runs';
import { isLive } from './run-text';

const l10n = vscode.l10n.t;

/** A folder that is to go. */
interface Target { readonly dir: string; readonly name: string; readonly lost: boolean }

const targetOf = (run: RunSummary): Target => ({ dir: run.dir, name: run.manifest.name, lost: run.state === 'lost' });
const brokenTarget = (run: BrokenRun): Target => ({ dir: run.dir, name: path.basename(run.dir), lost: false });

/** Most folders that the question names. */
const named = 8;

/** Asks; false when the user changed their mind. */
async function confirmed(targets: readonly Target[]): Promise<boolean> {
  const lost = targets.filter(t => t.lost);
  const links = targets.filter(t => lstatSync(t.dir, { throwIfNoEntry: false })?.isSymbolicLink());
  const detail = [
    ...targets.slice(0, named).map(({ dir }) => vscode.workspace.asRelativePath(dir)), ...(targets.length > named ? [l10n('and {0} more', targets.length - named)] : []), '',
    l10n('The folder goes to the trash with its checkpoints, metrics and traces. Datasets are not touched.'),
    ...(lost.length > 0 ? [l10n('Contact with {0} was lost: make sure that it no longer runs on the other machine.', lost.map(t => t.name).join(', '))] : []),
    ...(links.length > 0 ? [l10n('{0} is a link: the link goes, the folder it leads to stays.', links.map(t => t.name).join(', '))] : []),
  ].join('\n');
  const question = targets.length === 1 ? l10n('Delete the run {0}?', targets[0]!.name) : l10n('Delete {0} runs?', targets.length);
  const yes = l10n('Move to Trash');
  return await confirm(question, detail, yes) === yes;
}

/** The system's trash did not take them. */
async function withoutTrash(targets: readonly Target[], log: Log): Promise<void> {
  const keep = l10n('Move to .trash'), forGood = l10n('Delete Permanently');
  const question = targets.length === 1 ? l10n('There is no trash for {0}.', targets[0]!.name) : l10n('There is no trash for {0} runs.', targets.length);
  const detail = l10n('The editor cannot reach a trash for files of this machine. "Move to .trash" puts the folder into .trash of the runs folder, from where it can be brought back. "Delete Permanently" cannot be undone.');
  const answer = await confirm(question, detail, keep, forGood);
  if (answer === forGood) for (const { dir } of targets) await vscode.workspace.fs.delete(vscode.Uri.file(dir), { recursive: true, useTrash: false });
  if (answer !== keep) return;
  const [first] = targets.map(({ dir }) => moveToTrash(dir));
  showInfo(log, l10n('Moved to {0}.', path.dirname(first!)), { title: l10n('Show in Explorer'), run: () => vscode.commands.executeCommand('revealInExplorer', vscode.Uri.file(first!)) });
}

async function deleteRuns(runs: Runs, log: Log, given: unknown, selected: unknown): Promise<void> {
  const broken = brokenOf(given, selected);
  const chosen = await pickRuns(runs, given, selected, { ask: l10n('Delete which runs?'), least: broken.length > 0 ? 0 : 1, fits: run => !isLive(run.state) });
  const targets = [...chosen.map(targetOf), ...broken.map(brokenTarget)];
  if (targets.length === 0) return;
  const live = chosen.find(run => isLive(run.state));
  if (live) throw new HostError('live', l10n('{0} is {1} and cannot be deleted.', live.manifest.name, live.state), l10n('Stop it first.'));
  if (!await confirmed(targets)) return;
  for (const { dir, lost } of targets) releaseForRemoval(dir, { takeOver: lost });
  const left: Target[] = [];
  for (const target of targets) {
    try {
      await vscode.workspace.fs.delete(vscode.Uri.file(target.dir), { recursive: true, useTrash: true });
    } catch (error) {
      left.push(target);
      log.info(problemText(problemOf(error)));
    }
  }
  log.info(`to the trash: ${targets.filter(t => !left.includes(t)).map(t => t.dir).join(', ')}`);
  try {
    if (left.length > 0) await withoutTrash(left, log);
  } finally {
    await runs.refresh();
  }
}

/** The command. */
export function deleteCommands(runs: Runs, log: Log) {
  return { 'trm.deleteRuns': (given, selected) => deleteRuns(runs, log, given, selected) } satisfies Commands;
}
