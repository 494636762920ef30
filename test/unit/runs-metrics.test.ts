import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { MetricsReader, dropSuperseded } from '../../src/runs/metrics-reader';
import { RunWriter } from '../../src/runs/run-writer';
import type { MetricEvent } from '../../src/runs/schema';
import { problemOf, temporaryFolder, trainSteps } from './runs-fixture';
import { newRun, resumeMarker, trainEvent } from './runs-values';

const line = (step: number, attempt = 1): string => `${JSON.stringify({ ...trainEvent(step), attempt })}\n`;

/** A run folder with only this metrics.jsonl. */
function withMetrics(text: string | Buffer): { dir: string; file: string } {
  const dir = temporaryFolder();
  const file = path.join(dir, 'metrics.jsonl');
  writeFileSync(file, text);
  return { dir, file };
}

it('writes the events of one turn together, each with its attempt', async () => {
  const writer = newRun(temporaryFolder());
  writer.append(trainEvent(1), trainEvent(2));
  writer.append(trainEvent(3));
  await new Promise(resolve => setImmediate(resolve));
  await new Promise(resolve => setImmediate(resolve));
  const events = await new MetricsReader(writer.dir).read();
  expect(trainSteps(events)).toEqual([1, 2, 3]);
  expect(events.map(e => e.attempt)).toEqual([1, 1, 1]);
});

it('writes through when the event loop does not turn', () => {
  const writer = newRun(temporaryFolder());
  for (let step = 1; step <= 1000; step++) writer.append(trainEvent(step));
  expect(readFileSync(writer.paths.metrics, 'utf8').split('\n').length).toBeGreaterThan(500);
});

it('refuses an event that readers would not accept', async () => {
  const writer = newRun(temporaryFolder());
  const problem = await problemOf(() => writer.append({ ...trainEvent(3), loss: NaN } as never));
  expect(problem.code).toBe('shape');
  expect(problem.message).toContain('step 3');
  expect(problem.message).toContain('loss');
});

it('waits for a torn last line until it is complete', async () => {
  const whole = line(2);
  const { dir, file } = withMetrics(line(1) + whole.slice(0, 40));
  const reader = new MetricsReader(dir);
  expect(trainSteps(await reader.read())).toEqual([1]);
  expect(await reader.read()).toEqual([]);
  appendFileSync(file, whole.slice(40, 60));
  expect(await reader.read()).toEqual([]);
  appendFileSync(file, whole.slice(60) + line(3));
  expect(trainSteps(await reader.read())).toEqual([2, 3]);
  expect(reader.invalid).toBe(0);
});

it('leaves a torn line where it is on reopening, and no reader takes it for an event', async () => {
  const first = newRun(temporaryFolder());
  first.append(trainEvent(1));
  await first.close();
  const torn = line(2).slice(0, 50);
  appendFileSync(first.paths.metrics, torn);
  const second = RunWriter.reopen(first.dir);
  second.append(resumeMarker(1), trainEvent(2));
  await second.close();
  expect(readFileSync(first.paths.metrics, 'utf8')).toContain(`${torn}\n`);
  const reader = new MetricsReader(first.dir);
  const events = await reader.read();
  expect(trainSteps(events)).toEqual([1, 2]);
  expect(events.map(e => e.attempt)).toEqual([1, 2, 2]);
  expect(reader.invalid).toBe(1);
});

it('drops what a resume superseded, and only that', () => {
  const train = (attempt: number, step: number): MetricEvent => ({ ...trainEvent(step), attempt });
  const resume = (attempt: number, step: number): MetricEvent => ({ ...resumeMarker(step), attempt });
  const events = [train(1, 1), train(1, 2), train(1, 3), resume(2, 2), train(2, 3), train(2, 4), resume(3, 1), train(3, 2)];
  expect(dropSuperseded(events)).toEqual([train(1, 1), resume(3, 1), train(3, 2)]);
  expect(dropSuperseded(events.slice(0, 6))).toEqual([train(1, 1), train(1, 2), resume(2, 2), train(2, 3), train(2, 4)]);
  expect(dropSuperseded(events.slice(0, 3))).toEqual(events.slice(0, 3));
});

it('skips and counts what is no event', async () => {
  const { dir } = withMetrics([
    'not json', '{"kind":"train"}', '[]', 'null', '{"kind":"new-kind","attempt":1,"step":1}', '{"__proto__":{"x":1}}', '\0'.repeat(50), '',
  ].join('\n') + '\n' + line(5));
  const reader = new MetricsReader(dir);
  expect(trainSteps(await reader.read())).toEqual([5]);
  expect(reader.invalid).toBe(7);
});

it('reads a large file piece by piece, wherever a piece ends', async () => {
  for (const [limit, count] of [[1, 5], [7, 20], [100, 50], [4096, 300], [1 << 20, 300]] as const) {
    const text = Array.from({ length: count }, (_, i) => line(i + 1)).join('').replaceAll('"kind"', '"ümläut":"✓","kind"');
    const { dir } = withMetrics(text);
    const reader = new MetricsReader(dir, limit);
    const steps: number[] = [];
    let largest = 0;
    await reader.readAll(events => {
      largest = Math.max(largest, events.length);
      steps.push(...trainSteps(events));
    });
    expect(steps).toEqual(Array.from({ length: count }, (_, i) => i + 1));
    expect(largest).toBeLessThanOrEqual(Math.ceil(limit / 100));
    expect(reader.more).toBe(false);
  }
});

it('passes over a line of many megabytes without holding it', async () => {
  const { dir } = withMetrics(Buffer.concat([Buffer.from(line(1)), Buffer.alloc(30 << 20, 'x'), Buffer.from(`\n${line(2)}`)]));
  const reader = new MetricsReader(dir, 1 << 20);
  const steps: number[] = [];
  await reader.readAll(events => steps.push(...trainSteps(events)));
  expect(steps).toEqual([1, 2]);
  expect(reader.invalid).toBe(1);
});

it('begins anew when the file became shorter', async () => {
  const { dir, file } = withMetrics(line(1) + line(2));
  const reader = new MetricsReader(dir);
  await reader.read();
  truncateSync(file, 0);
  appendFileSync(file, line(9));
  expect(trainSteps(await reader.read())).toEqual([9]);
  expect(reader.restarts).toBe(1);
});

it('has nothing while there is no file, and refuses what is no file', async () => {
  const empty = temporaryFolder();
  expect(await new MetricsReader(empty).read()).toEqual([]);
  mkdirSync(path.join(empty, 'metrics.jsonl'));
  expect((await problemOf(() => new MetricsReader(empty).read())).code).toMatch(/corrupt|io/);
  if (process.platform === 'win32') return;
  const pipe = temporaryFolder();
  execFileSync('mkfifo', [path.join(pipe, 'metrics.jsonl')]);
  expect((await problemOf(() => new MetricsReader(pipe).read())).code).toBe('corrupt');
});

it('passes over a gigabyte without a line in pieces, holds none of it, and reads what follows', async () => {
  const { dir, file } = withMetrics(line(1));
  truncateSync(file, 1 << 30);
  appendFileSync(file, `\n${line(2)}`);
  const reader = new MetricsReader(dir);
  const before = process.memoryUsage().rss;
  let pieces = 0;
  const steps: number[] = [];
  await reader.readAll(events => {
    pieces++;
    steps.push(...trainSteps(events));
  });
  expect(steps).toEqual([1, 2]);
  expect(reader.invalid).toBe(1);
  expect(pieces).toBeGreaterThan(1000);
  expect(process.memoryUsage().rss - before).toBeLessThan(100 << 20);
}, 120_000);
