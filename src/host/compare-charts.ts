/** Several runs in one set of charts: those given as folders or ids, or chosen from all there are. */
import path from 'node:path';
import * as vscode from 'vscode';
import { mostRuns } from '../protocol/charts';
import type { LiveCharts } from './live-charts';
import type { Commands } from './notify';
import { runIdOf } from './pick';
import { HostError } from './problem';
import { runDescription, stateIcon } from './run-text';
import type { Runs } from './runs';

/** The id of a run given as the path of its folder, a line of the Runs view, or an id. Throws HostError when there is none in this window. */
function idOf(runs: Runs, given: unknown): string {
  const asked = runIdOf(given) ?? '';
  const found = runs.get(asked) ?? (path.isAbsolute(asked) ? runs.list().find(({ dir }) => path.resolve(dir) === path.resolve(asked)) : undefined);
  if (found) return found.manifest.id;
  throw new HostError('no_run', vscode.l10n.t('There is no run {0} in this window.', asked), vscode.l10n.t('It may have been deleted, or lie in a folder that is not open.'));
}

/** Asks for runs; undefined when nobody chose. */
async function choose(runs: Runs): Promise<string[] | undefined> {
  if (runs.list().length === 0) throw new HostError('no_run', vscode.l10n.t('There are no runs in this window yet.'), vscode.l10n.t('Train a config first.'));
  const items = runs.list().map(run => ({
    label: `$(${stateIcon(run.state).icon}) ${run.manifest.name}`, detail: run.manifest.id,
    description: runDescription(run, runs.line(run.manifest.id)?.status ?? null),
  }));
  const chosen = await vscode.window.showQuickPick(items, { ignoreFocusOut: true, canPickMany: true, placeHolder: vscode.l10n.t('Which runs? At most {0}.', mostRuns), matchOnDescription: true, matchOnDetail: true });
  return chosen === undefined || chosen.length === 0 ? undefined : chosen.map(({ detail }) => detail);
}

/** `trm.compareInCharts`: takes a list of run folders, ids or lines of the Runs view, the first goes in focus; without one it asks. */
async function compareInCharts(runs: Runs, charts: LiveCharts, given: unknown): Promise<void> {
  await runs.refresh(); // the command may be what woke us
  const ids = Array.isArray(given) ? [...new Set(given.map(one => idOf(runs, one)))] : await choose(runs);
  if (ids === undefined) return;
  if (ids.length > mostRuns) throw new HostError('too_many_runs', vscode.l10n.t('{0} runs are too many for one set of charts.', ids.length), vscode.l10n.t('Choose at most {0}.', mostRuns));
  await charts.compare(ids);
}

/** The command. */
export function chartsCommands(runs: Runs, charts: LiveCharts) {
  return { 'trm.compareInCharts': given => compareInCharts(runs, charts, given) } satisfies Commands;
}
