/** What follows a run's metrics: its data and how much of them is there, why they cannot be read, and that nobody's runs are not followed for ever. */
import { appendFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { RunFeed, RunFeeds } from '../../src/host/run-feed';
import { temporaryFolder } from './runs-fixture';
import { trainEvent } from './runs-values';

const line = (step: number): string => `${JSON.stringify({ ...trainEvent(step), attempt: 1 })}\n`;
const ended: { dispose(): unknown }[] = [];
afterEach(() => {
  for (const one of ended.splice(0)) one.dispose();
  vi.useRealTimers();
});

/** A feed, what it logs, and the share and the points there were each time that it told of a change. */
function follow(dir: string) {
  const logged: string[] = [], changes: { share: number; points: number; problem: string | undefined }[] = [];
  const feed = new RunFeed(dir, { warn: (text: string) => { logged.push(text); } });
  ended.push(feed);
  feed.onDidChange(() => changes.push({ share: feed.share, points: feed.store.points, problem: feed.problem?.message }));
  return { feed, logged, changes };
}

it('tells how much of a large file is there', async () => {
  const dir = temporaryFolder();
  const all = 8000;
  writeFileSync(path.join(dir, 'metrics.jsonl'), Array.from({ length: all }, (_, i) => line(i + 1)).join(''));
  const { feed, changes } = follow(dir);
  expect(feed.share).toBe(0);
  await vi.waitFor(() => expect(feed.share).toBe(1));
  expect(changes.length).toBeGreaterThan(1);
  for (const { share, points } of changes) expect(Math.abs(share - points / all)).toBeLessThan(0.01);
  expect(feed.store.points).toBe(all);
});

it('has all of a run that has measured nothing yet', async () => {
  const { feed, changes } = follow(temporaryFolder());
  await vi.waitFor(() => expect(changes).toEqual([{ share: 1, points: 0, problem: undefined }]));
  expect(feed.store.points).toBe(0);
});

it('says why the file cannot be read, logs that once, and takes it back when it can', async () => {
  const dir = temporaryFolder(), file = path.join(dir, 'metrics.jsonl');
  symlinkSync('/dev/zero', file);
  const { feed, logged, changes } = follow(dir);
  await vi.waitFor(() => expect(feed.problem?.message).toContain('metrics.jsonl'));
  expect(feed.problem!.next).not.toBe('');
  for (let i = 0; i < 3; i++) {
    feed.wake();
    await new Promise(resolve => setTimeout(resolve, 50));
  }
  expect([logged.length, changes.length, feed.share]).toEqual([1, 1, 1]);
  rmSync(file);
  appendFileSync(file, line(1));
  feed.wake();
  await vi.waitFor(() => expect(feed.store.points).toBe(1));
  expect([feed.problem, logged.length, changes.length]).toEqual([null, 1, 2]);
});

it('ends those that nobody has used for a minute, sooner what is not read yet, and all but a few at once', async () => {
  const feeds = new RunFeeds({ warn: () => undefined });
  ended.push(feeds);
  const dirs = Array.from({ length: 5 }, () => temporaryFolder());
  const began = dirs.map(dir => feeds.follow(dir));
  const goesOn = (): boolean[] => dirs.map((dir, i) => feeds.has(dir) && feeds.follow(dir) === began[i]);
  await vi.waitFor(() => expect(began.every(({ share }) => share === 1)).toBe(true));
  vi.useFakeTimers({ toFake: ['Date'] });
  expect(goesOn()).toEqual([true, true, true, true, true]);
  feeds.prune(new Set([dirs[0]!]));
  expect(goesOn()).toEqual([true, false, true, true, true]);
  vi.setSystemTime(Date.now() + 59_000);
  feeds.prune(new Set(dirs.slice(0, 2)));
  vi.setSystemTime(Date.now() + 2000);
  feeds.prune(new Set([dirs[0]!]));
  expect(dirs.map(dir => feeds.has(dir))).toEqual([true, false, false, false, false]);
  feeds.follow(dirs[1]!);
  vi.setSystemTime(Date.now() + 6000);
  feeds.prune(new Set([dirs[0]!]));
  expect(feeds.has(dirs[1]!)).toBe(false);
});
