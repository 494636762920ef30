/**
 * All runs of the open workspace folders, and of configs outside them that were trained, as this window knows them. The folders are
 * the index: they are read again when something in them changes, and every few seconds while a run is live, so that a trainer that
 * dies is noticed. A live run also gets a line to its trainer. What reads run folders, and the schemas with it, is loaded once the
 * window is made.
 */
import { realpath } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import type { BrokenRun, RunSummary } from '../runs/read-run';
import type { Watch } from '../runs/watch-run';
import { memoryFacts } from '../runtime/memory';
import { LiveRun } from './live-run';
import type { Log } from './notify';
import { OutsideDirs } from './outside-dirs';
import { problemOf, problemText } from './problem';
import { isLive } from './run-text';
import { runsDirs } from './settings';

/** A run that was asked for. `attempt`: those its folder had before; 0 where there is none yet. */
export interface StartingRun { readonly id: string; readonly name: string; readonly dir: string; readonly attempt: number }

/** A run that has just ended, as it was (live, or in the queue) and as it is. */
export interface RunEnd { readonly run: RunSummary; readonly before: RunSummary }

/** Whether its end is still to come: a short run may leave the queue and end between two readings. */
const isOpen = ({ state }: RunSummary): boolean => state === 'queued' || isLive(state);

/** Whether two paths lead to one folder, by a link: a run that is reached twice is no copy. */
async function isSameFolder(one: string, other: string): Promise<boolean> {
  const [a, b] = await Promise.all([one, other].map(dir => realpath(dir).catch(() => dir)));
  return a === b;
}

/** Milliseconds: the shortest time between two readings of all folders, and the periods while a run starts and while one is live. */
const atMostEvery = 300, whileStarting = 300, whileLive = 5000;

/** The runs of this window. */
export class Runs implements vscode.Disposable {
  private readonly changeEmitter = new vscode.EventEmitter<void>();
  private readonly endEmitter = new vscode.EventEmitter<RunEnd>();
  private readonly statusEmitter = new vscode.EventEmitter<LiveRun>();
  private readonly hearEmitter = new vscode.EventEmitter<string>();
  /** Runs came, went, or changed state. */
  readonly onDidChange = this.changeEmitter.event;
  /** A run that was live or waited has ended. */
  readonly onDidEnd = this.endEmitter.event;
  /** A live trainer said how it is. */
  readonly onDidChangeStatus = this.statusEmitter.event;
  /** There may be something new in the folder of the run with this id. */
  readonly onDidHear = this.hearEmitter.event;

  /** Fulfilled when the folders have been read for the first time. */
  readonly known: Promise<void>;
  private summaries = new Map<string, RunSummary>();
  private broken: readonly BrokenRun[] = [];
  private unreadable: readonly BrokenRun[] = [];
  private readonly lines = new Map<string, LiveRun>();
  /** Crashed attempts whose traces have been looked for. */
  private readonly examined = new Set<string>();
  private readonly starting = new Map<string, StartingRun>();
  private watchers: Watch[] = [];
  private readonly own: vscode.Disposable[] = [];
  private timer: NodeJS.Timeout | undefined;
  private reading: Promise<void> | null = null;
  private nextReading: Promise<void> | null = null;
  private lastRead = 0;
  private disposed = false;

  private readonly outside: OutsideDirs;

  /** `state` outlives the window, and is that of all windows. */
  constructor(private readonly log: Log, state: vscode.Memento) {
    this.outside = new OutsideDirs(state);
    this.own.push(
      vscode.workspace.onDidChangeWorkspaceFolders(() => this.watch()),
      vscode.workspace.onDidChangeConfiguration(e => { if (e.affectsConfiguration('trm.runsDir')) this.watch(); }),
      vscode.workspace.onDidGrantWorkspaceTrust(() => this.soon()),
    );
    this.known = this.refresh();
    void this.known.then(() => this.watch()); // what changed meanwhile is seen then
  }

  /** Newest first. */
  list(): readonly RunSummary[] { return [...this.summaries.values()]; }
  /** Folders among them that cannot be read, and why. */
  listBroken(): readonly BrokenRun[] { return this.broken; }
  /** Runs folders that cannot be read themselves, and why. The runs that were known of one stay listed as they were. */
  listUnreadable(): readonly BrokenRun[] { return this.unreadable; }
  /** Runs without a folder yet. */
  listStarting(): readonly StartingRun[] { return [...this.starting.values()].filter(({ id }) => !this.summaries.has(id)); }
  /** The run with this id. */
  get(id: string): RunSummary | undefined { return this.summaries.get(id); }
  /** The line to its trainer, when it is live. */
  line(id: string): LiveRun | undefined { return this.lines.get(id); }

  /** Notes a run whose trainer has just been started, until its folder tells of it or `ended` is called. */
  begin(run: StartingRun): { ended(): void } {
    this.starting.set(run.id, run);
    if (!runsDirs().includes(path.dirname(run.dir))) this.outside.add(path.dirname(run.dir));
    this.watch();
    this.changeEmitter.fire();
    return { ended: () => { if (this.starting.delete(run.id)) this.changeEmitter.fire(); } };
  }

  /** Reads all folders. Fulfilled by a reading that began after the call: one that is under way may have passed by what the caller means. */
  refresh(): Promise<void> {
    if (this.reading === null) return this.reading = this.read().finally(() => { this.reading = null; });
    return this.nextReading ??= this.reading.finally(() => { this.nextReading = null; }).then(() => this.refresh());
  }

  dispose(): void {
    this.disposed = true;
    clearTimeout(this.timer);
    for (const d of [...this.watchers, ...this.own, ...this.lines.values(), this.changeEmitter, this.endEmitter, this.statusEmitter, this.hearEmitter]) d.dispose();
  }

