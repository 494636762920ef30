/**
 * The extension's settings, read where they are needed: where runs lie, which Node runs the trainer, where the compute
 * runtime is. Paths may be relative to the workspace folder and begin with `~`.
 */
import { homedir } from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import { devicePattern } from '../runtime/gpu-choice';

const setting = (name: string, scope?: vscode.Uri): string => vscode.workspace.getConfiguration('trm', scope ?? null).get<string>(name, '').trim();

/** `~/x` and `x` as absolute paths. */
export function resolvePath(value: string, base: string): string {
  const home = value === '~' || /^~[\\/]/.test(value) ? path.join(homedir(), value.slice(1)) : value;
  return path.resolve(base, home);
}

/** The runs folder of a workspace folder. */
export function runsDirOf(folder: vscode.Uri): string {
  return resolvePath(setting('runsDir', folder) || 'runs', folder.fsPath);
}

/** Where runs of a config go: the runs folder of its workspace folder, or `runs` beside it. */
export function runsDirFor(config: vscode.Uri): string {
  const folder = vscode.workspace.getWorkspaceFolder(config);
  return folder ? runsDirOf(folder.uri) : path.join(path.dirname(config.fsPath), 'runs');
}

/** The runs folders of all open workspace folders on this machine's file system. */
export function runsDirs(): string[] {
  const folders = (vscode.workspace.workspaceFolders ?? []).filter(f => f.uri.scheme === 'file');
  return [...new Set(folders.map(f => runsDirOf(f.uri)))];
}

/** `trm.nodePath`, or undefined to find one. */
export function nodePathSetting(): string | undefined {
  return setting('nodePath') || undefined;
}

/** `trm.device`: auto, cpu, gpu or gpu:N; undefined when it is not set, or is none of these. */
export function deviceSetting(): string | undefined {
  const value = setting('device');
  return devicePattern.test(value) ? value : undefined;
}

/** `trm.runtimeDir`, or undefined for the default place. */
export function runtimeDirSetting(): string | undefined {
  const value = setting('runtimeDir');
  return value === '' ? undefined : resolvePath(value, homedir());
}
