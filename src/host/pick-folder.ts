/** Asking which of several open folders something goes into; the one of the active editor first. */
import * as vscode from 'vscode';

/** Open folders on this machine's file system, that of the active editor first. */
export function openFolders(): vscode.WorkspaceFolder[] {
  const active = vscode.window.activeTextEditor && vscode.workspace.getWorkspaceFolder(vscode.window.activeTextEditor.document.uri);
  const folders = (vscode.workspace.workspaceFolders ?? []).filter(({ uri }) => uri.scheme === 'file');
  return [...folders.filter(folder => folder === active), ...folders.filter(folder => folder !== active)];
}

/** The only one of the folders, or the one chosen; undefined when the user changed their mind, or there is none. */
export async function pickFolder(folders: readonly vscode.WorkspaceFolder[], ask: string): Promise<vscode.Uri | undefined> {
  if (folders.length < 2) return folders[0]?.uri;
  const items = folders.map(({ name, uri }) => ({ label: name, description: uri.fsPath, uri }));
  return (await vscode.window.showQuickPick(items, { ignoreFocusOut: true, placeHolder: ask, matchOnDescription: true }))?.uri;
}
