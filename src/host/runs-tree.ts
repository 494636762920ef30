/**
 * The Runs view: every run of the workspace, newest first, with its state in words, and under it its checkpoints, config and
 * log. Folders that cannot be read are listed with the reason.
 */
import path from 'node:path';
import * as vscode from 'vscode';
import { accuracyText } from '../runs/describe';
import { listCheckpoints, type CheckpointInfo } from '../runs/checkpoints';
import { insideRun } from '../runs/paths';
import type { BrokenRun, RunSummary } from '../runs/read-run';
import { problemOf, problemText } from './problem';
import type { Runs, StartingRun } from './runs';
import { runDescription, runDetails, stateIcon } from './run-text';

/** A line of the tree. */
export type RunNode =
  | { readonly kind: 'run'; readonly id: string }
  | { readonly kind: 'starting'; readonly run: StartingRun }
  | { readonly kind: 'broken'; readonly run: BrokenRun }
  | { readonly kind: 'checkpoint'; readonly id: string; readonly checkpoint: CheckpointInfo }
  | { readonly kind: 'file'; readonly id: string; readonly file: string; readonly label: string; readonly icon: string }
  | { readonly kind: 'note'; readonly text: string };

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
  private readonly emitter = new vscode.EventEmitter<RunNode | undefined>();
  readonly onDidChangeTreeData = this.emitter.event;
  private readonly own: vscode.Disposable[];
  private readonly nodes = new Map<string, RunNode>();
  private readonly shown = new Map<string, string>();

  constructor(private readonly runs: Runs) {
    this.own = [
      runs.onDidChange(() => this.emitter.fire(undefined)),
      runs.onDidChangeStatus(line => this.refreshRun(line.id)),
    ];
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
      case 'checkpoint': return checkpointItem(node.id, node.checkpoint);
      case 'file': {
        const item = new vscode.TreeItem(node.label, None);
        const uri = vscode.Uri.file(node.file);
        return Object.assign(item, { id: `${node.id}/${node.label}`, iconPath: themeIcon(node.icon), contextValue: 'file', tooltip: path.basename(node.file), command: { command: 'vscode.open', title: vscode.l10n.t('Open'), arguments: [uri] } });
      }
      case 'note': return Object.assign(new vscode.TreeItem(node.text, None), { iconPath: themeIcon('info') });
    }
  }

  getChildren(node?: RunNode): RunNode[] {
    if (node === undefined) {
      return [
        ...this.runs.listStarting().map(run => ({ kind: 'starting' as const, run })),
        ...this.runs.list().map(run => this.runNode(run.manifest.id)),
        ...this.runs.listBroken().map(run => ({ kind: 'broken' as const, run })),
      ];
    }
    if (node.kind !== 'run') return [];
    const run = this.runs.get(node.id);
    return run ? runChildren(run) : [];
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

  /** Draws a run's line again when its words changed. */
  private refreshRun(id: string): void {
    const run = this.runs.get(id);
    if (run && this.shown.get(id) !== runDescription(run, this.runs.line(id)?.status ?? null)) this.emitter.fire(this.runNode(id));
  }

  private runItem(id: string): vscode.TreeItem {
    const run = this.runs.get(id);
    if (!run) return new vscode.TreeItem(id, None);
    const status = this.runs.line(id)?.status ?? null;
    const description = runDescription(run, status);
    this.shown.set(id, description);
    const item = new vscode.TreeItem(run.manifest.name, Collapsed);
    const { icon, color } = stateIcon(run.state);
    return Object.assign(item, {
      id: `run/${id}`, description, iconPath: themeIcon(icon, color), contextValue: `run-${run.state}`,
      tooltip: tooltip([['', id], ...runDetails(run, status)]),
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
    id: `${id}/${checkpoint.name}`, description, contextValue: 'checkpoint',
    iconPath: themeIcon(checkpoint.best ? 'star-full' : 'archive'), tooltip: checkpoint.name,
    accessibilityInformation: { label: `${vscode.l10n.t('step {0}', checkpoint.step)}, ${description}` },
  });
}

function runChildren(run: RunSummary): RunNode[] {
  const { id } = run.manifest;
  const children: RunNode[] = [];
  try {
    children.push(...listCheckpoints(run.dir).filter(c => !c.superseded).map(checkpoint => ({ kind: 'checkpoint' as const, id, checkpoint })));
    if (children.length === 0) children.push({ kind: 'note', text: vscode.l10n.t('no checkpoint yet') });
    if (run.manifest.last_eval) children.unshift({ kind: 'note', text: vscode.l10n.t('last evaluation: {0}, step {1}', accuracyText(run.manifest.last_eval), run.manifest.last_eval.step) });
    children.push({ kind: 'file', id, label: vscode.l10n.t('config'), file: insideRun(run.dir, 'config.trm.yaml'), icon: 'settings-gear' });
    children.push({ kind: 'file', id, label: vscode.l10n.t('log'), file: insideRun(run.dir, 'trainer.log'), icon: 'output' });
  } catch (error) {
    children.push({ kind: 'note', text: problemText(problemOf(error)) });
  }
  return children;
}
