/**
 * The documents that comparing runs opens: a table of what each came to, and the resolved config of one. An address names the runs, so
 * that a document that is opened again after a reload is made again; what makes it is loaded then.
 */
import * as vscode from 'vscode';
import type { Runs } from './runs';

/** Scheme of their addresses: `/NAME.md` is a table, `/ID.yaml` a config; the query has the ids of the runs. */
export const comparisonScheme = 'trm-compare';

/** Makes the documents, and makes them anew when runs change. */
class ComparisonDocuments implements vscode.TextDocumentContentProvider, vscode.Disposable {
  private readonly emitter = new vscode.EventEmitter<vscode.Uri>();
  readonly onDidChange = this.emitter.event;
  private readonly own: vscode.Disposable[];

  constructor(private readonly runs: Runs) {
    this.own = [
      vscode.workspace.registerTextDocumentContentProvider(comparisonScheme, this),
      runs.onDidChange(() => {
        for (const { uri } of vscode.workspace.textDocuments) if (uri.scheme === comparisonScheme) this.emitter.fire(uri);
      }),
    ];
  }

  async provideTextDocumentContent(uri: vscode.Uri): Promise<string> {
    const ids = uri.query.split('&');
    if (ids.some(id => !this.runs.get(id))) await this.runs.refresh();
    const runs = ids.flatMap(id => this.runs.get(id) ?? []);
    if (uri.path.endsWith('.md')) return (await import('./comparison-text')).comparisonText(runs);
    const [run] = runs;
    return run ? (await import('../runs/run-config')).resolvedYaml(run) : '';
  }

  dispose(): void {
    for (const d of [...this.own, this.emitter]) d.dispose();
  }
}

/** Makes the documents of comparisons. */
export function registerComparisonDocuments(runs: Runs): vscode.Disposable {
  return vscode.Disposable.from(new ComparisonDocuments(runs));
}
