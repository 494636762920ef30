/**
 * The Runs view: every run of the workspace, or those that fit a filter: first what is at work, then the queue, then the pinned
 * ones, then the others, newest first. Each with its state in words, and under it its checkpoints, config and log. Folders that
 * cannot be read are listed with the reason, and so are whole runs folders.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import { accuracyText } from '../runs/describe';
import type { CheckpointInfo } from '../runs/checkpoints';
import { insideRun } from '../runs/paths';
import { inWorkingOrder } from '../runs/queue-order';
import type { BrokenRun, RunSummary } from '../runs/read-run';
import { askText, command, type Log } from './notify';
import { problemOf, problemText } from './problem';
import type { Runs, StartingRun } from './runs';
import { fitsFilter, filterProblem } from './run-filter';
import { isResumable, runDescription, runDetails, stateIcon } from './run-text';

/** A line of the tree. */
export type RunNode =
  | { readonly kind: 'run'; readonly id: string }
  | { readonly kind: 'starting'; readonly run: StartingRun }
  | { readonly kind: 'broken'; readonly run: BrokenRun }
  | { readonly kind: 'unreadable'; readonly folder: BrokenRun }
  | { readonly kind: 'checkpoint'; readonly id: string; readonly checkpoint: CheckpointInfo }
  | { readonly kind: 'file'; readonly id: string; readonly file: string; readonly label: string; readonly icon: string }
  | { readonly kind: 'note'; readonly text: string };

/** Milliseconds between two looks under the runs that are unfolded. */
const lookEvery = 5000;

const { None, Collapsed } = vscode.TreeItemCollapsibleState;
const themeIcon = (icon: string, color: string | null = null): vscode.ThemeIcon =>
  color === null ? new vscode.ThemeIcon(icon) : new vscode.ThemeIcon(icon, new vscode.ThemeColor(color));

/** Lines of text as a tooltip in which nothing is markup. */
function tooltip(lines: readonly (readonly [string, string])[]): vscode.MarkdownString {
  const markdown = new vscode.MarkdownString();
  for (const [name, value] of lines) {
    if (name !== '') markdown.appendMarkdown(`**${name}:** `);
    markdown.appendText(value).appendMarkdown('  \n');
  }
  return markdown;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
}

/** The data of the Runs view. */
export class RunsTree implements vscode.TreeDataProvider<RunNode>, vscode.Disposable {
  private readonly emitter = new vscode.EventEmitter<RunNode | RunNode[] | undefined>();
  readonly onDidChangeTreeData = this.emitter.event;
  private readonly own: vscode.Disposable[];
  private readonly nodes = new Map<string, RunNode>();
  /** The lines drawn last: which, in their order, and of every run what it said and when it changed; null before VS Code had any. */
  private drawn: { order: string; runs: ReadonlyMap<string, string> } | null = null;
  /** What was drawn under the runs that are unfolded. */
  private readonly under = new Map<string, string>();
  private filterText = '';

  constructor(private readonly runs: Runs) {
    this.own = [
      runs.onDidChange(() => this.redrawChanged()),
      runs.onDidChangeStatus(() => this.redrawChanged()),
    ];
  }

  /** What the filter is; '' shows all runs. */
  get filter(): string { return this.filterText; }

  set filter(text: string) {
    this.filterText = text.trim();
    this.redraw();
  }

  /** Draws all lines again. */
  redraw(): void {
    this.emitter.fire(undefined);
  }

  /** The runs under the filter, in the order in which they are shown. */
  listShown(): readonly RunSummary[] {
    const fitting = this.runs.list().filter(run => fitsFilter(this.filterText, run));
    return inWorkingOrder([...fitting.filter(run => run.pinned), ...fitting.filter(run => !run.pinned)]);
  }

  getTreeItem(node: RunNode): vscode.TreeItem {
    switch (node.kind) {
      case 'run': return this.runItem(node.id);
      case 'starting': {
        const item = new vscode.TreeItem(node.run.name, None);
        return Object.assign(item, { id: `starting/${node.run.id}`, description: vscode.l10n.t('starting'), iconPath: themeIcon('loading~spin') });
      }
      case 'broken': {
        const item = new vscode.TreeItem(path.basename(node.run.dir), None);
        return Object.assign(item, { description: vscode.l10n.t('cannot be read'), tooltip: tooltip([['', node.run.problem], ['what to do', node.run.next]]), iconPath: themeIcon('error', 'charts.red'), contextValue: 'broken' });
      }
      case 'unreadable': {
        const { dir, problem, next } = node.folder;
        const item = new vscode.TreeItem(vscode.workspace.asRelativePath(dir), None);
        const description = problemText({ message: problem, next });
        return Object.assign(item, { description, tooltip: tooltip([['', problem], ['what to do', next]]), iconPath: themeIcon('error', 'charts.red') });
      }
      case 'checkpoint': return checkpointItem(node.id, node.checkpoint);
      case 'file': {
        const item = new vscode.TreeItem(node.label, None);
        const uri = vscode.Uri.file(node.file);
        return Object.assign(item, { id: `${node.id}/${node.label}`, iconPath: themeIcon(node.icon), contextValue: 'file', tooltip: path.basename(node.file), command: { command: 'vscode.open', title: vscode.l10n.t('Open'), arguments: [uri] } });
      }
      case 'note': return Object.assign(new vscode.TreeItem(node.text, None), { iconPath: themeIcon('info') });
    }
  }

