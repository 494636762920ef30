/** The Checkpoint Viewer without its window: what a file's header says, what its values are like, and whose turn it is to be computed. */
import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { findRunOf, readCheckpointFile, stampOf } from '../../src/host/checkpoint-file';
import { encodeSafetensors, readSafetensorsHeader } from '../../src/runs/safetensors';
import { toBfloat16, type StorableTensor } from '../../src/runs/tensor-dtypes';
import { tensorStatistics } from '../../src/runs/tensor-statistics';
import { histogramBins } from '../../src/runs/value-statistics';
import { StatisticsQueue, type Computed } from '../../webview/checkpoint/statistics-queue';
import { orderWords, sortRows } from '../../webview/checkpoint/tensor-order';
import { problemOf, temporaryFolder } from './runs-fixture';

const dir = temporaryFolder();
const never = new AbortController().signal;

function write(tensors: Record<string, StorableTensor>, metadata?: Record<string, string>, folder = dir, name = 'model.safetensors'): string {
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, name);
  writeFileSync(file, encodeSafetensors(tensors, metadata));
  return file;
}
const statisticsOf = (file: string, name: string, onProgress = (): void => undefined, signal = never) => tensorStatistics(file, readSafetensorsHeader(file).tensors.get(name)!, onProgress, signal);

describe('statistics of a tensor', () => {
  it('are those of its values, without what is no number', async () => {
    const file = write({ w: { shape: [6], data: new Float32Array([3, -4, 0, NaN, Infinity, 0]) } });
    const found = await statisticsOf(file, 'w');
    expect(found).toMatchObject({ finite: 4, nonFinite: 2, zeros: 2, norm: 5, mean: -0.25, min: -4, max: 3 });
    expect(found.std).toBeCloseTo(Math.sqrt((3.25 ** 2 + 3.75 ** 2 + 2 * 0.25 ** 2) / 4), 12);
    expect(found.histogram).toHaveLength(histogramBins);
    expect([found.histogram[0], found.histogram.at(-1), found.histogram.reduce((a, b) => a + b)]).toEqual([1, 1, 4]);
  });

  it('hold for every kind of number, for none, and where all are the same', async () => {
    const file = write({
      big: { shape: [2], data: new BigInt64Array([-2n, 4n]) }, half: { shape: [2], data: toBfloat16(new Float32Array([1.5, 2.5])), dtype: 'BF16' },
      same: { shape: [3], data: new Uint8Array([7, 7, 7]) }, none: { shape: [0], data: new Float32Array() }, one: { shape: [], data: new Float64Array([Math.PI]) },
    });
    expect(await statisticsOf(file, 'big')).toMatchObject({ mean: 1, min: -2, max: 4 });
    expect(await statisticsOf(file, 'half')).toMatchObject({ mean: 2, min: 1.5, max: 2.5, std: 0.5 });
    expect(await statisticsOf(file, 'same')).toMatchObject({ mean: 7, std: 0, histogram: [3] });
    expect(await statisticsOf(file, 'none')).toMatchObject({ finite: 0, histogram: [] });
    expect(await statisticsOf(file, 'one')).toMatchObject({ norm: Math.PI, histogram: [1] });
  });

  it('are read in pieces, with progress, and end when nobody wants them', async () => {
    const values = Float32Array.from({ length: 700_000 }, (_, i) => (i % 1000) / 1000);
    const file = write({ first: { shape: [1], data: new Float32Array([1e9]) }, w: { shape: [700_000], data: values } });
    const shares: number[] = [];
    const found = await tensorStatistics(file, readSafetensorsHeader(file).tensors.get('w')!, share => shares.push(share), never);
    expect(found.mean).toBeCloseTo(0.4995, 6);
    expect(found.max).toBeCloseTo(0.999, 6);
    expect(shares.length).toBeGreaterThan(4);
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
    expect(shares.at(-1)).toBe(1);
    const cancel = new AbortController();
    await expect(statisticsOf(file, 'w', () => cancel.abort(), cancel.signal)).rejects.toThrow(/abort/i);
  });

  it('of a file that was cut off meanwhile are an error in words', async () => {
    const file = write({ w: { shape: [4], data: new Float32Array(4) } });
    const entry = readSafetensorsHeader(file).tensors.get('w')!;
    truncateSync(file, entry.end - 4);
    expect((await problemOf(() => tensorStatistics(file, entry, () => undefined, never))).code).toBe('corrupt');
  });
});

