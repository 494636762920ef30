import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { IGNORE_LABEL_ID } from '../../src/puzzles/dataset';
import { openSplit } from '../../src/puzzles/read-dataset';
import { BatchSampler, batchesInAll, stepsInAll } from '../../src/puzzles/sample-batches';
import type { SamplerPosition, TrainingBatch } from '../../src/puzzles/sample-batches';
import { RandomStream } from '../../src/random/stream';
import { failureOf, temporaryFolder, writePairs } from './puzzles-fixture';

const split = (...folders: number[][][]) => openSplit(folders.map(groups => writePairs(join(temporaryFolder(), 'data'), 'train', groups)), 'train');
const singles = (n: number) => Array.from({ length: n }, () => [1]);
const all = (sampler: BatchSampler) => {
  const batches: TrainingBatch[] = [];
  for (let batch = sampler.next(); batch; batch = sampler.next()) batches.push(batch);
  return batches;
};
const examplesOf = (batches: TrainingBatch[]) => batches.map(batch => [...batch.examples]);

describe('packing', () => {
  test('batches run across epoch borders and the rest of each block is dropped', () => {
    const data = split(singles(3));
    const config = { seed: 7, global_batch_size: 4, epochs: 6, eval_interval: 3 };
    const batches = all(new BatchSampler(data, config));
    // a block is 3 epochs of 3 groups = 9 examples: two batches of 4, one example dropped; two blocks
    const order = [0, 1].map(block => [0, 1, 2].flatMap(epoch => [...RandomStream.named(7, 'group-order', block, epoch).permutation(3)]));
    expect(examplesOf(batches)).toEqual([order[0]!.slice(0, 4), order[0]!.slice(4, 8), order[1]!.slice(0, 4), order[1]!.slice(4, 8)]);
    for (const block of order) for (const epoch of [0, 3, 6]) expect(block.slice(epoch, epoch + 3).sort()).toEqual([0, 1, 2]);
    expect(batches.map(batch => batch.endsInterval)).toEqual([false, true, false, true]);
    expect(batchesInAll(config, data)).toBe(4);
    expect(stepsInAll(config, data.metadata)).toBe(4); // floor(6 * 3 / 4)
  });

  test('fewer groups than the batch: the same puzzle may come twice', () => {
    const batches = all(new BatchSampler(split(singles(2)), { seed: 0, global_batch_size: 5, epochs: 5 }));
    expect(batches).toHaveLength(2);
    for (const { examples } of batches) expect(new Set(examples)).toEqual(new Set([0, 1]));
  });

  test('one puzzle per group; from it, without replacement, as many examples as fit', () => {
    // groups: puzzles of 3 examples (0-2) and of 3 (3-5); a puzzle of 3 (6-8)
    const data = split([[3, 3], [3]]);
    const batches = all(new BatchSampler(data, { seed: 1, global_batch_size: 4, epochs: 200, eval_interval: 100 }));
    expect(batches).toHaveLength(200); // two groups fill a batch: 3 examples of one, 1 of the next
    const puzzleOf = (example: number) => Math.floor(example / 3);
    const used = new Set<number>();
    for (const { examples, puzzleIdentifiers } of batches) {
      const [a, b, c, d] = [...examples] as [number, number, number, number];
      expect(new Set([a, b, c]).size).toBe(3);
      expect(new Set([a, b, c].map(puzzleOf)).size).toBe(1);
      expect([...puzzleIdentifiers]).toEqual([a, b, c, d].map(example => puzzleOf(example) + 1));
      for (const example of examples) used.add(example);
    }
    expect(used.size).toBe(9);
    expect(batchesInAll({ seed: 1, global_batch_size: 4, epochs: 200, eval_interval: 100 }, data)).toBe(200);
    expect(batchesInAll({ seed: 1, global_batch_size: 4, epochs: 200 }, split([[1], [2]]))).toBeUndefined();
  });

  test('each set of each folder has blocks of its own; an interval ends after the last', () => {
    const data = split(singles(4), singles(2));
    const config = { seed: 0, global_batch_size: 2, epochs: 2, eval_interval: 1 };
    const batches = all(new BatchSampler(data, config));
    expect(batches.map(({ examples }) => examples.every(example => example < 4))).toEqual([true, true, false, true, true, false]);
    expect(batches.map(batch => batch.endsInterval)).toEqual([false, false, true, false, false, true]);
    expect(batchesInAll(config, data)).toBe(6);
  });

  test('the published numbers: 1,000 groups, batch 768, 50,000 epochs', () => {
    const config = { seed: 0, global_batch_size: 768, epochs: 50_000 };
    const data = { puzzleIndices: Int32Array.from({ length: 1001 }, (_, i) => i), setGroups: Int32Array.of(0, 1000) };
    expect(stepsInAll(config, { total_groups: 1000, mean_puzzle_examples: 1 })).toBe(65_104);
    expect(batchesInAll(config, data)).toBe(65_104);
    expect(batchesInAll({ ...config, eval_interval: 5_000 }, data)).toBe(65_100);
  });

  test('rows are the examples named, labels with ignored ones marked', () => {
    const [batch] = all(new BatchSampler(split(singles(6)), { seed: 0, global_batch_size: 6, epochs: 1 }));
    expect([...batch!.inputs]).toEqual([...batch!.examples].flatMap(example => [example, example]));
    expect([...batch!.labels]).toEqual([...batch!.examples].flatMap(example => [example === 0 ? IGNORE_LABEL_ID : example, IGNORE_LABEL_ID]));
  });
});

