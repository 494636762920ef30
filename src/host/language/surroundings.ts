/**
 * What is said about a config depends on more than its text: on the files it includes, the data, the settings, the compute runtime, and runs
 * that have ended. This tells when one of them may have changed.
 */
import * as vscode from 'vscode';
import type { Runs } from '../runs';

/** Files that configs include, and those that every dataset has. */
const files = '**/{dataset.json,*.yaml,*.yml}';
/** Milliseconds in which many changes are one: a dataset is several files. */
const delay = 200;

/** Tells of changes around the configs. What cannot be seen from here (the runtime, data elsewhere) is told to it. */
export class Surroundings implements vscode.Disposable {
  private readonly emitter = new vscode.EventEmitter<void>();
  private readonly disposables: vscode.Disposable;
  private timer: NodeJS.Timeout | undefined;

  readonly onDidChange = this.emitter.event;

  constructor(runs: Pick<Runs, 'onDidEnd'>) {
    const watcher = vscode.workspace.createFileSystemWatcher(files);
    const changed = (): void => this.changed();
    this.disposables = vscode.Disposable.from(
      this.emitter, watcher, watcher.onDidCreate(changed), watcher.onDidChange(changed), watcher.onDidDelete(changed), runs.onDidEnd(changed),
      vscode.workspace.onDidGrantWorkspaceTrust(changed),
      vscode.workspace.onDidSaveTextDocument(({ languageId }) => { if (languageId === 'trm' || languageId === 'yaml') changed(); }), // sooner, and surer, than the watcher
      vscode.workspace.onDidChangeConfiguration(event => { if (event.affectsConfiguration('trm')) changed(); }),
    );
  }

  /** Something has changed. */
  changed(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.emitter.fire(), delay);
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.disposables.dispose();
  }
}
