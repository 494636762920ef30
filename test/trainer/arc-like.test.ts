/** Generated ARC-like tasks through the programs: made, trained on, scored by vote, submitted and traced as those of ARC-AGI are. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { gridRows } from '../../src/puzzles/arc-board';
import { readArcTasks } from '../../src/puzzles/arc-tasks';
import { readTrace } from '../../src/runs/traces';
import { temporaryFolder } from '../unit/runs-fixture';
import { documentOf, eventsOf, ofKind, tinyArch, trm, writeConfig } from './programs';

it('trains on tasks that it makes itself, and scores them', async () => {
  const folder = temporaryFolder();
  const config = {
    arch: { ...tinyArch, halt_max_steps: 2 }, data_paths: ['data/tasks'], dataset: { kind: 'arc_like', size: 6, train: 16, test: 8, augment: 1 },
    global_batch_size: 8, epochs: 20, eval_interval: 20, lr: 1e-2, lr_warmup_steps: 2, engine: 'wasm', watch: [0],
  };
  writeConfig(folder, config, 'tasks');
  const done = documentOf(await trm(['train', 'tasks.trm.yaml', '--json'], folder));
  expect(done).toMatchObject({ state: 'finished' });
  const events = await eventsOf(String(done['dir']));
  const losses = ofKind(events, 'train').map(event => event.lm_loss);
  expect(losses.slice(-10).reduce((sum, loss) => sum + loss / 10, 0)).toBeLessThan(0.85 * losses[0]!);
  expect(ofKind(events, 'eval').at(-1)).toMatchObject({ count: 8 });

  const tasks = readArcTasks(path.join(folder, 'data', 'tasks', 'test_puzzles.json')).tasks;
  const voted = documentOf(await trm(['eval', String(done['dir']), '--vote', '1', '--submission', 'submission.json', '--json'], folder));
  expect(voted).toMatchObject({ views: 16, result: { kind: 'arc', tasks: 8, inputs: 8, stray: 0 } });
  const submission = JSON.parse(readFileSync(path.join(folder, 'submission.json'), 'utf8')) as Record<string, unknown[]>;
  expect(Object.entries(submission).map(([id, { length }]) => [id, length])).toEqual(tasks.map(({ id, test }) => [id, test.length]));

  const trace = await readTrace(String(done['dir']), Number(done['step']), 0);
  expect(trace).toMatchObject({ kind: 'arc', rows: 6, cols: 6, puzzle: { label: `task ${tasks[0]!.id}, test input 1` } });
  expect(trace.examples).toEqual(tasks[0]!.train.map(({ input, output }) => ({ input: gridRows(input), output: gridRows(output) })));
});
