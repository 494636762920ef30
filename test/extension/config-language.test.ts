/** What the editor says about configs, asked of VS Code's own providers: links, hovers, completion, lenses and problems, also of files that a config includes. */
import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import { untilHolds } from './until';

const folder = path.join(vscode.workspace.workspaceFolders![0]!.uri.fsPath, 'language');
const file = (...names: string[]): string => path.join(folder, ...names);
const uriOf = (...names: string[]): vscode.Uri => vscode.Uri.file(file(...names));
const outside = path.join(os.tmpdir(), `trm-outside-${process.pid}`);

function write(name: string, text: string): void {
  mkdirSync(path.dirname(file(name)), { recursive: true });
  writeFileSync(file(name), text);
}
async function open(name: string): Promise<vscode.TextDocument> {
  const document = await vscode.workspace.openTextDocument(uriOf(name));
  await vscode.window.showTextDocument(document, { preview: false });
  return document;
}
const problemsOf = (name: string): string[] => vscode.languages.getDiagnostics(uriOf(name)).map(({ message }) => message);
const at = (document: vscode.TextDocument, text: string): vscode.Position => document.positionAt(document.getText().indexOf(text) + 1);
async function hoverAt(document: vscode.TextDocument, text: string): Promise<string> {
  const hovers = await vscode.commands.executeCommand<vscode.Hover[]>('vscode.executeHoverProvider', document.uri, at(document, text));
  return hovers.flatMap(({ contents }) => contents.map(content => (content as vscode.MarkdownString).value)).join('\n');
}
async function offeredAt(document: vscode.TextDocument, position: vscode.Position): Promise<string[]> {
  const { items } = await vscode.commands.executeCommand<vscode.CompletionList>('vscode.executeCompletionItemProvider', document.uri, position);
  return items.filter(({ kind }) => kind === vscode.CompletionItemKind.Property).map(({ label }) => (typeof label === 'string' ? label : label.label));
}
async function lensesOf(document: vscode.TextDocument): Promise<string> {
  const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>('vscode.executeCodeLensProvider', document.uri, 10);
  return lenses.map(({ command }) => command?.title ?? '').join(' | ');
}

const arch = 'name: hrm\nL_cycles: 2\nhidden_size: 64\n';
const main = 'defaults:\n  - arch: hrm\n  - base\n  - _self_\nlr: 1e-3\ndataset: {kind: sudoku, size: 4}\narch:\n  L_cycles: 4\n';

describe('the editor on configs', () => {
  before(async () => {
    write('cfg_all.yaml', main);
    write('arch/hrm.yaml', arch);
    write('base.yaml', 'epochs: 10\ndata_paths: [data/here]\n');
    write('links.trm.yaml', `arch: trm\ndata_paths: [data/here, ${outside}]\n`);
    write('grows.trm.yaml', 'defaults: [more, _self_]\narch: {name: trm, hidden_size: 32, num_heads: 2, forward_dtype: float32}\ndata_paths: [data/none]\ndataset: {kind: sudoku, size: 4, train: 32, test: 20}\nglobal_batch_size: 16\n');
    mkdirSync(file('data', 'here'), { recursive: true });
    mkdirSync(outside, { recursive: true });
    await vscode.extensions.getExtension('trm-explorer.trm-explorer')!.activate();
  });
  after(async () => {
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    rmSync(folder, { recursive: true });
    rmSync(outside, { recursive: true });
  });

  it('links folders by a command that takes their path, which works in any window', async () => {
    const document = await open('links.trm.yaml');
    let links: vscode.DocumentLink[] = [];
    await untilHolds('The links', async () => (links = await vscode.commands.executeCommand<vscode.DocumentLink[]>('vscode.executeLinkProvider', document.uri)).length === 2);
    assert.deepEqual(links.map(({ range }) => document.getText(range)), ['data/here', outside]);
    const given = links.map(({ target }) => [target!.path, ...JSON.parse(target!.query) as [string]] as const);
    assert.deepEqual(given, [['trm.showFolder', file('data', 'here')], ['trm.showFolder', outside]]);
    for (const [command, folderOf] of given) await vscode.commands.executeCommand(command, folderOf);
  });

  it('links nothing, and underlines nothing, for folders that an included file names', async () => {
    const document = await open('cfg_all.yaml');
    await untilHolds('The config', () => problemsOf('cfg_all.yaml').length === 0);
    const links = await vscode.commands.executeCommand<vscode.DocumentLink[]>('vscode.executeLinkProvider', document.uri);
    assert.deepEqual(links.map(({ range }) => document.getText(range)), []);
    rmSync(file('data', 'here'), { recursive: true });
    write('base.yaml', 'epochs: 10\ndata_paths: [data/gone]\n');
    await untilHolds('The missing folder, where it is named', () => problemsOf('base.yaml').length === 1);
    assert.deepEqual(problemsOf('cfg_all.yaml'), []);
  });

  it('says defaults and offers keys of the architecture that the config includes', async () => {
    const document = await open('cfg_all.yaml');
    assert.match(await hoverAt(document, 'L_cycles'), /Default: `2`/);
    const offered = await offeredAt(document, at(document, 'L_cycles').translate(0, -1));
    assert.equal(offered.includes('puzzle_emb_len'), false, offered.join());
    assert.equal(offered.includes('H_layers'), true, offered.join());
  });

  it('takes a file that an open config includes as a part of it', async () => {
    const document = await open('arch/hrm.yaml');
    assert.match(await hoverAt(document, 'L_cycles'), /`arch\.L_cycles`[\s\S]*Default: `2`/);
    assert.equal((await offeredAt(document, document.positionAt(document.getText().length))).includes('H_layers'), true);
    const typed = new vscode.WorkspaceEdit();
    typed.replace(document.uri, new vscode.Range(document.positionAt(arch.indexOf('hidden')), document.positionAt(arch.indexOf('hidden') + 'hidden'.length)), 'hiden');
    await vscode.workspace.applyEdit(typed);
    await document.save();
    await untilHolds('The problem in the included file', () => problemsOf('arch/hrm.yaml').some(message => message.includes('hiden_size')));
    const [{ range }] = vscode.languages.getDiagnostics(document.uri) as [vscode.Diagnostic];
    const fixes = await vscode.commands.executeCommand<vscode.CodeAction[]>('vscode.executeCodeActionProvider', document.uri, range);
    assert.equal(fixes.some(({ title }) => title === 'Replace with hidden_size'), true, fixes.map(({ title }) => title).join());
  });

  it('looks again when a file comes that it missed', async () => {
    const document = await open('grows.trm.yaml');
    await untilHolds('The missing file', () => problemsOf('grows.trm.yaml').some(message => message.includes('there is no more.yaml')));
    write('more.yaml', 'epochs: 10\n');
    await untilHolds('No problem any more', () => !problemsOf('grows.trm.yaml').some(message => message.includes('more.yaml')));
    await untilHolds('Its numbers', async () => /20 optimiser steps/.test(await lensesOf(document)));
    write('more.yaml', 'epochs: 20\n');
    await untilHolds('The numbers of the changed file', async () => /40 optimiser steps/.test(await lensesOf(document)));
    assert.match(await lensesOf(document), /per step/);
  });
});
