/**
 * Follows one run's metrics file into its chart data. Whatever tells that there may be something new (the control socket, a
 * file watcher, a slow clock) only wakes the reader; what counts is what the file says, so that nothing comes twice and
 * nothing is missed, with or without a socket.
 */
import type { Disposable } from 'vscode';
import { MetricsReader } from '../runs/metrics-reader';
import { watchRun, type Watch } from '../runs/watch-run';
import type { Log } from './notify';
import { problemOf, problemText, type Problem } from './problem';
import { RunDataStore } from './run-data';

/** Milliseconds between looks when nobody tells us anything. */
const slowly = 1500;

/** The chart data of one run, kept up to date until disposed of. */
export class RunFeed implements Disposable {
  /** The data so far; another store takes its place when the file was begun anew. */
  store = new RunDataStore();
  /** Why the file cannot be read, as of the last try. */
  problem: Problem | null = null;
  private readonly listeners = new Set<() => void>();

  private readonly reader: MetricsReader;
  private readonly watcher: Watch;
  private readonly clock: NodeJS.Timeout;
  private reading: Promise<void> | null = null;
  private again = false;
  private disposed = false;

  constructor(readonly dir: string, private readonly log: Pick<Log, 'warn'>) {
    this.reader = new MetricsReader(dir);
    this.watcher = watchRun(dir, () => this.wake());
    this.clock = setInterval(() => this.wake(), slowly);
    this.wake();
  }

  /** Share of the file that is in the store, 0 to 1. */
  get share(): number { return this.reader.share; }

  /** Calls back when there is new data in the store, or `share` or `problem` changed. */
  onDidChange(listener: () => void): Watch {
    this.listeners.add(listener);
    return { dispose: () => { this.listeners.delete(listener); } };
  }

  /** There may be something new in the file. */
  wake(): void {
    if (this.disposed) return;
    if (this.reading !== null) {
      this.again = true;
      return;
    }
    this.reading = this.readToEnd().finally(() => {
      this.reading = null;
      if (this.again) { this.again = false; this.wake(); }
    });
  }

  dispose(): void {
    this.disposed = true;
    clearInterval(this.clock);
    this.watcher.dispose();
    this.listeners.clear();
  }

  private async readToEnd(): Promise<void> {
    try {
      do {
        const { restarts, share } = this.reader;
        const events = await this.reader.read();
        if (this.disposed) return;
        if (this.reader.restarts > restarts) this.store = new RunDataStore();
        this.store.append(events);
        if (events.length > 0 || this.reader.share !== share || this.problem !== null) this.changed(null);
      } while (this.reader.more);
    } catch (error) {
      const problem = problemOf(error), text = problemText(problem);
      if (this.disposed || (this.problem !== null && problemText(this.problem) === text)) return;
      this.log.warn(text);
      this.changed(problem);
    }
  }

  private changed(problem: Problem | null): void {
    this.problem = problem;
    for (const listener of this.listeners) listener();
  }
}

/** Milliseconds after which a feed that nobody uses ends: when it has read all, and when it has not. */
const unusedFor = { read: 60_000, unread: 5_000 };
/** Feeds that nobody uses at most; the ones asked for longest ago go first. */
const mostUnused = 3;

/** Feeds by run; the ones not used any more are ended. */
export class RunFeeds implements Disposable {
  /** By folder, the one asked for last at the end. */
  private readonly feeds = new Map<string, { readonly feed: RunFeed; used: number }>();

  constructor(private readonly log: Pick<Log, 'warn'>) {}

  /** The feed of a run folder, which begins to be read now if it was not followed yet. */
  follow(dir: string): RunFeed {
    const feed = this.feeds.get(dir)?.feed ?? new RunFeed(dir, this.log);
    this.feeds.delete(dir);
    this.feeds.set(dir, { feed, used: Date.now() });
    return feed;
  }

  /** Whether the folder is followed. */
  has(dir: string): boolean { return this.feeds.has(dir); }

  /** Wakes the feed of a folder, if there is one. */
  wake(dir: string): void { this.feeds.get(dir)?.feed.wake(); }

  /** Ends feeds that nobody has used for a while. Call it every few seconds with the folders that are used. */
  prune(inUse: ReadonlySet<string>): void {
    const now = Date.now();
    const unused = [...this.feeds].filter(([dir]) => !inUse.has(dir));
    for (const [dir, entry] of this.feeds) if (inUse.has(dir)) entry.used = now;
    for (const [i, [dir, { feed, used }]] of unused.entries()) {
      if (i >= unused.length - mostUnused && now - used < (feed.share < 1 ? unusedFor.unread : unusedFor.read)) continue;
      feed.dispose();
      this.feeds.delete(dir);
    }
  }

  dispose(): void {
    for (const { feed } of this.feeds.values()) feed.dispose();
  }
}