describe('continuing', () => {
  test('from any position the rest is identical, augmentation included', () => {
    const data = split([[3, 3], [2], [1, 1, 1]], [[2], [2, 1]]);
    const config = { seed: 3, global_batch_size: 4, epochs: 12, eval_interval: 4 };
    const augment = (inputs: Int32Array, _labels: Int32Array, stream: RandomStream) => (inputs[0] = stream.integer(0, 99));
    const whole = new BatchSampler(data, config, augment);
    const positions: SamplerPosition[] = [];
    const batches: TrainingBatch[] = [];
    for (;;) {
      positions.push(JSON.parse(JSON.stringify(whole.position)) as SamplerPosition);
      const batch = whole.next();
      if (!batch) break;
      batches.push(batch);
    }
    expect(batches.length).toBeGreaterThan(6);
    expect(new Set(batches.map(batch => batch.inputs.join())).size).toBe(batches.length);
    positions.forEach((position, i) => expect(all(new BatchSampler(data, config, augment, position))).toEqual(batches.slice(i)));
    expect(positions.at(-1)).toEqual({ block: 6, cursor: 0, batch: 0 });
  });

  test('epochs done go from 0 to all of them', () => {
    const sampler = new BatchSampler(split(singles(4)), { seed: 0, global_batch_size: 2, epochs: 4, eval_interval: 2 });
    const done = [sampler.epochsDone];
    while (sampler.next()) done.push(sampler.epochsDone);
    expect(done).toEqual([0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4]);
  });

  test('another seed gives another order', () => {
    const data = split(singles(20));
    const order = (seed: number) => examplesOf(all(new BatchSampler(data, { seed, global_batch_size: 20, epochs: 1 })));
    expect(order(0)).toEqual(order(0));
    expect(order(1)).not.toEqual(order(0));
  });
});

describe('refusals', () => {
  test('no full batch between evaluations', () => {
    const failure = failureOf(() => new BatchSampler(split(singles(3)), { seed: 0, global_batch_size: 8, epochs: 4, eval_interval: 2 }));
    expect(failure.code).toBe('no-full-batch');
    expect(failure.message).toContain('3 groups in 2 epochs');
    expect(failure.message).toContain('global_batch_size: 8');
    expect(failure.next).toContain('eval_interval');
  });

  test('an interval that does not divide the epochs', () => {
    const failure = failureOf(() => new BatchSampler(split(singles(3)), { seed: 0, global_batch_size: 1, epochs: 10, eval_interval: 4 }));
    expect(failure.message).toBe('eval_interval: 4 does not divide epochs: 10.');
    expect(failure.next).toBe('Set eval_interval to 2, or epochs to 12.');
  });
});
