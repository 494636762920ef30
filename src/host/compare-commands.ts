/**
 * Comparing runs: a table of what each came to, the configs of two in VS Code's own diff, and their charts. Tables and configs are
 * documents made when they are opened; all texts in them come from run folders and are shown as text.
 */
import * as vscode from 'vscode';
import { compareRuns, comparisonTable, type Comparison } from '../runs/compare-runs';
import { oneLine } from '../runs/read-json';
import { resolvedYaml } from '../runs/run-config';
import { command, type Log } from './notify';
import { pickRuns } from './pick';
import { HostError } from './problem';
import { markdownTable } from './markdown-table';
import type { Runs } from './runs';

const l10n = vscode.l10n.t;
const scheme = 'trm-compare';

/** What these commands need of the window. */
export interface CompareContext { readonly runs: Runs; readonly log: Log }

/** The documents. An address names the runs, so that a document that is opened again after a reload is made again. */
class ComparisonDocuments implements vscode.TextDocumentContentProvider, vscode.Disposable {
  private readonly emitter = new vscode.EventEmitter<vscode.Uri>();
  readonly onDidChange = this.emitter.event;
  private readonly own: vscode.Disposable[];

  constructor(private readonly runs: Runs) {
    this.own = [
      vscode.workspace.registerTextDocumentContentProvider(scheme, this),
      runs.onDidChange(() => {
        for (const { uri } of vscode.workspace.textDocuments) if (uri.scheme === scheme) this.emitter.fire(uri);
      }),
    ];
  }

  async provideTextDocumentContent(uri: vscode.Uri): Promise<string> {
    const ids = uri.query.split('&');
    if (ids.some(id => !this.runs.get(id))) await this.runs.refresh();
    const runs = ids.flatMap(id => this.runs.get(id) ?? []);
    if (uri.path.endsWith('.md')) return comparisonDocument(await compareRuns(runs));
    const [run] = runs;
    return run ? resolvedYaml(run) : '';
  }

  dispose(): void {
    for (const d of [...this.own, this.emitter]) d.dispose();
  }
}

/** The comparison as Markdown. */
function comparisonDocument(comparison: Comparison): string {
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

async function compare({ runs }: CompareContext, given: unknown, selected: unknown): Promise<void> {
  const chosen = await pickRuns(runs, given, selected, { ask: l10n('Compare which runs? (two or more)'), least: 2 });
  if (chosen.length < 2) return;
  const uri = vscode.Uri.from({ scheme, path: `/${l10n('Comparison')}.md`, query: chosen.map(run => run.manifest.id).join('&') });
  await vscode.workspace.openTextDocument(uri); // complete before it is drawn
  await vscode.commands.executeCommand('markdown.showPreview', uri);
}

async function compareConfigs({ runs }: CompareContext, given: unknown, selected: unknown): Promise<void> {
  const [left, right, ...more] = await pickRuns(runs, given, selected, { ask: l10n('Compare the configs of which two runs?'), least: 2 });
  if (!left || !right) return;
  if (more.length > 0) throw new HostError('too_many', l10n('The configs of two runs can be compared at a time.'), l10n('Choose two, or use Compare Runs for a table of any number.'));
  const at = (run: typeof left): vscode.Uri => vscode.Uri.from({ scheme, path: `/${run.manifest.id}.yaml`, query: run.manifest.id });
  const title = l10n('{0} ↔ {1} (resolved configs)', oneLine(left.manifest.name, 60), oneLine(right.manifest.name, 60));
  await vscode.commands.executeCommand('vscode.diff', at(left), at(right), title);
}

async function compareInCharts({ runs }: CompareContext, given: unknown, selected: unknown): Promise<void> {
  const chosen = await pickRuns(runs, given, selected, { ask: l10n('Lay the charts of which runs over each other? (two or more)'), least: 2 });
  if (chosen.length > 1) await vscode.commands.executeCommand('trm.compareInCharts', chosen.map(run => run.dir));
}

/** Registers the commands and the documents they open. */
export function registerCompareCommands(context: CompareContext): vscode.Disposable[] {
  const { runs, log } = context;
  return [
    vscode.Disposable.from(new ComparisonDocuments(runs)),
    command(log, 'trm.compareRuns', (given, selected) => compare(context, given, selected)),
    command(log, 'trm.compareConfigs', (given, selected) => compareConfigs(context, given, selected)),
    command(log, 'trm.compareRunsInCharts', (given, selected) => compareInCharts(context, given, selected)),
  ];
}
