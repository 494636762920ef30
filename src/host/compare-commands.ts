/** Comparing runs: a table of what each came to, the configs of two in VS Code's own diff, and their charts. */
import * as vscode from 'vscode';
import { oneLine } from '../runs/read-json';
import { comparisonScheme as scheme } from './comparison-documents';
import type { Commands } from './notify';
import { pickRuns } from './pick';
import { HostError } from './problem';
import type { Runs } from './runs';

const l10n = vscode.l10n.t;

async function compare(runs: Runs, given: unknown, selected: unknown): Promise<void> {
  const chosen = await pickRuns(runs, given, selected, { ask: l10n('Compare which runs? (two or more)'), least: 2 });
  if (chosen.length < 2) return;
  const uri = vscode.Uri.from({ scheme, path: `/${l10n('Comparison')}.md`, query: chosen.map(run => run.manifest.id).join('&') });
  await vscode.workspace.openTextDocument(uri); // complete before it is drawn
  await vscode.commands.executeCommand('markdown.showPreview', uri);
}

async function compareConfigs(runs: Runs, given: unknown, selected: unknown): Promise<void> {
  const [left, right, ...more] = await pickRuns(runs, given, selected, { ask: l10n('Compare the configs of which two runs?'), least: 2 });
  if (!left || !right) return;
  if (more.length > 0) throw new HostError('too_many', l10n('The configs of two runs can be compared at a time.'), l10n('Choose two, or use Compare Runs for a table of any number.'));
  const at = (run: typeof left): vscode.Uri => vscode.Uri.from({ scheme, path: `/${run.manifest.id}.yaml`, query: run.manifest.id });
  const title = l10n('{0} ↔ {1} (resolved configs)', oneLine(left.manifest.name, 60), oneLine(right.manifest.name, 60));
  await vscode.commands.executeCommand('vscode.diff', at(left), at(right), title);
}

async function compareInCharts(runs: Runs, given: unknown, selected: unknown): Promise<void> {
  const chosen = await pickRuns(runs, given, selected, { ask: l10n('Lay the charts of which runs over each other? (two or more)'), least: 2 });
  if (chosen.length > 1) await vscode.commands.executeCommand('trm.compareInCharts', chosen.map(run => run.dir));
}

/** The commands. */
export function compareCommands(runs: Runs) {
  return {
    'trm.compareRuns': (given, selected) => compare(runs, given, selected),
    'trm.compareConfigs': (given, selected) => compareConfigs(runs, given, selected),
    'trm.compareRunsInCharts': (given, selected) => compareInCharts(runs, given, selected),
  } satisfies Commands;
}
