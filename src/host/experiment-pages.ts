/** The tables of experiments as pages that follow the runs. */
import path from 'node:path';
import * as vscode from 'vscode';
import { experimentTables } from '../experiments/table';
import { tableMarkdown } from '../experiments/table-text';
import type { Runs } from './runs';

const l10n = vscode.l10n.t;
const scheme = 'trm-experiment';

/** Address of the page of an experiment. */
export const tableUri = (id: string): vscode.Uri => vscode.Uri.from({ scheme, path: `/${id}.md` });

/** The pages of tables, by the experiment's id. */
class TablePages implements vscode.TextDocumentContentProvider, vscode.Disposable {
  private readonly emitter = new vscode.EventEmitter<vscode.Uri>();
  readonly onDidChange = this.emitter.event;
  private readonly shown = new Map<string, string>();
  private readonly listeners: vscode.Disposable;

  constructor(private readonly runs: Runs) {
    this.listeners = vscode.Disposable.from(runs.onDidChange(() => this.tellChanges()), vscode.workspace.onDidCloseTextDocument(({ uri }) => this.shown.delete(uri.toString())));
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    const text = this.textOf(uri);
    this.shown.set(uri.toString(), text);
    return text;
  }

  dispose(): void {
    this.listeners.dispose();
    this.emitter.dispose();
  }

  private textOf(uri: vscode.Uri): string {
    const id = path.posix.basename(uri.path, '.md');
    const table = experimentTables(this.runs.list()).find(each => each.id === id);
    return table ? tableMarkdown(table) : l10n('No run in this window is part of the experiment {0}.', id);
  }

  private tellChanges(): void {
    for (const [address, text] of this.shown) {
      const uri = vscode.Uri.parse(address);
      if (this.textOf(uri) !== text) this.emitter.fire(uri);
    }
  }
}

/** Makes the pages. */
export function registerExperimentPages(runs: Runs): vscode.Disposable {
  const pages = new TablePages(runs);
  return vscode.Disposable.from(pages, vscode.workspace.registerTextDocumentContentProvider(scheme, pages));
}