  /** The tooltip of a run, when somebody looks at it: hundreds of them need not be made and sent. */
  resolveTreeItem(item: vscode.TreeItem, node: RunNode): vscode.TreeItem {
    const run = node.kind === 'run' ? this.runs.get(node.id) : undefined;
    if (run) item.tooltip = tooltip([['', run.manifest.id], ...runDetails(run, this.runs.line(run.manifest.id)?.status ?? null)]);
    return item;
  }

  async getChildren(node?: RunNode): Promise<RunNode[]> {
    if (node === undefined) {
      await this.runs.known; // VS Code shows that it waits; without it there would be no run for a moment, and all of them were drawn twice
      this.drawn = this.lines();
      return [
        ...this.runs.listUnreadable().map(folder => ({ kind: 'unreadable' as const, folder })),
        ...this.runs.listStarting().map(run => ({ kind: 'starting' as const, run })),
        ...this.listShown().map(run => this.runNode(run.manifest.id)),
        ...(this.filterText === '' ? this.runs.listBroken() : []).map(run => ({ kind: 'broken' as const, run })),
      ];
    }
    if (node.kind !== 'run') return [];
    const run = this.runs.get(node.id);
    const children = run ? await runChildren(run) : [];
    this.under.set(node.id, JSON.stringify(children));
    return children;
  }

  /** Draws runs again under which is something else than was drawn: others pin checkpoints, too, and that changes nothing of the run itself. */
  async lookUnder(): Promise<void> {
    for (const [id, drawn] of this.under) {
      const run = this.runs.get(id);
      const now = run ? JSON.stringify(await runChildren(run)) : drawn;
      if (now === drawn) continue;
      this.under.set(id, now);
      this.emitter.fire(this.runNode(id));
    }
  }

  /** A run was folded up. */
  folded(node: RunNode): void {
    if (node.kind === 'run') this.under.delete(node.id);
  }

  getParent(node: RunNode): RunNode | undefined {
    return 'id' in node && node.kind !== 'run' ? this.runNode(node.id) : undefined;
  }

  dispose(): void {
    for (const d of [...this.own, this.emitter]) d.dispose();
  }

  private runNode(id: string): RunNode {
    const node = this.nodes.get(id) ?? { kind: 'run', id };
    this.nodes.set(id, node);
    return node;
  }

  private lines(): NonNullable<typeof this.drawn> {
    const shown = this.listShown();
    const order = [...this.runs.listStarting().map(run => `starting ${run.id}`), ...shown.map(run => run.manifest.id), ...[...this.runs.listUnreadable(), ...this.runs.listBroken()].map(({ dir, problem }) => `${dir} ${problem}`)].join('\n');
    return { order, runs: new Map(shown.map(run => [run.manifest.id, `${run.manifest.updated} ${run.manifest.name} ${this.description(run)} ${run.manifest.notes}`])) };
  }

  /** Draws only what changed: with hundreds of runs, drawing all of them for every step of one is felt. */
  private redrawChanged(): void {
    const { drawn } = this;
    if (drawn === null) return;
    this.drawn = this.lines();
    if (this.drawn.order !== drawn.order) this.emitter.fire(undefined);
    else {
      const changed = [...this.drawn.runs].filter(([id, words]) => drawn.runs.get(id) !== words);
      if (changed.length > 0) this.emitter.fire(changed.map(([id]) => this.runNode(id)));
    }
  }

  private description(run: RunSummary): string {
    return runDescription(run, this.runs.line(run.manifest.id)?.status ?? null);
  }

  private runItem(id: string): vscode.TreeItem {
    const run = this.runs.get(id);
    if (!run) return new vscode.TreeItem(id, None);
    const description = this.description(run);
    const item = new vscode.TreeItem(run.manifest.name, Collapsed);
    const { icon, color } = stateIcon(run.state);
    return Object.assign(item, {
      id: `run/${id}`, description, iconPath: themeIcon(icon, color), contextValue: `run-${run.state === 'finished' && isResumable(run) ? 'ended' : run.state}${run.pinned ? '/pinned' : ''}`,
      accessibilityInformation: { label: `${run.manifest.name}, ${description}` },
    });
  }
}