  /** Folders whose runs are listed: the setting's, and those of runs begun from a config outside the workspace. */
  private dirs(): string[] {
    return [...new Set([...runsDirs(), ...this.outside.list()])];
  }

  /** Watches the folders as they are named now, and reads them soon: something may have changed before. */
  private watch(): void {
    this.soon();
    void this.watchFolders().catch((error: unknown) => this.log.error(problemText(problemOf(error))));
  }

  private async watchFolders(): Promise<void> {
    const { watchRuns } = await import('../runs/watch-run');
    for (const w of this.watchers) w.dispose();
    this.watchers = this.disposed ? [] : this.dirs().map(dir => watchRuns(dir, () => this.soon()));
  }

  /** Reads the folders soon, but not too often. */
  private soon(): void {
    this.readIn(Math.max(30, this.lastRead + atMostEvery - Date.now()));
  }

  private readIn(wait: number): void {
    if (this.disposed) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.timer = undefined;
      void this.refresh();
    }, wait);
  }

  /** Reads the folders after a while, if nothing asks for it sooner. */
  private readAfter(period: number): void {
    if (this.timer === undefined) this.readIn(period);
  }

  private async read(): Promise<void> {
    const began = Date.now();
    clearTimeout(this.timer); // this reading is what it was for; one that is asked for meanwhile is another
    this.timer = undefined;
    const read = await this.readFolders().catch((error: unknown) => {
      this.log.warn(problemText(problemOf(error))); // what reads them is gone, as when the extension has been updated under an open window
      return null;
    });
    if (this.disposed || read === null) return;
    const { found, broken, unreadable } = read;
    if (this.lastRead === 0) this.log.info(`${found.size} runs read in ${Date.now() - began} ms`);
    this.lastRead = Date.now();
    const before = this.summaries;
    this.summaries = new Map([...found].sort(([, a], [, b]) => b.manifest.created.localeCompare(a.manifest.created)));
    [this.broken, this.unreadable] = [broken, unreadable];
    const begun = [...this.starting.values()].filter(({ id, attempt }) => (found.get(id)?.manifest.attempt ?? 0) > attempt).map(({ id }) => id);
    for (const id of begun) this.starting.delete(id);
    this.outside.keep([...unreadable.map(({ dir }) => dir), ...[...this.starting.values(), ...[...found.values()].filter(isOpen)].map(({ dir }) => path.dirname(dir))]);
    this.connect();
    this.changeEmitter.fire();
    for (const [id, run] of this.summaries) {
      const old = begun.includes(id) ? { ...run, state: 'pending' as const } : before.get(id); // it may have begun and ended since
      if (old && isOpen(old) && !isOpen(run)) this.endEmitter.fire({ run, before: old });
      this.hearEmitter.fire(id);
    }
    const period = this.starting.size > 0 ? whileStarting : [...this.summaries.values()].some(r => isLive(r.state)) ? whileLive : null;
    if (period !== null) this.readAfter(period);
  }

  private async readFolders(): Promise<{ found: Map<string, RunSummary>; broken: BrokenRun[]; unreadable: BrokenRun[] }> {
    const { copyOf, listRuns } = await import('../runs/read-run');
    const found = new Map<string, RunSummary>();
    const broken: BrokenRun[] = [], unreadable: BrokenRun[] = [];
    for (const dir of this.dirs()) {
      const isIn = (run: { dir: string }): boolean => path.dirname(run.dir) === dir;
      const listed = await listRuns(dir).catch((error: unknown) => {
        const problem = problemOf(error);
        this.log.warn(problemText(problem));
        unreadable.push({ dir, problem: problem.message, next: problem.next });
        return { runs: [...this.summaries.values()].filter(isIn), broken: this.broken.filter(isIn) };
      });
      broken.push(...listed.broken);
      for (const run of listed.runs) {
        const original = found.get(run.manifest.id);
        if (!original) found.set(run.manifest.id, await this.concluded(run));
        else if (!await isSameFolder(run.dir, original.dir)) broken.push(copyOf(run, original));
      }
    }
    return { found, broken, unreadable };
  }

  /** A run that crashed, with its cause when that was memory; looked for once, and not in a folder nobody trusts. */
  private async concluded(run: RunSummary): Promise<RunSummary> {
    const attempt = `${run.dir} ${run.manifest.attempt}`;
    if (run.state !== 'crashed' || this.examined.has(attempt) || !vscode.workspace.isTrusted) return run;
    this.examined.add(attempt);
    try {
      const { recordMemoryDeath } = await import('../runs/out-of-memory');
      return await recordMemoryDeath(run, { oomKills: (await memoryFacts()).oomKills });
    } catch (error) {
      this.log.warn(problemText(problemOf(error)));
      return run;
    }
  }

  /** Opens lines to live runs of this machine, and closes those of runs that ended. A folder nobody trusts names no socket to us. */
  private connect(): void {
    for (const [id, line] of this.lines) {
      const run = this.summaries.get(id);
      if (run && isLive(run.state)) continue;
      line.dispose();
      this.lines.delete(id);
    }
    if (!vscode.workspace.isTrusted) return;
    for (const [id, run] of this.summaries) {
      if (!isLive(run.state)) continue;
      const line = this.lines.get(id);
      if (line) { line.update(run.manifest.owner); continue; }
      const opened = new LiveRun(id, run.manifest.owner, this.log);
      opened.onDidChangeStatus(status => {
        this.statusEmitter.fire(opened);
        if (status.state !== this.summaries.get(id)?.state) this.soon();
      });
      opened.onDidHear(() => this.hearEmitter.fire(id));
      opened.onDidDisconnect(() => this.soon());
      this.lines.set(id, opened);
    }
  }
}
