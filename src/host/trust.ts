/** What an untrusted folder may not make us do: start programs with its settings, or write where its files say. Looking is allowed. */
import * as vscode from 'vscode';
import { HostError } from './problem';

/**
 * Refuses in Restricted Mode.
 * @param why what cannot be done, and why trust matters for it
 * @throws HostError `untrusted`
 */
export function requireTrust(why: string): void {
  if (vscode.workspace.isTrusted) return;
  throw new HostError('untrusted', why, vscode.l10n.t('Trust the folder (command Workspaces: Manage Workspace Trust) and try again.'));
}
