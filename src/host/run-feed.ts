/**
 * Follows one run's metrics file into its chart data. Whatever tells that there may be something new (the control socket, a
 * file watcher, a slow clock) only wakes the reader; what counts is what the file says, so that nothing comes twice and
 * nothing is missed, with or without a socket.
 */
import * as vscode from 'vscode';
import { MetricsReader } from '../runs/metrics-reader';
import { watchRun, type Watch } from '../runs/watch-run';
import type { Log } from './notify';
import { problemOf, problemText } from './problem';
import { RunDataStore } from './run-data';

/** Milliseconds between looks when nobody tells us anything. */
const slowly = 1500;

/** The chart data of one run, kept up to date until disposed of. */
export class RunFeed implements vscode.Disposable {
  /** The data so far; another store takes its place when the file was begun anew. */
  store = new RunDataStore();
  private readonly emitter = new vscode.EventEmitter<void>();
  /** There is new data in the store. */
  readonly onDidAppend = this.emitter.event;
  /** The file was read to its end for the first time. */
  readonly loaded: Promise<void>;

  private readonly reader: MetricsReader;
  private readonly watcher: Watch;
  private readonly clock: NodeJS.Timeout;
  private reading: Promise<void> | null = null;
  private again = false;
  private disposed = false;

  constructor(readonly dir: string, private readonly log: Log) {
    this.reader = new MetricsReader(dir);
    this.loaded = this.read();
    this.watcher = watchRun(dir, () => this.wake());
    this.clock = setInterval(() => this.wake(), slowly);
  }

  /** There may be something new in the file. */
  wake(): void {
    if (this.disposed) return;
    if (this.reading === null) void this.read();
    else this.again = true;
  }

  dispose(): void {
    this.disposed = true;
    clearInterval(this.clock);
    this.watcher.dispose();
    this.emitter.dispose();
  }

  private read(): Promise<void> {
    this.reading = this.readToEnd().finally(() => {
      this.reading = null;
      if (this.again) { this.again = false; this.wake(); }
    });
    return this.reading;
  }

  private async readToEnd(): Promise<void> {
    try {
      for (;;) {
        const { restarts } = this.reader;
        const events = await this.reader.read();
        if (this.disposed) return;
        if (this.reader.restarts > restarts) this.store = new RunDataStore();
        this.store.append(events);
        if (events.length > 0) this.emitter.fire();
        if (!this.reader.more) return;
      }
    } catch (error) {
      this.log.warn(problemText(problemOf(error)));
    }
  }
}

/** Feeds by run; the ones not asked for any more are dropped, oldest first, when there are many. */
export class RunFeeds implements vscode.Disposable {
  private readonly feeds = new Map<string, RunFeed>();
  private readonly limit = 10;

  constructor(private readonly log: Log) {}

  /** The feed of a run folder, which begins to be read now if it was not followed yet. */
  follow(dir: string): RunFeed {
    const feed = this.feeds.get(dir) ?? new RunFeed(dir, this.log);
    this.feeds.delete(dir);
    this.feeds.set(dir, feed);
    return feed;
  }

  /** Wakes the feed of a folder, if there is one. */
  wake(dir: string): void { this.feeds.get(dir)?.wake(); }

  /** Ends feeds beyond the limit that nobody uses. */
  prune(used: ReadonlySet<string>): void {
    for (const [dir, feed] of this.feeds) {
      if (this.feeds.size <= this.limit) return;
      if (used.has(dir)) continue;
      feed.dispose();
      this.feeds.delete(dir);
    }
  }

  dispose(): void {
    for (const feed of this.feeds.values()) feed.dispose();
  }
}
