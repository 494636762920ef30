/** Stop, Resume and Show Log in the extension host: on runs that wait, that do not train yet, that ended early, and on several at once. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import { listRuns, readRun, type RunSummary } from '../../src/runs/read-run';
import { RunWriter } from '../../src/runs/run-writer';

const config = `arch: {name: trm, mlp_t: true, pos_encodings: none, hidden_size: 32, expansion: 2, H_cycles: 1, L_cycles: 1, halt_max_steps: 3, puzzle_emb_len: 2, forward_dtype: float32}
data_paths: [data/controlled]
dataset: {kind: sudoku, size: 4, train: 32, test: 20, holes: [6, 8], augment: on_the_fly}
global_batch_size: 16
epochs: 8
eval_interval: 2
lr: 1e-3
engine: wasm
stop_when: {eval/accuracy: 0.01}
`;
const folder = vscode.workspace.workspaceFolders![0]!.uri.fsPath;
const runsDir = path.join(folder, 'runs');
const line = (id: string): { kind: 'run'; id: string } => ({ kind: 'run', id });

/** The newest run of a config, once it is as wanted. */
async function runOf(name: string, wanted: (run: RunSummary) => boolean): Promise<RunSummary> {
  for (const end = Date.now() + 40_000; Date.now() < end;) {
    const found = (await listRuns(runsDir)).runs.find(run => run.manifest.name === name);
    if (found && wanted(found)) return found;
    await new Promise(resolve => setTimeout(resolve, 100));
  }
  throw new Error(`the run of ${name} was not as wanted within 40 s`);
}

function write(name: string, text: string): vscode.Uri {
  const file = path.join(folder, `${name}.trm.yaml`);
  writeFileSync(file, text);
  return vscode.Uri.file(file);
}

describe('control of runs', () => {
  before(() => vscode.extensions.getExtension('trm-explorer.trm-explorer')!.activate());

  it('takes all that are selected out of the queue, and shows no log of one that has none', async () => {
    const dirs = ['a', 'b', 'c'].map(name => RunWriter.enqueue({ runsDir, name: `waiting-${name}`, configText: config, manifest: { config_path: path.join(folder, 'waiting.trm.yaml'), config: {} } }));
    const ids = dirs.map(dir => path.basename(dir));
    const editors = vscode.window.tabGroups.all.flatMap(group => group.tabs).length;
    await vscode.commands.executeCommand('trm.showLog', ids[0]);
    assert.equal(vscode.window.tabGroups.all.flatMap(group => group.tabs).length, editors);
    await vscode.commands.executeCommand('trm.stop', line(ids[0]!), [line(ids[0]!), line(ids[1]!)]);
    assert.deepEqual(await Promise.all(dirs.map(async dir => (await readRun(dir)).state)), ['stopped', 'stopped', 'queued']);
    await vscode.commands.executeCommand('trm.stop', ids[2]);
    assert.equal((await readRun(dirs[2]!)).state, 'stopped');
  });

  it('stops a run whose dataset is being made', async () => {
    const starting = vscode.commands.executeCommand('trm.train', write('making', config.replace('size: 4, train: 32', 'size: 9, train: 200000').replace('data/controlled', 'data/making')));
    const { manifest } = await runOf('making', run => run.state === 'pending' && run.manifest.owner.socket !== null);
    await vscode.commands.executeCommand('trm.stop', manifest.id);
    const { state, manifest: { finished_because } } = await runOf('making', () => true);
    assert.deepEqual([state, finished_because], ['stopped', 'stopped by the user before the first step']);
    await starting;
  });

  it('goes on with a run that stop_when ended, in other micro-batches where that is asked', async () => {
    await vscode.commands.executeCommand('trm.train', write('early', config));
    const { manifest: { id, step } } = await runOf('early', run => run.state === 'finished');
    assert.equal(step, 4);
    await vscode.commands.executeCommand('trm.resume', { id, micro_batch_size: 8 });
    const { manifest } = await runOf('early', run => run.state === 'finished' && run.manifest.attempt === 2);
    assert.equal(manifest.step, 8);
    assert.equal(manifest.config['micro_batch_size'], 8);
  });
});
