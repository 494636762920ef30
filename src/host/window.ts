/** What there is of a window from the start, for the parts that are made later. */
import type * as vscode from 'vscode';
import type { ConfigFiles } from './config-files';
import type { Log } from './notify';
import type { Runs } from './runs';
import type { RunsTree } from './runs-tree';

/** The parts of a window that are there when the extension has woken up. */
export interface Window {
  readonly context: vscode.ExtensionContext;
  readonly log: Log;
  readonly runs: Runs;
  readonly tree: RunsTree;
  readonly configs: ConfigFiles;
  /** Has a thing end with the window. */
  readonly own: <T extends vscode.Disposable>(thing: T) => T;
}
