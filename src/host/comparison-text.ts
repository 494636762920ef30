/** What a comparison of runs says. All texts in it come from run folders and are shown as text. */
import * as vscode from 'vscode';
import { compareRuns, comparisonTable } from '../runs/compare-runs';
import type { RunSummary } from '../runs/read-run';
import { markdownTable } from './markdown-table';

const l10n = vscode.l10n.t;

/** The comparison as Markdown. */
export async function comparisonText(runs: readonly RunSummary[]): Promise<string> {
  const comparison = await compareRuns(runs);
  const [head, ...rows] = comparisonTable(comparison);
  const changed = comparison.changed.length;
  const results = rows.slice(0, rows.length - changed);
  const keys = rows.slice(rows.length - changed);
  return [
    `# ${l10n('Comparison of {0} runs', comparison.runs.length)}`, '', markdownTable([head!, ...results]), '',
    `## ${l10n('Keys of the config that differ')}`, '', changed > 0 ? markdownTable([head!, ...keys]) : l10n('None: the resolved configs are the same.'), '',
    l10n('Accuracies are of the test puzzles that were evaluated, with counts and 95 % intervals.'), '',
  ].join('\n');
}