function checkpointItem(id: string, checkpoint: CheckpointInfo): vscode.TreeItem {
  const item = new vscode.TreeItem(vscode.l10n.t('step {0}', checkpoint.step), None);
  const words = [...(checkpoint.best ? [vscode.l10n.t('best')] : []), ...(checkpoint.pinned ? [vscode.l10n.t('pinned')] : [])];
  if (checkpoint.problem !== null) {
    return Object.assign(item, { id: `${id}/${checkpoint.name}`, description: vscode.l10n.t('cannot be read'), tooltip: checkpoint.problem, iconPath: themeIcon('error', 'charts.red') });
  }
  const description = [...words, megabytes(checkpoint.bytes)].join(', ');
  return Object.assign(item, {
    id: `${id}/${checkpoint.name}`, description, contextValue: checkpoint.pinned ? 'checkpoint/pinned' : 'checkpoint',
    iconPath: themeIcon(checkpoint.best ? 'star-full' : checkpoint.pinned ? 'pinned' : 'archive'), tooltip: checkpoint.name,
    accessibilityInformation: { label: `${vscode.l10n.t('step {0}', checkpoint.step)}, ${description}` },
  });
}

async function runChildren(run: RunSummary): Promise<RunNode[]> {
  const { id } = run.manifest;
  const children: RunNode[] = [];
  try {
    const { listCheckpoints } = await import('../runs/checkpoints');
    children.push(...listCheckpoints(run.dir).filter(c => !c.superseded).map(checkpoint => ({ kind: 'checkpoint' as const, id, checkpoint })));
    if (children.length === 0) children.push({ kind: 'note', text: vscode.l10n.t('no checkpoint yet') });
    if (run.manifest.last_eval) children.unshift({ kind: 'note', text: vscode.l10n.t('last evaluation: {0}, step {1}', accuracyText(run.manifest.last_eval), run.manifest.last_eval.step) });
    children.push({ kind: 'file', id, label: vscode.l10n.t('config'), file: insideRun(run.dir, 'config.trm.yaml'), icon: 'settings-gear' });
    const log = insideRun(run.dir, 'trainer.log');
    if (existsSync(log)) children.push({ kind: 'file', id, label: vscode.l10n.t('log'), file: log, icon: 'output' }); // an imported run has none
  } catch (error) {
    children.push({ kind: 'note', text: problemText(problemOf(error)) });
  }
  return children;
}

/** Shows the tree, with its filter: a line above it says what is filtered, and a button in its title takes the filter away. */
export function showRunsTree(tree: RunsTree, runs: Runs, log: Log): vscode.Disposable[] {
  const view = vscode.window.createTreeView('trm.runs', { treeDataProvider: tree, showCollapseAll: true, canSelectMany: true });
  const tell = (): void => {
    view.message = tree.filter === '' ? '' : vscode.l10n.t('{0} of {1} runs: {2}', tree.listShown().length, runs.list().length, tree.filter);
  };
  const setFilter = (text: string): void => {
    tree.filter = text;
    void vscode.commands.executeCommand('setContext', 'trm.runsFiltered', tree.filter !== '');
    tell();
  };
  const clock = setInterval(() => { if (view.visible) void tree.lookUnder(); }, lookEvery);
  return [
    view, runs.onDidChange(tell), view.onDidCollapseElement(({ element }) => tree.folded(element)), new vscode.Disposable(() => clearInterval(clock)),
    command(log, 'trm.filterRuns', () => askFilter(view, tree.filter, setFilter)),
    command(log, 'trm.clearRunsFilter', () => setFilter('')),
    command(log, 'trm.refreshRuns', async () => {
      await runs.refresh();
      tree.redraw();
    }),
  ];
}

/**
 * Asks for a filter; the tree follows what is typed. A run that is chosen in the tree says that the filter was right; after Escape the tree is
 * as before.
 */
async function askFilter(view: vscode.TreeView<RunNode>, before: string, setFilter: (text: string) => void): Promise<void> {
  let typed = before;
  const found = new vscode.CancellationTokenSource();
  const chosen = view.onDidChangeSelection(({ selection }) => { if (selection.length > 0) found.cancel(); });
  const text = await askText({
    title: vscode.l10n.t('Filter Runs'), prompt: vscode.l10n.t('Words of name, notes or config; #tag; is:running, is:finished, is:pinned, ...; - before a term turns it round'), value: before,
    validateInput: now => {
      if (now !== typed) setFilter(typed = now);
      const problem = filterProblem(now);
      return problem === null ? null : { message: problem, severity: vscode.InputBoxValidationSeverity.Warning };
    },
  }, found.token);
  chosen.dispose();
  setFilter(text ?? (found.token.isCancellationRequested ? typed : before));
  found.dispose();
}
