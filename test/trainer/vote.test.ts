/** Evaluation by vote on trained weights: symmetric copies of Sudoku, and ARC with its scores and submission. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { writeArcFiles } from '../unit/arc-example';
import { temporaryFolder } from '../unit/runs-fixture';
import { documentOf, expectRefusal, tiny, tinyArch, train, trm, writeConfig } from './programs';

it('votes over symmetric copies of Sudoku boards, at any depth', async () => {
  const folder = temporaryFolder();
  await train(folder, writeConfig(folder, { ...tiny, epochs: 2 }), 'voting');
  const plain = documentOf(await trm(['eval', 'voting', '--json'], folder));
  expect(plain).toMatchObject({ count: 20, baseline: { count: 20, exact_count: 0 } });
  const alone = documentOf(await trm(['eval', 'voting', '--vote', '0', '--json'], folder));
  expect(alone).toMatchObject({ copies: 0, views: 20, accumulated: false, result: { kind: 'symmetry', count: 20, total: 20, voted: { exact_count: plain['exact_count'] }, alone: { exact_count: plain['exact_count'] } } });
  const voted = documentOf(await trm(['eval', 'voting', '--vote', '3', '--depth', '5', '--examples', '10', '--json'], folder));
  expect(voted).toMatchObject({ copies: 3, views: 40, depth: 5, result: { count: 10, total: 20 } });
  const said = await trm(['eval', 'voting', '--vote', '1'], folder);
  expect(said.stdout).toMatch(/votes of step-\d+ alone/);
  expect(said.stdout).toMatch(/by vote [\d.]+ % exact \(\d+ of 20; /);
  expectRefusal(await trm(['eval', 'voting', '--accumulate'], folder), 2, /about a vote/);
  expectRefusal(await trm(['eval', 'voting', '--vote', '1', '--submission', 's.json'], folder), 2, /Only ARC has submissions/);
});

it('scores ARC by vote over stored copies, of one checkpoint or of all', async () => {
  const folder = temporaryFolder();
  writeArcFiles(path.join(folder, 'json'));
  const config = {
    arch: { ...tinyArch, halt_max_steps: 2 }, data_paths: ['data/arc'], dataset: { kind: 'arc', files: 'json', augment: 3 },
    global_batch_size: 4, epochs: 4, eval_interval: 2, lr: 1e-3, lr_warmup_steps: 2, engine: 'wasm', watch: [0], keep_checkpoints: 5,
  };
  await train(folder, writeConfig(folder, config, 'arc'), 'arc');
  const alone = documentOf(await trm(['eval', 'arc', '--vote', '3', '--submission', 'submission.json', '--json'], folder));
  expect(alone).toMatchObject({ accumulated: false, views: 12, result: { kind: 'arc', tasks: 2, inputs: 3, stray: 0, submission: path.join(folder, 'submission.json') } });
  const submission = JSON.parse(readFileSync(path.join(folder, 'submission.json'), 'utf8')) as Record<string, Record<string, unknown>[]>;
  expect(Object.entries(submission).map(([id, attempts]) => [id, attempts.map(each => Object.keys(each))])).toEqual([
    ['eval-one', [['attempt_1', 'attempt_2']]], ['eval-two', [['attempt_1', 'attempt_2'], ['attempt_1', 'attempt_2']]],
  ]);
  const together = documentOf(await trm(['eval', 'arc', '--vote', '3', '--accumulate', '--json'], folder));
  expect(together['accumulated']).toBe(true);
  expect((together['checkpoints'] as string[]).length).toBeGreaterThan(1);
  const said = await trm(['eval', 'arc', '--vote', '1', '--accumulate'], folder);
  expect(said.stdout).toMatch(/votes of \d+ checkpoints together \(step-\d+, /);
  expect(said.stdout).toMatch(/pass@2: [\d.]+ % of 2 tasks/);
});
