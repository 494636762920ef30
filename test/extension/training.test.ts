/** Train TRM in the extension host: the real command, a real trainer process, a real run folder. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import { listRuns, type RunSummary } from '../../src/runs/read-run';
import { until } from './until';

const config = `arch: {name: trm, mlp_t: true, pos_encodings: none, hidden_size: 32, expansion: 2, H_cycles: 1, L_cycles: 1, halt_max_steps: 3, puzzle_emb_len: 2, forward_dtype: float32}
data_paths: [data/tiny]
dataset: {kind: sudoku, size: 4, train: 32, test: 20, holes: [6, 8], augment: on_the_fly}
global_batch_size: 16
epochs: 4
eval_interval: 2
lr: 1e-3
lr_warmup_steps: 2
ema: true
engine: wasm
watch: [0]
`;

const folder = vscode.workspace.workspaceFolders![0]!.uri.fsPath;
const runsDir = path.join(folder, 'runs');
const file = (name: string): vscode.Uri => vscode.Uri.file(path.join(folder, name));


const newest = async (): Promise<RunSummary | undefined> => (await listRuns(runsDir)).runs[0];

describe('training', () => {
  it('trains a config with unsaved changes, as it is on the screen', async () => {
    writeFileSync(path.join(folder, 'tiny.trm.yaml'), config);
    const document = await vscode.workspace.openTextDocument(file('tiny.trm.yaml'));
    const editor = await vscode.window.showTextDocument(document);
    await editor.edit(edit => edit.insert(new vscode.Position(0, 0), '# changed\n'));
    await vscode.commands.executeCommand('trm.train', document.uri);
    assert.equal(document.isDirty, false);
    const run = await until('the end of the run', async () => {
      const found = await newest();
      return found?.state === 'finished' ? found : undefined;
    });
    assert.match(run.manifest.id, /^tiny-\d{8}-\d{6}-[0-9a-f]{4}$/);
    assert.equal(run.manifest.step, 8);
    assert.equal(readFileSync(path.join(run.dir, 'config.trm.yaml'), 'utf8'), `# changed\n${config}`);
    assert.notEqual(run.manifest.owner.pid, process.pid);
  });

  it('shows the problems of a config, and starts nothing', async () => {
    writeFileSync(path.join(folder, 'bad.trm.yaml'), config.replace('lr: 1e-3', 'lr: fast'));
    const before = readdirSync(runsDir).length;
    await vscode.commands.executeCommand('trm.train', file('bad.trm.yaml'));
    const [problem] = await until('the problem', () => {
      const found = vscode.languages.getDiagnostics(file('bad.trm.yaml'));
      return found.length > 0 ? found : undefined;
    });
    assert.match(problem!.message, /lr.*expected/);
    assert.equal(readdirSync(runsDir).length, before);
  });

  it('shows the log, the charts and the id of the run it trained', async () => {
    const run = (await newest())!;
    await vscode.commands.executeCommand('trm.copyRunId', run.manifest.id);
    assert.equal(await vscode.env.clipboard.readText(), run.manifest.id);
    await vscode.commands.executeCommand('trm.showCharts', run.manifest.id);
    await vscode.commands.executeCommand('trm.showLog', run.manifest.id);
    await until('the log', () => (vscode.window.activeTextEditor?.document.uri.fsPath === path.join(run.dir, 'trainer.log') ? true : undefined));
    await vscode.commands.executeCommand('trm.openChartsInEditor', run.manifest.id);
    await until('the charts', () => vscode.window.tabGroups.all.flatMap(g => g.tabs).find(t => t.input instanceof vscode.TabInputWebview));
  });

  it('builds a dataset', async () => {
    writeFileSync(path.join(folder, 'other.trm.yaml'), config.replace('data/tiny', 'data/other'));
    await vscode.commands.executeCommand('trm.buildDataset', file('other.trm.yaml'));
    assert.equal(existsSync(path.join(folder, 'data', 'other', 'test', 'dataset.json')), true);
  });
});
