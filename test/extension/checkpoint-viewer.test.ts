/** The Checkpoint Viewer's side of the window, with a page that is played here: what it offers on a run, and what it says of a file that changes. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import type { Messenger } from 'vscode-messenger';
import { CheckpointViewer } from '../../src/host/checkpoint-viewer';
import type { Log } from '../../src/host/notify';
import type { Runs } from '../../src/host/runs';
import { checkpointChanged, getCheckpoint, getStatistics, type CheckpointRun, type CheckpointState, type TensorStatistics } from '../../src/protocol/checkpoint';
import { readRun, type RunSummary } from '../../src/runs/read-run';
import { encodeSafetensors } from '../../src/runs/safetensors';
import { contents, newRun } from '../unit/runs-values';

const folder = mkdtempSync(path.join(tmpdir(), 'trm-viewer-'));
const closing: { dispose(): unknown }[] = [];

/** Opens a file in a viewer whose page asks by hand. */
function open(file: string, run?: RunSummary) {
  const sender = { type: 'webview', webviewId: 'one' } as const;
  const requests = new Map<string, (params: unknown, sender: unknown) => unknown>();
  const told: string[] = [];
  const messenger = {
    onRequest: ({ method }: { method: string }, answer: (params: unknown, sender: unknown) => unknown) => { requests.set(method, answer); return { dispose: () => undefined }; },
    onNotification: () => ({ dispose: () => undefined }),
    sendNotification: ({ method }: { method: string }) => { told.push(method); },
    registerWebviewPanel: () => sender,
  } as unknown as Messenger;
  const runs = { onDidChange: new vscode.EventEmitter<void>().event, get: () => run, refresh: () => Promise.resolve() } as unknown as Runs;
  const { extensionUri } = vscode.extensions.getExtension('trm-explorer.trm-explorer')!;
  const viewer = new CheckpointViewer({ extensionUri, runs, messenger, log: { warn: () => undefined } as unknown as Log });
  const panel = vscode.window.createWebviewPanel('trm.test', 'checkpoint', { viewColumn: vscode.ViewColumn.Active, preserveFocus: true });
  closing.push(viewer, panel);
  viewer.resolveCustomEditor({ uri: vscode.Uri.file(file), dispose: () => undefined }, panel);
  const ask = (method: string, params?: unknown): Promise<unknown> => Promise.resolve(requests.get(method)!(params, sender));
  return {
    told,
    state: () => ask(getCheckpoint.method) as Promise<CheckpointState>,
    statistics: (row: number) => ask(getStatistics.method, { row }) as Promise<TensorStatistics>,
  };
}

const write = (file: string, ...values: number[]): void => { writeFileSync(file, encodeSafetensors({ w: { shape: [values.length], data: new Float32Array(values) } })); };

describe('the checkpoint viewer', () => {
  after(() => {
    for (const d of closing) d.dispose();
    rmSync(folder, { recursive: true });
  });

  it('offers no Resume from Here where a run would not go on from here, and says why', async () => {
    const writer = newRun(folder);
    const written = await writer.writeCheckpoint(contents(3));
    const runOf = async (): Promise<CheckpointRun> => {
      const state = await open(path.join(writer.dir, 'checkpoints', 'step-3', 'model.safetensors'), await readRun(writer.dir)).state();
      assert.ok('file' in state && state.file.run, JSON.stringify([state, written]));
      return state.file.run;
    };
    writer.update({ state: 'paused' });
    const paused = await runOf();
    assert.deepEqual([paused.actions.resume, paused.actions.fork], [false, true]);
    assert.match(paused.note, /paused: resumed, it goes on from its present step/);
    writer.update({ state: 'stopped' });
    const stopped = await runOf();
    assert.deepEqual([stopped.actions.resume, stopped.note], [true, '']);
    await writer.close();
  });

  it('says that a file has changed, and gives no statistics where the header was of another', async () => {
    const file = path.join(folder, 'changing.safetensors');
    write(file, 3, 4);
    const { told, state, statistics } = open(file);
    assert.ok('file' in await state());
    assert.equal((await statistics(0)).norm, 5);
    await new Promise(resolve => setTimeout(resolve, 1000)); // the watcher comes up
    write(file, 6, 8, 0);
    await assert.rejects(statistics(0), /has changed since it was opened/);
    for (const end = Date.now() + 20_000; !told.includes(checkpointChanged.method);) {
      assert.ok(Date.now() < end, 'the page was not told');
      await new Promise(resolve => setTimeout(resolve, 100));
    }
    assert.ok('file' in await state());
    assert.equal((await statistics(0)).norm, 10);
  });
});
