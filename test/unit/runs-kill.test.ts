import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { latestGoodCheckpoint, listCheckpoints, readBest, readCheckpoint } from '../../src/runs/checkpoints';
import { MetricsReader, dropSuperseded } from '../../src/runs/metrics-reader';
import { readRun } from '../../src/runs/read-run';
import { RunWriter } from '../../src/runs/run-writer';
import type { MetricEvent } from '../../src/runs/schema';
import { Script, bundle, temporaryFolder, trainSteps } from './runs-fixture';
import { newRun } from './runs-values';

const script = bundle(`
  import { readFileSync } from 'node:fs';
  import { latestGoodCheckpoint } from '#runs/checkpoints';
  import { RunWriter } from '#runs/run-writer';
  import { contents, evalSummary, resumeMarker, trainEvent } from '#values';
  const dir = process.argv[2];
  const from = latestGoodCheckpoint(dir);
  const writer = RunWriter.reopen(dir);
  let step = from.checkpoint?.step ?? 0;
  writer.append(resumeMarker(step));
  writer.update({ state: 'running' });
  console.log('from ' + step);
  void (async () => {
    for (;;) {
      step++;
      writer.append(trainEvent(step));
      writer.update({ step });
      const checkpoint = await writer.writeCheckpoint(contents(step, 60_000));
      if (step % 3 === 0) writer.writeBest({ checkpoint, metric: 'exact_accuracy', eval: evalSummary(step) });
      if (step % 50 === 0) await new Promise(r => setTimeout(r, 1));
    }
  })();
`);

it('leaves a whole run whenever its process is killed', async () => {
  const first = newRun(temporaryFolder(), 2);
  const { dir } = first;
  await first.close();
  const rounds = 16;
  let leftovers = 0;
  for (let round = 1; round <= rounds; round++) {
    const trainer = new Script(script, dir);
    const from = Number((await trainer.line()).slice(5));
    await sleep(20 + Math.random() * 150);
    await trainer.kill();
    leftovers += readdirSync(path.join(dir, 'checkpoints')).filter(name => name.startsWith('.')).length;

    const run = await readRun(dir);
    expect(run.state).toBe('crashed');
    expect(run.manifest.attempt).toBe(round + 1);
    const checkpoints = listCheckpoints(dir);
    for (const checkpoint of checkpoints) {
      const { model, optimizer, carry, ema, state } = readCheckpoint(checkpoint.dir);
      expect(state.step).toBe(checkpoint.step);
      for (const tensor of [model['w'], optimizer['m'], carry['z_H'], ema!['w']]) expect(tensor!.data[59_999]).toBe(checkpoint.step);
    }
    const { checkpoint, skipped } = latestGoodCheckpoint(dir);
    expect(skipped).toEqual([]);
    expect(checkpoint?.step ?? 0).toBeGreaterThanOrEqual(from);
    expect(checkpoint?.step ?? 0).toBeGreaterThanOrEqual(run.manifest.step - 1); // the last one begun may be lost, no other
    const best = readBest(dir);
    if (best) expect(existsSync(path.join(dir, 'checkpoints', best.checkpoint))).toBe(true);
  }
  expect(leftovers).toBeGreaterThan(0); // or the kills did not meet a write, and this test proved nothing

  const reader = new MetricsReader(dir);
  const events: MetricEvent[] = [];
  await reader.readAll(piece => events.push(...piece));
  expect(reader.invalid).toBeLessThanOrEqual(rounds);
  const steps = trainSteps(dropSuperseded(events));
  expect(steps).toEqual(Array.from({ length: steps.length }, (_, i) => i + 1)); // one line, without hole or double
  RunWriter.reopen(dir);
  expect(readdirSync(path.join(dir, 'checkpoints')).filter(name => name.startsWith('.'))).toEqual([]);
});
