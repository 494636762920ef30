/** Where a link to a folder leads: to the folder in the Explorer, or, for one outside the workspace, to the offer of a window of its own. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import { showInfo, type Commands, type Log } from './notify';
import { HostError } from './problem';

const l10n = vscode.l10n.t;

/** Shows a folder of this machine. `given`: its absolute path. @throws HostError when it is not there */
async function showFolder(log: Log, given: unknown): Promise<void> {
  if (typeof given !== 'string' || !path.isAbsolute(given)) return;
  if (!existsSync(given)) throw new HostError('no_data', l10n('{0} is not there.', given), l10n('A dataset that the config says how to make is made by TRM: Build Dataset, or by training.'));
  const uri = vscode.Uri.file(given);
  if (vscode.workspace.getWorkspaceFolder(uri)) {
    await vscode.commands.executeCommand('revealInExplorer', uri);
    return;
  }
  showInfo(log, l10n('{0} lies outside the workspace.', given), { title: l10n('Open in New Window'), run: () => vscode.commands.executeCommand('vscode.openFolder', uri, { forceNewWindow: true }) });
}

/** The command behind links to folders. */
export function folderCommands(log: Log) {
  return { 'trm.showFolder': given => showFolder(log, given) } satisfies Commands;
}
