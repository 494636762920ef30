/** Published configs in the editor: YAML files that are configs are treated as such, and others are left alone. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import { listRuns, type RunSummary } from '../../src/runs/read-run';
import { until } from './until';

const folder = vscode.workspace.workspaceFolders![0]!.uri.fsPath;
const at = (name: string): string => path.join(folder, name);
const arch = 'name: recursive_reasoning.trm@TinyRecursiveReasoningModel_ACTV1\nmlp_t: True\npos_encodings: none\nhidden_size: 32\nexpansion: 2\nH_cycles: 1\nL_cycles: 1\nhalt_max_steps: 3\npuzzle_emb_ndim: ${.hidden_size}\npuzzle_emb_len: 2\nforward_dtype: float32\n';
const config = 'defaults:\n  - arch: trm\n  - _self_\ndata_paths: [data/published]\ndataset: {kind: sudoku, size: 4, train: 32, test: 20, holes: [6, 8]}\nglobal_batch_size: 16\nepochs: 4\neval_interval: 2\nlr: 1e-3\nlr_warmup_steps: 2\nema: True\nengine: wasm\nwatch: []\n';


const lensesOf = async (document: vscode.TextDocument): Promise<string[]> =>
  (await vscode.commands.executeCommand<vscode.CodeLens[]>('vscode.executeCodeLensProvider', document.uri)).map(lens => lens.command?.title ?? '');

describe('a published config', () => {
  before(() => {
    mkdirSync(at('config/arch'), { recursive: true });
    writeFileSync(at('config/cfg_pretrain.yaml'), config);
    writeFileSync(at('config/arch/trm.yaml'), arch);
    writeFileSync(at('compose.yaml'), 'services: {}\narch: amd64\n');
  });

  it('has the line above it, hover and completion, though its language is yaml', async () => {
    const document = await vscode.workspace.openTextDocument(at('config/cfg_pretrain.yaml'));
    assert.equal(document.languageId, 'yaml');
    const titles = await until('the lenses', async () => { const found = await lensesOf(document); return found.length > 0 ? found : undefined; });
    assert.ok(titles.some(title => title.includes('Train TRM')), titles.join());
    assert.ok(titles.some(title => title.includes('parameters')), titles.join());
    const offset = document.getText().indexOf('global_batch_size') + 3;
    const hovers = await vscode.commands.executeCommand<vscode.Hover[]>('vscode.executeHoverProvider', document.uri, document.positionAt(offset));
    assert.match(hovers.flatMap(h => h.contents.map(c => (c as vscode.MarkdownString).value)).join(), /Slots trained together/);
  });

  it('has its problems where they are, in the included file too, and none when that is mended', async () => {
    writeFileSync(at('config/arch/trm.yaml'), arch.replace('mlp_t', 'mlp_tt'));
    const document = await vscode.workspace.openTextDocument(at('config/cfg_pretrain.yaml'));
    const editor = await vscode.window.showTextDocument(document);
    await editor.edit(edit => edit.insert(new vscode.Position(0, 0), '# a comment\n'));
    const included = vscode.Uri.file(at('config/arch/trm.yaml'));
    const [problem] = await until('the problem', () => { const found = vscode.languages.getDiagnostics(included); return found.length > 0 ? found : undefined; });
    assert.match(problem!.message, /arch\.mlp_tt: unknown key; did you mean arch\.mlp_t\?/);
    assert.equal(problem!.range.start.line, 1);
    writeFileSync(at('config/arch/trm.yaml'), arch);
    await editor.edit(edit => edit.delete(new vscode.Range(0, 0, 1, 0)));
    await document.save();
    await until('the end of the problem', () => (vscode.languages.getDiagnostics(included).length === 0 ? true : undefined));
  });

  it('leaves other YAML files alone', async () => {
    const document = await vscode.workspace.openTextDocument(at('compose.yaml'));
    assert.deepEqual(await lensesOf(document), []);
    assert.deepEqual(vscode.languages.getDiagnostics(document.uri), []);
  });

  it('trains, and the run keeps both files', async () => {
    await vscode.commands.executeCommand('trm.train', vscode.Uri.file(at('config/cfg_pretrain.yaml')));
    const run = await until('the end of the run', async (): Promise<RunSummary | undefined> => (await listRuns(at('runs'))).runs.find(r => r.manifest.name === 'cfg_pretrain' && r.state === 'finished'));
    assert.equal(readFileSync(path.join(run.dir, 'config.trm.yaml'), 'utf8'), config);
    assert.equal(readFileSync(path.join(run.dir, 'arch/trm.yaml'), 'utf8'), arch);
    assert.ok(existsSync(at('config/data/published')));
  });
});
