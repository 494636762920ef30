/** The notes of a run as a document that is edited and saved like a file: `trm-notes:/<run id>/notes.md`. */
import * as vscode from 'vscode';
import { withoutLinks } from './notify';
import { problemOf, problemText } from './problem';
import type { RunSummary } from '../runs/read-run';
import type { Runs } from './runs';

const scheme = 'trm-notes';

/** Address of a run's notes. */
export const notesUri = (id: string): vscode.Uri => vscode.Uri.from({ scheme, path: `/${id}/notes.md` });

/** The notes of all runs of this window, as files. */
class RunNotes implements vscode.FileSystemProvider, vscode.Disposable {
  private readonly emitter = new vscode.EventEmitter<vscode.FileChangeEvent[]>();
  readonly onDidChangeFile = this.emitter.event;
  /** Notes that were read, as they were told to VS Code, with a time that grows when they change. */
  private readonly told = new Map<string, { notes: string; mtime: number }>();
  private readonly listener: vscode.Disposable;

  constructor(private readonly runs: Runs) {
    this.listener = runs.onDidChange(() => {
      const changed = [...this.told].filter(([id, { notes }]) => runs.get(id) && runs.get(id)?.manifest.notes !== notes).map(([id]) => ({ type: vscode.FileChangeType.Changed, uri: notesUri(id) }));
      if (changed.length > 0) this.emitter.fire(changed);
    });
  }

  watch(): vscode.Disposable { return new vscode.Disposable(() => undefined); }

  async stat(uri: vscode.Uri): Promise<vscode.FileStat> {
    const { manifest: { id, notes, created } } = await this.run(uri);
    const before = this.told.get(id);
    const mtime = before?.notes === notes ? before.mtime : Math.max(Date.now(), (before?.mtime ?? 0) + 1);
    this.told.set(id, { notes, mtime });
    return { type: vscode.FileType.File, ctime: Date.parse(created), mtime, size: Buffer.byteLength(notes) };
  }

  async readFile(uri: vscode.Uri): Promise<Uint8Array> {
    return Buffer.from((await this.run(uri)).manifest.notes, 'utf8');
  }

  async writeFile(uri: vscode.Uri, content: Uint8Array): Promise<void> {
    const { dir } = await this.run(uri);
    const { changeLabels } = await import('../runs/labels');
    try {
      changeLabels(dir, { notes: Buffer.from(content).toString('utf8').trimEnd() });
    } catch (error) {
      throw vscode.FileSystemError.Unavailable(withoutLinks(problemText(problemOf(error))));
    }
    await this.runs.refresh();
  }

  readDirectory(): [string, vscode.FileType][] { return []; }
  createDirectory(uri: vscode.Uri): void { throw vscode.FileSystemError.NoPermissions(uri); }
  delete(uri: vscode.Uri): void { throw vscode.FileSystemError.NoPermissions(uri); }
  rename(uri: vscode.Uri): void { throw vscode.FileSystemError.NoPermissions(uri); }

  dispose(): void {
    this.listener.dispose();
    this.emitter.dispose();
  }

  private async run(uri: vscode.Uri): Promise<RunSummary> {
    const id = /^\/([\w.-]+)\/notes\.md$/.exec(uri.path)?.[1] ?? '';
    if (!this.runs.get(id)) await this.runs.refresh(); // the window may be opening with the notes in it
    const run = this.runs.get(id);
    if (!run) throw vscode.FileSystemError.FileNotFound(uri);
    return run;
  }
}

/** Makes the notes of runs files. */
export function registerRunNotes(runs: Runs): vscode.Disposable {
  const notes = new RunNotes(runs);
  return vscode.Disposable.from(notes, vscode.workspace.registerFileSystemProvider(scheme, notes, { isCaseSensitive: true }));
}
