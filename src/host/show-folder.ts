/** The command behind links to folders: shows the folder, or says why it is not there. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import type { Commands, Log } from './notify';
import { HostError } from './problem';
import { showPlace } from './show-place';

const l10n = vscode.l10n.t;

/** Shows a folder of this machine. `given`: its absolute path. @throws HostError when it is not there */
async function showFolder(log: Log, given: unknown): Promise<void> {
  if (typeof given !== 'string' || !path.isAbsolute(given)) return;
  if (!existsSync(given)) throw new HostError('no_data', l10n('{0} is not there.', given), l10n('A dataset that the config says how to make is made by TRM: Build Dataset, or by training.'));
  const folder = vscode.Uri.file(given);
  await showPlace(log, folder, folder);
}

/** The command behind links to folders. */
export function folderCommands(log: Log) {
  return { 'trm.showFolder': given => showFolder(log, given) } satisfies Commands;
}
