/** Accuracy against depth as the window measures it: what an inspector that is looked at again finds, and what happens to a curve that cannot be kept. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import { CurveWork } from '../../src/host/curve-work';
import { DepthCurves } from '../../src/host/depth-curves';
import type { Log } from '../../src/host/notify';
import type { JobListener } from '../../src/host/trainers';
import type { CurveState } from '../../src/protocol/inspector';
import type { DepthCurve } from '../../src/runs/depth-curve';
import type { RunSummary } from '../../src/runs/read-run';

const curve = (count: number, wanted: number): DepthCurve => ({
  checkpoint: 'step-2', step: 2, weights: 'ema', depth: 1, halt_max_steps: 1, count, wanted, total: 400, seconds: 1, engine: 'wasm',
  points: [{ k: 1, exact_count: 0, exact_interval: [0, 1], accuracy: 0, mean_p_halt: 0, would_halt: 0 }],
});

const made: string[] = [];
/** A run with two checkpoints, and a trainer whose answers are given by hand. */
function setUp() {
  const folder = mkdtempSync(path.join(tmpdir(), 'trm-curves-'));
  made.push(folder);
  const storage = path.join(folder, 'storage');
  for (const name of ['step-1', 'step-2']) {
    mkdirSync(path.join(folder, 'run', 'checkpoints', name), { recursive: true });
    writeFileSync(path.join(folder, 'run', 'checkpoints', name, 'state.json'), name);
  }
  const run = { dir: path.join(folder, 'run'), manifest: { id: 'r', config: { arch: { name: 'trm' } }, dataset: null } } as unknown as RunSummary;
  const jobs: { partial: (answer: DepthCurve) => void; done: (answer: DepthCurve) => void; signal: AbortSignal }[] = [];
  const trainers = {
    depthCurve: (_: readonly string[], listener: JobListener, signal: AbortSignal) => new Promise<unknown>((resolve, reject) => {
      signal.addEventListener('abort', () => reject(new Error('aborted')));
      jobs.push({ partial: answer => { if (typeof listener === 'object') listener.onPartial(answer); }, done: resolve, signal });
    }),
  };
  const warnings: string[] = [];
  const curves = new DepthCurves(vscode.Uri.file(storage), trainers, { warn: (text: string) => { warnings.push(text); } } as Log);
  const told: CurveState[] = [];
  return { storage, run, jobs, warnings, curves, told, work: new CurveWork(curves, state => { told.push(state); }) };
}

describe('accuracy against depth', () => {
  after(() => { for (const folder of made) rmSync(folder, { recursive: true }); });

  it('goes on being measured when it is looked at with another number of puzzles, which is told', async () => {
    const { run, jobs, work, told } = setUp();
    const measuring = work.measure(run, 'step-2', 400);
    jobs[0]!.partial(curve(40, 400));
    const seen = work.look(run, 'step-2', 128);
    assert.equal(jobs[0]!.signal.aborted, false);
    assert.equal(seen.puzzles, 400);
    assert.notEqual(seen.working, null);
    assert.equal(seen.curve?.count, 40);
    jobs[0]!.done(curve(400, 400));
    await measuring;
    assert.deepEqual([told.at(-1)!.working, told.at(-1)!.curve?.count], [null, 400]);
    assert.deepEqual(work.look(run, 'step-2', 128), { puzzles: 128, curve: null, working: null, cancelled: false, problem: null });
    assert.equal(work.look(run, 'step-2', 400).curve?.count, 400);
  });

  it('ends when another checkpoint, or none, is looked at, and says no more', async () => {
    for (const turn of [({ work, run }: ReturnType<typeof setUp>) => { work.look(run, 'step-1', 400); }, ({ work }: ReturnType<typeof setUp>) => { work.leave(); }]) {
      const all = setUp();
      const measuring = all.work.measure(all.run, 'step-2', 400);
      const said = all.told.length;
      turn(all);
      assert.equal(all.jobs[0]!.signal.aborted, true);
      all.jobs[0]!.partial(curve(80, 400));
      await measuring;
      assert.equal(all.told.length, said);
      assert.equal(all.work.look(all.run, 'step-2', 400).working, null);
    }
  });

  it('is kept when its checkpoint was pruned meanwhile', async () => {
    const { run, jobs, work, told, curves, warnings } = setUp();
    const measuring = work.measure(run, 'step-2', 400);
    rmSync(path.join(run.dir, 'checkpoints', 'step-2'), { recursive: true });
    jobs[0]!.done(curve(400, 400));
    await measuring;
    assert.deepEqual([told.at(-1)!.problem, told.at(-1)!.curve?.count, warnings], [null, 400, []]);
    mkdirSync(path.join(run.dir, 'checkpoints', 'step-2'));
    writeFileSync(path.join(run.dir, 'checkpoints', 'step-2', 'state.json'), 'step-2');
    assert.equal(curves.kept(run, 'step-2', 400)?.count, 400);
  });

  it('is shown also when it cannot be kept, which goes to the log', async () => {
    const { run, jobs, work, told, storage, warnings } = setUp();
    writeFileSync(storage, 'no folder');
    const measuring = work.measure(run, 'step-2', 400);
    jobs[0]!.done(curve(400, 400));
    await measuring;
    assert.deepEqual([told.at(-1)!.problem, told.at(-1)!.curve?.count], [null, 400]);
    assert.match(warnings.join(), /cannot be kept/);
  });
});