describe('a file as it is shown', () => {
  it('lists its tensors and its metadata, each in one safe line', () => {
    const file = write({ 'a\u202e\nb': { shape: [2, 3], data: new Float32Array(6) } }, { k: '<img src=x onerror=alert(1)>\n2' }, path.join(dir, 'elsewhere'));
    const { file: shown, entries } = readCheckpointFile(file);
    expect(shown).toMatchObject({ name: 'model.safetensors', what: 'tensors', count: 1, size: 6, metadata: [['k', '<img src=x onerror=alert(1)> 2']] });
    expect(shown.tensors).toEqual([{ name: 'a b', dtype: 'F32', shape: [2, 3], size: 6, bytes: 24, isRead: true }]);
    expect(entries).toHaveLength(1);
  });

  it('says what a file of a checkpoint holds', () => {
    const checkpoint = path.join(dir, 'run', 'checkpoints', 'step-12');
    const file = write({ w: { shape: [1], data: new Float32Array(1) } }, undefined, checkpoint, 'ema.safetensors');
    expect(readCheckpointFile(file).file.what).toBe('averaged weights (EMA)');
  });

  it('lists tensors of number formats whose values are not read: no whole file is refused for them', () => {
    const header = JSON.stringify({ a: { dtype: 'F8_E4M3', shape: [2, 3], data_offsets: [0, 6] }, b: { dtype: 'C64', shape: [2], data_offsets: [6, 22] }, c: { dtype: 'F4', shape: [4], data_offsets: [22, 24] }, d: { dtype: 'F32', shape: [1], data_offsets: [24, 28] } });
    const start = Buffer.alloc(8);
    start.writeBigUInt64LE(BigInt(header.length));
    const file = path.join(dir, 'other.safetensors');
    writeFileSync(file, Buffer.concat([start, Buffer.from(header), Buffer.alloc(28)]));
    expect(readCheckpointFile(file).file.tensors.map(({ dtype, size, bytes, isRead }) => [dtype, size, bytes, isRead])).toEqual([['F8_E4M3', 6, 6, false], ['C64', 2, 16, false], ['F4', 4, 2, false], ['F32', 1, 4, true]]);
  });

  it('is known to be another when it was written anew', () => {
    const file = write({ w: { shape: [1], data: new Float32Array(1) } }, undefined, dir, 'anew.safetensors');
    const { stamp } = readCheckpointFile(file);
    expect(stamp).toBe(stampOf(file));
    write({ w: { shape: [1], data: new Float32Array([2]) } }, undefined, dir, 'anew.safetensors');
    expect(stampOf(file)).not.toBe(stamp);
    expect(stampOf(path.join(dir, 'gone.safetensors'))).toBeNull();
  });

  it('lists a bounded number of a hostile file\'s tensors', () => {
    const many = Object.fromEntries(Array.from({ length: 2500 }, (_, i) => [`t${i}`, { shape: [1], data: new Float32Array(1) }]));
    const { file, entries } = readCheckpointFile(write(many));
    expect([file.count, file.tensors.length, entries.length, file.size]).toEqual([2500, 2000, 2000, 2500]);
  });

  it('has no run where there is none, or none that can be read', async () => {
    expect(await findRunOf(write({}, undefined, path.join(dir, 'alone')))).toBeNull();
    const checkpoint = path.join(dir, 'broken', 'checkpoints', 'step-3');
    const file = write({}, undefined, checkpoint);
    writeFileSync(path.join(dir, 'broken', 'run.json'), '{"schema": 1');
    expect(await findRunOf(file)).toBeNull();
  });
});

