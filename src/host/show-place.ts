/** Showing where a file or folder is: in the Explorer, or where the system shows files; where neither can, on a remote machine, its path and a window of it are offered. */
import path from 'node:path';
import * as vscode from 'vscode';
import { showInfo, type Log } from './notify';

const l10n = vscode.l10n.t;

/** Whether the window is on the machine of the files, and is no page in a browser: only there does the system show files. */
const isLocal = (): boolean => vscode.env.remoteName === undefined && vscode.env.uiKind === vscode.UIKind.Desktop;

/** Shows a file or a folder. `folder`: the one to open where it cannot be shown; that of the file when not given. */
export async function showPlace(log: Log, place: vscode.Uri, folder = vscode.Uri.file(path.dirname(place.fsPath))): Promise<void> {
  if (vscode.workspace.getWorkspaceFolder(place)) await vscode.commands.executeCommand('revealInExplorer', place);
  else if (isLocal()) await vscode.commands.executeCommand('revealFileInOS', place);
  else {
    showInfo(log, l10n('{0} is outside the open folders.', place.fsPath),
      { title: l10n('Open Folder in New Window'), run: () => vscode.commands.executeCommand('vscode.openFolder', folder, { forceNewWindow: true }) },
      { title: l10n('Copy Path'), run: () => vscode.env.clipboard.writeText(place.fsPath) });
  }
}
