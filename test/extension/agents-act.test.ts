/**
 * The tools that act, called as by a model's host. VS Code answers its own dialogs with yes in these tests, so what they ask is not seen here
 * (test/e2e/agents.e2e.ts sees it); what they do is.
 */
import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';

const config = `arch: {name: trm, mlp_t: true, pos_encodings: none, hidden_size: 32, expansion: 2, H_cycles: 1, L_cycles: 1, halt_max_steps: 3, puzzle_emb_len: 2, forward_dtype: float32}
data_paths: [data/acting]
dataset: {kind: sudoku, size: 4, train: 32, test: 20, holes: [6, 8], augment: on_the_fly}
global_batch_size: 16
epochs: 20000
eval_interval: 20000
lr: 1e-3
engine: wasm
`;
const folder = vscode.workspace.workspaceFolders![0]!.uri.fsPath;

interface Answer { readonly started?: boolean; readonly run?: string; readonly state?: string; readonly step?: number; readonly valid?: boolean; readonly problems?: readonly { readonly key: string }[]; readonly sweep_runs?: number; readonly queued?: number; readonly runs?: readonly { readonly run: string }[] }

async function call(name: string, input: object, token?: vscode.CancellationToken): Promise<Answer> {
  const { content } = await vscode.lm.invokeTool(name, { input, toolInvocationToken: undefined }, token);
  return JSON.parse(content.map(part => (part instanceof vscode.LanguageModelTextPart ? part.value : '')).join('')) as Answer;
}
const stateOf = async (run: string): Promise<string | undefined> => (await call('trm_get_run', { run })).state;
const runsThere = (): string[] => readdirSync(path.join(folder, 'runs')).filter(name => /^acting-\d/.test(name)).sort();

describe('tools for language models that act', () => {
  let run = '';
  before(async () => {
    await vscode.extensions.getExtension('trm-explorer.trm-explorer')!.activate();
    writeFileSync(path.join(folder, 'acting.trm.yaml'), config);
    writeFileSync(path.join(folder, 'acting-wrong.trm.yaml'), config.replace('epochs', 'epochz'));
  });

  it('start a training, and answer when it is under way', async () => {
    const answer = await call('trm_start_training', { config: 'acting.trm.yaml' });
    assert.equal(answer.started, true);
    assert.equal(answer.state, 'running');
    [run = ''] = runsThere();
    assert.equal(answer.run, run);
  });

  it('do nothing for a config with errors but say where they are', async () => {
    const { started, valid, problems } = await call('trm_start_training', { config: 'acting-wrong.trm.yaml' });
    assert.deepEqual([started, valid, problems?.map(problem => problem.key)], [false, false, ['epochz']]);
    assert.deepEqual(runsThere(), [run]);
  });

  it('do nothing once their call was cancelled', async () => {
    const cancelled = new vscode.CancellationTokenSource();
    cancelled.cancel();
    for (const [name, input] of [['trm_start_training', { config: 'acting.trm.yaml' }], ['trm_stop_run', { run }]] as const) {
      await assert.rejects(call(name, input, cancelled.token), (error: Error) => /cancell?ed/i.test(`${error.name} ${error.message}`));
    }
    assert.deepEqual(runsThere(), [run]);
    assert.equal(await stateOf(run), 'running');
    await call('trm_stop_run', { run });
    await assert.rejects(call('trm_resume_run', { run }, cancelled.token));
    assert.equal(await stateOf(run), 'stopped');
  });

  it('resume a run that was stopped, and stop it again with a checkpoint of its step', async () => {
    const { step = 0 } = await call('trm_get_run', { run });
    const resumed = await call('trm_resume_run', { run });
    assert.equal(resumed.state, 'running');
    const { state, step: last = 0 } = await call('trm_stop_run', { run });
    assert.equal(state, 'stopped');
    assert.ok(last >= step, `${last} is before ${step}`);
    assert.ok(readdirSync(path.join(folder, 'runs', run, 'checkpoints')).includes(`step-${last}`));
  });

  it('queue every combination of a sweep, and say what is queued', async () => {
    writeFileSync(path.join(folder, 'acting-sweep.trm.yaml'), `${config.replaceAll('20000', '2')}sweep: {lr: [1e-3, 2e-3], seed: [0, 1]}\n`);
    assert.equal((await call('trm_validate_config', { config: 'acting-sweep.trm.yaml' })).sweep_runs, 4);
    const { started, queued, runs } = await call('trm_start_training', { config: 'acting-sweep.trm.yaml' });
    assert.deepEqual([started, queued, runs?.length], [false, 4, 4]);
    for (const end = Date.now() + 50_000; Date.now() < end;) {
      if ((await Promise.all(runs!.map(queuedRun => stateOf(queuedRun.run)))).every(state => state === 'finished')) return;
      await new Promise(resolve => setTimeout(resolve, 300));
    }
    assert.fail('the queued runs did not finish');
  });

  it('end a start that is cancelled while it begins', async () => {
    writeFileSync(path.join(folder, 'acting-late.trm.yaml'), config);
    const cancel = new vscode.CancellationTokenSource();
    const starting = call('trm_start_training', { config: 'acting-late.trm.yaml' }, cancel.token);
    setTimeout(() => cancel.cancel(), 400);
    await assert.rejects(starting);
    const isLate = (name: string): boolean => name.startsWith('acting-late-');
    for (const end = Date.now() + 30_000; Date.now() < end;) {
      const late = readdirSync(path.join(folder, 'runs')).filter(isLate);
      const states = await Promise.all(late.map(stateOf));
      if (states.every(state => state !== 'pending' && state !== 'running')) return;
      await new Promise(resolve => setTimeout(resolve, 300));
    }
    assert.fail('the run goes on');
  });

  it('refuse in words what cannot be', async () => {
    await assert.rejects(call('trm_stop_run', { run }), /The run is stopped, so there is nothing to stop/);
    await assert.rejects(call('trm_resume_run', { run: 'nobody' }), /There is no run "nobody" in this window/);
    await assert.rejects(call('trm_start_training', { config: '../elsewhere.trm.yaml' }), /no such file in the workspace/);
    await assert.rejects(call('trm_start_training', {}), /config/);
  });
});