describe('whose turn it is', () => {
  /** A queue over 6 tensors, of which the last is large; answers are given by hand, in the order they were asked for. */
  function queueOfSix() {
    const asked: number[] = [];
    const answers: { resolve: (value: string) => void; reject: (error: Error) => void }[] = [];
    const queue = new StatisticsQueue<string>(6, row => {
      asked.push(row);
      return new Promise((resolve, reject) => answers.push({ resolve, reject }));
    }, row => row !== 5, () => undefined);
    const settle = async (): Promise<void> => { await new Promise(resolve => setImmediate(resolve)); };
    return { queue, asked, answers, settle };
  }

  it('goes through those in sight, one at a time, and leaves large ones until they are selected', async () => {
    const { queue, asked, answers, settle } = queueOfSix();
    for (const row of [2, 1, 5]) queue.see(row, true);
    expect(asked).toEqual([2]);
    answers[0]!.resolve('two');
    await settle();
    expect(asked).toEqual([2, 1]);
    answers[1]!.resolve('one');
    await settle();
    expect(asked).toEqual([2, 1]);
    expect(queue.of(5).kind).toBe('none');
    queue.select(5);
    expect(asked).toEqual([2, 1, 5]);
    expect(queue.of(2)).toEqual({ kind: 'done', statistics: 'two' });
  });

  it('lets the selected one go first and takes up again what it interrupted', async () => {
    const { queue, asked, answers, settle } = queueOfSix();
    queue.see(0, true);
    queue.select(4);
    answers[0]!.reject(new Error('aborted'));
    await settle();
    expect([queue.of(0).kind, queue.of(4).kind]).toEqual(['waiting', 'working']);
    queue.progress(4, 0.5);
    queue.progress(0, 0.9);
    expect(queue.of(4)).toEqual({ kind: 'working', share: 0.5 });
    answers[1]!.resolve('four');
    await settle();
    expect(asked).toEqual([0, 4, 0]);
    answers[2]!.resolve('zero');
    await settle();
    expect(queue.of(0)).toEqual({ kind: 'done', statistics: 'zero' });
  });

  it('forgets what left the sight, keeps a failure, and tries again when asked', async () => {
    const { queue, asked, answers, settle } = queueOfSix();
    queue.see(0, true);
    queue.see(1, true);
    queue.see(1, false);
    answers[0]!.reject(new Error('gone'));
    await settle();
    expect(queue.of(0)).toEqual({ kind: 'failed', message: 'gone' });
    expect(queue.of(1).kind).toBe('none');
    queue.select(0);
    expect(asked).toEqual([0, 0]);
  });

  it('goes on to those out of sight when all are wanted, but for large ones', async () => {
    const { queue, asked, answers, settle } = queueOfSix();
    queue.see(3, true);
    queue.wantAll();
    expect([0, 1, 2, 3, 4, 5].map(row => queue.of(row).kind)).toEqual(['waiting', 'waiting', 'waiting', 'working', 'waiting', 'none']);
    queue.see(3, false);
    queue.see(1, true);
    queue.see(1, false);
    for (let turn = 0; turn < 5; turn++) {
      answers[turn]!.resolve(String(turn));
      await settle();
    }
    expect(asked).toEqual([3, 0, 1, 2, 4]);
    expect(queue.of(5).kind).toBe('none');
  });

  it('asks for nothing more when the file is shown anew', async () => {
    const { queue, asked, answers, settle } = queueOfSix();
    queue.wantAll();
    queue.end();
    answers[0]!.resolve('zero');
    await settle();
    expect(asked).toEqual([0]);
  });
});

describe('an order by computed values', () => {
  const done: Computed<number> = { kind: 'done', statistics: 1 };

  it('has what is not known last, whichever way', () => {
    const norms = [2, NaN, 10, 1];
    expect(sortRows([0, 1, 2, 3], row => norms[row]!, true)).toEqual([2, 0, 3, 1]);
    expect(sortRows([0, 1, 2, 3], row => norms[row]!, false)).toEqual([3, 0, 2, 1]);
  });

  it('says what is not in it yet', () => {
    const of = (...states: Computed<number>[]) => states.map(state => ({ isRead: true, state }));
    expect(orderWords('norm', of(done, done), '64 MiB')).toBe('');
    expect(orderWords('norm', of(done, { kind: 'waiting' }, { kind: 'working', share: 0.5 }), '64 MiB')).toBe('2 tensors still to be read: the order by norm is not final.');
    expect(orderWords('norm', [...of(done, { kind: 'none' }), { isRead: false, state: { kind: 'none' } }], '64 MiB')).toBe(
      'The norm of 1 tensor is not known: those larger than 64 MiB are read when they are selected, and come last until then. 1 tensor of number formats that are not read here comes last.');
  });
});
