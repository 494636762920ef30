/**
 * The configs among the YAML files of the workspace that are not named `NAME.trm.yaml`: those with `arch` and `data_paths` at their top
 * level, and `cfg_*.yaml` beside a folder `arch`. The context key `trm.configFiles` has their paths, for the menus. Files are
 * looked at once, a beginning of each, when the extension is awake anyhow, and again when they change; only in a workspace that has something of
 * ours in it, since any YAML file wakes us.
 */
import { open, stat } from 'node:fs/promises';
import { statSync } from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import { looksLikeConfig, lookedAt, publishedConfigName } from '../config/recognise';
import type { Log } from './notify';
import { runsDirs } from './settings';

/** File names of our own configs. */
export const configName = /\.trm\.ya?ml$/i;
const yamlFiles = '**/*.{yaml,yml}';
const ourFiles = '{**/*.trm.yaml,**/*.trm.yml,**/cfg_*.yaml,**/cfg_*.yml}';
const elsewhere = '**/{node_modules,runs,.git,.venv,venv}/**';
/** YAML files of a workspace that are looked at, and how many at a time. */
const most = 1000, atOnce = 16;
/** Milliseconds after a change. */
const delay = 200;

const isFolder = (file: string): boolean => statSync(file, { throwIfNoEntry: false })?.isDirectory() ?? false;
const besideArch = (file: string): boolean => publishedConfigName.test(path.basename(file)) && isFolder(path.join(path.dirname(file), 'arch'));

/** The beginning of a file; '' when it cannot be read. */
async function beginningOf(file: string): Promise<string> {
  try {
    if (!(await stat(file)).isFile()) return '';
    const handle = await open(file, 'r');
    try {
      const { bytesRead, buffer } = await handle.read(Buffer.alloc(lookedAt), 0, lookedAt, 0);
      return buffer.toString('utf8', 0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch {
    return ''; // gone or secret: no config for us
  }
}

/** Knows which YAML files are configs. */
export class ConfigFiles implements vscode.Disposable {
  private readonly known = new Set<string>();
  private readonly waiting = new Map<string, NodeJS.Timeout>();
  private readonly judged = new WeakMap<vscode.TextDocument, { version: number; config: boolean }>();
  private readonly disposables: { dispose(): unknown }[] = [];
  private readonly emitter = new vscode.EventEmitter<void>();
  /** Something of ours was found in the workspace. */
  readonly onDidFind = this.emitter.event;
  private ours = false;
  private told = '';

  constructor(private readonly log: Log) {
    const watcher = vscode.workspace.createFileSystemWatcher(yamlFiles);
    this.disposables.push(
      watcher, this.emitter,
      watcher.onDidCreate(uri => this.follow(uri)), watcher.onDidChange(uri => this.follow(uri)), watcher.onDidDelete(uri => this.follow(uri)),
      vscode.workspace.onDidOpenTextDocument(document => this.lookAtDocument(document)),
      vscode.workspace.onDidChangeTextDocument(({ document }) => this.lookAtDocument(document)),
      vscode.workspace.onDidChangeWorkspaceFolders(() => void this.begin()),
    );
    vscode.workspace.textDocuments.forEach(document => this.lookAtDocument(document));
    void this.begin();
  }

  /** Whether the workspace has something of ours: a runs folder, or a config. */
  get isOurs(): boolean { return this.ours; }

  /** Whether a document is a config: by its language, its name, or what it says. */
  isConfig(document: vscode.TextDocument): boolean {
    if (document.languageId === 'trm' || configName.test(document.uri.path)) return true;
    if (document.languageId !== 'yaml' || document.uri.scheme !== 'file') return false;
    const known = this.judged.get(document);
    if (known?.version === document.version) return known.config;
    const config = looksLikeConfig(document.getText(new vscode.Range(0, 0, 4000, 0))) || besideArch(document.uri.fsPath);
    this.judged.set(document, { version: document.version, config });
    return config;
  }

  /** The configs found, without those named `NAME.trm.yaml`. */
  list(): vscode.Uri[] {
    return [...this.known].map(file => vscode.Uri.file(file));
  }

  dispose(): void {
    this.waiting.forEach(timer => clearTimeout(timer));
    vscode.Disposable.from(...this.disposables).dispose();
  }

  /** Looks at all YAML files, if there is a reason to. */
  private async begin(): Promise<void> {
    try {
      if (this.ours) await this.lookAtAll();
      else if (runsDirs().some(isFolder) || (await vscode.workspace.findFiles(ourFiles, elsewhere, 1)).length > 0) this.found();
    } catch (error) {
      this.log.warn(`looking for configs: ${String(error)}`);
    }
  }

  /** There is something of ours. */
  private found(): void {
    if (this.ours) return;
    this.ours = true;
    this.emitter.fire();
    void this.begin();
  }

  private async lookAtAll(): Promise<void> {
    const found = (await vscode.workspace.findFiles(yamlFiles, elsewhere, most)).filter(uri => !configName.test(uri.path));
    for (let i = 0; i < found.length; i += atOnce) await Promise.all(found.slice(i, i + atOnce).map(uri => this.look(uri)));
    this.tell();
  }

  private async look(uri: vscode.Uri): Promise<void> {
    if (uri.scheme !== 'file') return;
    const file = uri.fsPath;
    const open = vscode.workspace.textDocuments.find(document => document.uri.toString() === uri.toString());
    const config = open ? this.isConfig(open) : looksLikeConfig(await beginningOf(file)) || (besideArch(file) && statSync(file, { throwIfNoEntry: false }) !== undefined);
    if (config) this.known.add(file); else this.known.delete(file);
    if (config) this.found();
  }

  /** A YAML file came, changed or went. */
  private follow(uri: vscode.Uri): void {
    if (configName.test(uri.path)) this.found();
    else if (this.ours || publishedConfigName.test(path.basename(uri.path))) this.lookSoon(uri);
  }

  private lookSoon(uri: vscode.Uri): void {
    if (configName.test(uri.path)) return;
    clearTimeout(this.waiting.get(uri.fsPath));
    this.waiting.set(uri.fsPath, setTimeout(() => {
      this.waiting.delete(uri.fsPath);
      void this.look(uri).then(() => this.tell());
    }, delay));
  }

  private lookAtDocument(document: vscode.TextDocument): void {
    if (document.languageId === 'yaml') this.lookSoon(document.uri);
    else if (document.languageId === 'trm') this.found();
  }

  /** Puts the paths where the `when` clauses of the menus find them. */
  private tell(): void {
    const paths = [...this.known].sort();
    if (paths.join('\0') === this.told) return;
    this.told = paths.join('\0');
    void vscode.commands.executeCommand('setContext', 'trm.configFiles', Object.fromEntries(paths.map(file => [file, true])));
  }
}
