/** Where the host looks, shows and asks: YAML files only in a workspace that has something of ours, places by what can show them, the folder of the active editor first. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { WorkspaceFolder } from 'vscode';
import { temporaryFolder } from './runs-fixture';

const editor = vi.hoisted(() => ({
  folders: [] as { name: string; uri: { scheme: string; fsPath: string } }[], active: undefined as { document: { uri: object } } | undefined, isOpen: false, remote: undefined as string | undefined,
  did: [] as unknown[][], searches: [] as string[], files: (pattern: string): string[] => [pattern],
}));
vi.mock('vscode', () => {
  const nothing = { dispose: () => undefined };
  const event = (): typeof nothing => nothing;
  return {
    EventEmitter: class { event = event; fire(): void { editor.did.push(['found']); } dispose(): void { /* nothing to do */ } },
    Disposable: { from: () => nothing }, UIKind: { Desktop: 1, Web: 2 }, l10n: { t: (text: string, ...values: unknown[]) => text.replace(/\{(\d)\}/g, (_, i: string) => String(values[Number(i)])) },
    Uri: { file: (fsPath: string) => ({ scheme: 'file', fsPath, path: fsPath, toString: () => fsPath }) },
    commands: { executeCommand: (...given: unknown[]) => { editor.did.push(given); return Promise.resolve(); } },
    env: { get remoteName() { return editor.remote; }, uiKind: 1, clipboard: { writeText: (text: string) => editor.did.push(['copied', text]) } },
    window: {
      get activeTextEditor() { return editor.active; },
      showInformationMessage: (text: string, ...actions: { title: string }[]) => { editor.did.push([text, ...actions.map(({ title }) => title)]); return Promise.resolve(actions[0]); },
      showQuickPick: (items: { label: string }[]) => { editor.did.push(items.map(({ label }) => label)); return Promise.resolve(items[1]); },
    },
    workspace: {
      textDocuments: [], get workspaceFolders() { return editor.folders; },
      getConfiguration: () => ({ get: (_name: string, other: string) => other }),
      getWorkspaceFolder: () => (editor.active ? editor.folders.find(({ uri }) => uri === editor.active?.document.uri) : editor.isOpen ? editor.folders[0] : undefined),
      createFileSystemWatcher: () => ({ ...nothing, onDidCreate: event, onDidChange: event, onDidDelete: event }),
      onDidOpenTextDocument: event, onDidChangeTextDocument: event, onDidChangeWorkspaceFolders: event,
      findFiles: (pattern: string) => { editor.searches.push(pattern); return Promise.resolve(editor.files(pattern).map(fsPath => ({ scheme: 'file', fsPath, path: fsPath, toString: () => fsPath }))); },
    },
  };
});
const vscode = await import('vscode');
const { ConfigFiles } = await import('../../src/host/config-files');
const { openFolders, pickFolder } = await import('../../src/host/pick-folder');
const { showPlace } = await import('../../src/host/show-place');

const log = { info: () => undefined, warn: () => undefined, error: () => undefined } as unknown as ConstructorParameters<typeof ConfigFiles>[0];
const folder = (name: string, fsPath = `/${name}`): WorkspaceFolder => ({ name, index: 0, uri: { scheme: 'file', fsPath } }) as unknown as WorkspaceFolder;
const settled = (): Promise<void> => new Promise(resolve => { setTimeout(resolve, 50); });
beforeEach(() => { Object.assign(editor, { folders: [], active: undefined, isOpen: false, remote: undefined, did: [], searches: [], files: () => [] }); });

describe('YAML files', () => {
  it('are not looked at in a workspace without anything of ours', async () => {
    editor.folders = [folder('alien', temporaryFolder())];
    const configs = new ConfigFiles(log);
    await settled();
    expect(configs.isOurs).toBe(false);
    expect(editor.searches).toHaveLength(1);
    expect(editor.searches[0]).toContain('**/*.trm.yaml');
    configs.dispose();
  });

  it('are where there is a runs folder, or a config', async () => {
    const dir = temporaryFolder();
    mkdirSync(path.join(dir, 'runs'));
    writeFileSync(path.join(dir, 'mine.yaml'), 'arch: {name: trm}\ndata_paths: [data]\n');
    writeFileSync(path.join(dir, 'other.yaml'), 'services: {}\n');
    editor.folders = [folder('ours', dir)];
    editor.files = () => ['mine.yaml', 'other.yaml', 'x.trm.yaml'].map(name => path.join(dir, name));
    const configs = new ConfigFiles(log);
    await settled();
    expect(configs.isOurs).toBe(true);
    expect(configs.list().map(({ fsPath }) => fsPath)).toEqual([path.join(dir, 'mine.yaml')]);
    expect(editor.did).toContainEqual(['found']);
    configs.dispose();
  });
});

describe('a place', () => {
  const file = vscode.Uri.file('/far/weights.pt');
  it('is shown in the Explorer, or by the system', async () => {
    [editor.isOpen, editor.folders] = [true, [folder('far')]];
    await showPlace(log, file);
    editor.isOpen = false;
    await showPlace(log, file);
    expect(editor.did.map(([command]) => command)).toEqual(['revealInExplorer', 'revealFileInOS']);
  });
  it('on a remote machine, outside the workspace, is offered as a window or a path', async () => {
    editor.remote = 'ssh-remote';
    await showPlace(log, file);
    await settled();
    expect(editor.did[0]).toEqual(['/far/weights.pt is outside the open folders.', 'Open Folder in New Window', 'Copy Path']);
    expect(editor.did[1]).toMatchObject(['vscode.openFolder', { fsPath: '/far' }, { forceNewWindow: true }]);
  });
});

describe('of several open folders', () => {
  it('one is chosen, that of the active editor offered first', async () => {
    editor.folders = [folder('a'), folder('b'), folder('c')];
    editor.active = { document: { uri: editor.folders[1]!.uri } };
    expect((await pickFolder(openFolders(), 'Which?'))?.fsPath).toBe('/a');
    expect(editor.did).toEqual([['b', 'a', 'c']]);
  });
  it('a single one is not asked for', async () => {
    editor.folders = [folder('a')];
    expect((await pickFolder(openFolders(), 'Which?'))?.fsPath).toBe('/a');
    expect(editor.did).toEqual([]);
    expect(await pickFolder([], 'Which?')).toBeUndefined();
  });
});
