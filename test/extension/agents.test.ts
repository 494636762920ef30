/** Tools for language models, called as a model's host calls them. Those that act are called with nobody to ask, so they are only prepared. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';

const config = `arch: {name: trm, mlp_t: true, pos_encodings: none, hidden_size: 32, expansion: 2, H_cycles: 1, L_cycles: 1, halt_max_steps: 3, puzzle_emb_len: 2, forward_dtype: float32}
data_paths: [data/agents]
dataset: {kind: sudoku, size: 4, train: 32, test: 20, holes: [6, 8], augment: on_the_fly}
global_batch_size: 16
epochs: 4
eval_interval: 2
lr: 1e-3
engine: wasm
watch: [0]
`;
const folder = vscode.workspace.workspaceFolders![0]!.uri.fsPath;

async function call(name: string, input: object): Promise<Record<string, unknown>> {
  const { content } = await vscode.lm.invokeTool(name, { input, toolInvocationToken: undefined });
  const text = content.map(part => (part instanceof vscode.LanguageModelTextPart ? part.value : '')).join('');
  return JSON.parse(text) as Record<string, unknown>;
}

describe('tools for language models', () => {
  before(async () => {
    await vscode.extensions.getExtension('trm-explorer.trm-explorer')!.activate();
    writeFileSync(path.join(folder, 'agents.trm.yaml'), config);
    writeFileSync(path.join(folder, 'wrong.trm.yaml'), config.replace('epochs', 'epochz'));
    await vscode.commands.executeCommand('trm.train', vscode.Uri.file(path.join(folder, 'agents.trm.yaml')));
    for (const end = Date.now() + 40_000; Date.now() < end;) {
      const { runs } = await call('trm_list_runs', { state: 'finished' }) as { runs: { name: string }[] };
      if (runs.some(run => run.name === 'agents')) return;
      await new Promise(resolve => setTimeout(resolve, 200));
    }
    throw new Error('the run did not finish');
  });

  it('are all there', () => {
    const listed = (vscode.extensions.getExtension('trm-explorer.trm-explorer')!.packageJSON as { contributes: { languageModelTools: { name: string }[] } }).contributes.languageModelTools.map(tool => tool.name);
    const known = new Set(vscode.lm.tools.map(tool => tool.name));
    assert.deepEqual(listed.filter(name => !known.has(name)), []);
    assert.equal(listed.includes('trm_start_training'), true);
  });

  it('say what runs there are, and what one is, by its name', async () => {
    const { runs, in_all } = await call('trm_list_runs', {}) as { runs: { name: string; state: string }[]; in_all: number };
    assert.equal(runs.length, in_all);
    const run = await call('trm_get_run', { run: 'agents' });
    assert.equal(run['state'], 'finished');
    assert.equal(run['step'], 8);
    assert.equal((run['config'] as { epochs: number }).epochs, 4);
    assert.deepEqual((run['checkpoints'] as { checkpoint: string }[]).map(c => c.checkpoint), ['step-8', 'step-4']);
  });

  it('give the metrics of a run in as many stretches as were asked for', async () => {
    const { train, evals } = await call('trm_get_metrics', { run: 'agents', points: 4 }) as { train: { step: number; loss: number }[]; evals: { step: number; count: number }[] };
    assert.deepEqual(train.map(stretch => stretch.step), [2, 4, 6, 8]);
    assert.deepEqual(evals.map(e => [e.step, e.count]), [[4, 20], [8, 20]]);
  });

  it('give the trace of a puzzle as text', async () => {
    const trace = await call('trm_get_trace', { run: 'agents', puzzle: 0, checkpoint: 'step-8' }) as { question: string; solution: string; supervision_steps: { m: number; answer: string }[] };
    assert.match(trace.question, /^[\d.] [\d.] \| [\d.] [\d.]\n/);
    assert.deepEqual(trace.supervision_steps.map(step => step.m), [1, 2, 3]);
    assert.match(trace.supervision_steps[2]!.answer, /^[\d.?] [\d.?] \|/);
  });

  it('compare runs', async () => {
    const { runs, changed } = await call('trm_diff_runs', { runs: ['agents', 'agents'] }) as { runs: { name: string; step: number }[]; changed: unknown[] };
    assert.deepEqual(runs.map(({ name, step }) => [name, step]), [['agents', 8], ['agents', 8]]);
    assert.deepEqual(changed, []);
  });

  it('check a config, and say where it is wrong', async () => {
    assert.deepEqual((await call('trm_validate_config', { config: 'agents.trm.yaml' }))['valid'], true);
    const { valid, problems } = await call('trm_validate_config', { config: 'wrong.trm.yaml' }) as { valid: boolean; problems: { key: string; nearest: string; line: number }[] };
    assert.equal(valid, false);
    assert.deepEqual(problems.map(({ key, nearest, line }) => [key, nearest, line]), [['epochz', 'epochs', 5]]);
  });

  it('answer with what `trm --json` prints', async () => {
    const { extensionPath } = vscode.extensions.getExtension('trm-explorer.trm-explorer')!;
    const { run } = await call('trm_get_run', { run: 'agents' }) as { run: string };
    const printed = (...args: string[]): unknown => JSON.parse(execFileSync(process.execPath, [path.join(extensionPath, 'dist', 'trm.cjs'), ...args, '--json'], {
      cwd: folder, encoding: 'utf8', env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' }, stdio: ['ignore', 'pipe', 'ignore'],
    }).trim().split('\n').at(-1)!);
    assert.deepEqual(await call('trm_get_run', { run }), printed('runs', 'show', run));
    assert.deepEqual(await call('trm_get_metrics', { run, points: 4 }), printed('runs', 'metrics', run, '--points', '4'));
    assert.deepEqual(await call('trm_diff_runs', { runs: [run, run] }), printed('runs', 'diff', run, run));
    assert.deepEqual(await call('trm_validate_config', { config: 'agents.trm.yaml' }), printed('validate', 'agents.trm.yaml'));
    assert.deepEqual(await call('trm_get_trace', { run, puzzle: 0, checkpoint: 'step-8' }), printed('trace', path.join('runs', run, 'checkpoints', 'step-8'), '--puzzle', '0', '--text'));
  });

  it('check a config as it stands in the editor', async () => {
    const document = await vscode.workspace.openTextDocument(vscode.Uri.file(path.join(folder, 'agents.trm.yaml')));
    const edit = new vscode.WorkspaceEdit();
    edit.insert(document.uri, new vscode.Position(0, 0), 'epochz: 3\n');
    await vscode.workspace.applyEdit(edit);
    assert.equal((await call('trm_validate_config', { config: 'agents.trm.yaml' }))['valid'], false);
    await vscode.window.showTextDocument(document);
    await vscode.commands.executeCommand('workbench.action.files.revert');
    assert.equal((await call('trm_validate_config', { config: 'agents.trm.yaml' }))['valid'], true);
  });

  it('refuse what is not there, what is no input, and files outside the workspace, in words', async () => {
    await assert.rejects(call('trm_get_run', { run: 'nobody' }), /There is no run "nobody" in this window/);
    await assert.rejects(call('trm_get_trace', { run: 'agents', puzzle: -1 }), /puzzle/);
    await assert.rejects(call('trm_validate_config', { config: '../../etc/x.yaml' }), /no such file in the workspace|outside the workspace/);
  });
});
