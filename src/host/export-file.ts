/** Saving what a webview exported: the host asks where, and writes. */
import path from 'node:path';
import * as vscode from 'vscode';
import type { Messenger } from 'vscode-messenger';
import { saveExport } from '../protocol/charts';
import { showProblem, type Log } from './notify';
import { HostError } from './problem';

/** Largest export accepted from a webview, in characters. */
const largest = 200_000_000;

const kinds: Record<string, string> = { png: 'PNG', svg: 'SVG', csv: 'CSV', json: 'JSON', gif: 'GIF' };

/** Answers the pages' exports. */
export function registerExports(messenger: Messenger, log: Log): vscode.Disposable {
  return messenger.onNotification(saveExport, file => { save(file).catch((error: unknown) => showProblem(log, error)); });
}

/** Asks where to save an exported picture or table and writes it; false when the user changed their mind. */
async function save(file: { name: string; data: string; encoding: 'utf8' | 'base64' }): Promise<boolean> {
  const name = path.basename(file.name).replace(/[^\w.()-]+/g, '-') || 'export';
  if (typeof file.data !== 'string' || file.data.length > largest) throw new HostError('export', vscode.l10n.t('{0} is too large to export.', name), vscode.l10n.t('Choose fewer runs or a shorter range.'));
  const extension = path.extname(name).slice(1).toLowerCase();
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  const target = await vscode.window.showSaveDialog({
    ...(folder ? { defaultUri: vscode.Uri.joinPath(folder, name) } : {}),
    filters: kinds[extension] ? { [kinds[extension]]: [extension] } : {},
  });
  if (!target) return false;
  await vscode.workspace.fs.writeFile(target, Buffer.from(file.data, file.encoding === 'base64' ? 'base64' : 'utf8'));
  return true;
}
