/**
 * Drafts: documents, not saved yet, with the config of a run that is to begin from another run. What each begins from is kept with the
 * workspace, so that a reloaded window knows it still. A draft of a fork that is saved as a file stays one, until somebody says otherwise.
 */
import { existsSync } from 'node:fs';
import * as vscode from 'vscode';
import { z } from 'zod';

/** What a run begins from. */
export interface Beginning {
  /** Id of the run. */
  readonly run: string;
  /** Name of its checkpoint to fork from; null: from the beginning, with the run's config. */
  readonly checkpoint: string | null;
}

const key = 'trm.drafts';
const schema = z.record(z.string(), z.object({ run: z.string(), checkpoint: z.string().nullable() }));

/** Text as it may be after saving, which can take spaces and lines off the ends. */
const asSaved = (text: string): string => text.split(/\r?\n/).map(line => line.trimEnd()).join('\n').trimEnd();

const tabsOf = (address: string): vscode.Tab[] =>
  vscode.window.tabGroups.all.flatMap(({ tabs }) => tabs).filter(({ input }) => input instanceof vscode.TabInputText && input.uri.toString() === address);

/** Whether a document is still somewhere: on the disk, or open. */
function isThere(address: string): boolean {
  const uri = vscode.Uri.parse(address);
  return uri.scheme === 'file' ? existsSync(uri.fsPath) : tabsOf(address).length > 0 || vscode.workspace.textDocuments.some(document => document.uri.toString() === address);
}

/** The drafts of a workspace. */
export class Drafts implements vscode.Disposable {
  private readonly listeners: vscode.Disposable;

  constructor(private readonly state: vscode.Memento) {
    this.write(Object.fromEntries(Object.entries(this.read()).filter(([address]) => isThere(address))));
    this.listeners = vscode.Disposable.from(
      vscode.workspace.onDidSaveTextDocument(saved => this.follow(saved)),
      vscode.workspace.onDidCloseTextDocument(({ uri, isClosed }) => { if (isClosed && uri.scheme === 'untitled') this.forget(uri); }), // else its language changed
    );
  }

  /** What the run of a document begins from; undefined when it is no draft. */
  get(uri: vscode.Uri): Beginning | undefined {
    return this.read()[uri.toString()];
  }

  /** Notes what the run of a document is to begin from. */
  add(uri: vscode.Uri, beginning: Beginning): void {
    this.write({ ...this.read(), [uri.toString()]: beginning });
  }

  /** The document is an ordinary config from now on. */
  forget(uri: vscode.Uri): void {
    const { [uri.toString()]: gone, ...others } = this.read();
    if (gone) this.write(others);
  }

  /** Closes a draft whose run has begun and keeps this text; not one that was saved, or changed since. */
  async close(document: vscode.TextDocument, text: string): Promise<void> {
    if (document.uri.scheme !== 'untitled' || document.isClosed || document.getText() !== text) return;
    const edit = new vscode.WorkspaceEdit();
    edit.delete(document.uri, new vscode.Range(0, 0, document.lineCount, 0)); // an empty document is closed without a question
    await vscode.workspace.applyEdit(edit);
    await vscode.window.tabGroups.close(tabsOf(document.uri.toString()), true);
  }

  dispose(): void {
    this.listeners.dispose();
  }

  /** A file with the text of a draft of a fork is that draft, saved. */
  private follow(saved: vscode.TextDocument): void {
    if (saved.uri.scheme !== 'file') return;
    const text = asSaved(saved.getText());
    const draft = vscode.workspace.textDocuments.find(document => document.uri.scheme === 'untitled' && this.get(document.uri) !== undefined && asSaved(document.getText()) === text);
    const beginning = draft && this.get(draft.uri);
    if (beginning && beginning.checkpoint !== null) this.add(saved.uri, beginning);
  }

  private read(): z.infer<typeof schema> {
    return schema.catch({}).parse(this.state.get(key));
  }

  private write(drafts: z.infer<typeof schema>): void {
    void this.state.update(key, drafts);
  }
}
