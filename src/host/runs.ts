/**
 * All runs of the open workspace folders, as this window knows them. The folders are the index: they are read again when
 * something in them changes, and every few seconds while a run is live, so that a trainer that dies is noticed. A live run
 * also gets a line to its trainer. What reads run folders, and the schemas with it, is loaded once the window is made.
 */
import path from 'node:path';
import * as vscode from 'vscode';
import type { BrokenRun, RunSummary } from '../runs/read-run';
import type { Watch } from '../runs/watch-run';
import { memoryFacts } from '../runtime/memory';
import { LiveRun } from './live-run';
import type { Log } from './notify';
import { problemOf, problemText } from './problem';
import { isLive } from './run-text';
import { runsDirs } from './settings';

/** A run that was asked for and has no folder yet. */
export interface StartingRun { readonly id: string; readonly name: string; readonly dir: string }

/** A run that has just ended, as it was (live, or in the queue) and as it is. */
export interface RunEnd { readonly run: RunSummary; readonly before: RunSummary }

/** Whether its end is still to come: a short run may leave the queue and end between two readings. */
const isOpen = ({ state }: RunSummary): boolean => state === 'queued' || isLive(state);

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
  private readonly lines = new Map<string, LiveRun>();
  /** Crashed attempts whose traces have been looked for. */
  private readonly examined = new Set<string>();
  private readonly starting = new Map<string, StartingRun>();
  private watchers: Watch[] = [];
  private readonly own: vscode.Disposable[] = [];
  private timer: NodeJS.Timeout | undefined;
  private reading: Promise<void> | null = null;
  private again = false;
  private lastRead = 0;
  private disposed = false;

  constructor(private readonly log: Log) {
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
  /** Runs without a folder yet. */
  listStarting(): readonly StartingRun[] { return [...this.starting.values()]; }
  /** The run with this id. */
  get(id: string): RunSummary | undefined { return this.summaries.get(id); }
  /** The line to its trainer, when it is live. */
  line(id: string): LiveRun | undefined { return this.lines.get(id); }

  /** Notes a run whose trainer has just been started, until its folder is there or `ended` is called. */
  begin(run: StartingRun): { ended(): void } {
    this.starting.set(run.id, run);
    this.watch();
    this.changeEmitter.fire();
    return { ended: () => { if (this.starting.delete(run.id)) this.changeEmitter.fire(); } };
  }

  /** Reads all folders now. */
  async refresh(): Promise<void> {
    if (this.reading !== null) {
      this.again = true;
      return this.reading;
    }
    this.reading = this.read();
    try {
      await this.reading;
    } finally {
      this.reading = null;
      if (this.again) { this.again = false; this.soon(); }
    }
  }

  dispose(): void {
    this.disposed = true;
    clearTimeout(this.timer);
    for (const d of [...this.watchers, ...this.own, ...this.lines.values(), this.changeEmitter, this.endEmitter, this.statusEmitter, this.hearEmitter]) d.dispose();
  }

  /** Folders whose runs are listed: the setting's, and those of runs begun from a config outside the workspace. */
  private dirs(): string[] {
    return [...new Set([...runsDirs(), ...[...this.starting.values()].map(s => path.dirname(s.dir)), ...[...this.summaries.values()].map(s => path.dirname(s.dir))])];
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
    if (this.disposed) return;
    clearTimeout(this.timer);
    const wait = Math.max(30, this.lastRead + atMostEvery - Date.now());
    this.timer = setTimeout(() => void this.refresh(), wait);
  }

  private async read(): Promise<void> {
    const began = Date.now();
    const found = new Map<string, RunSummary>();
    const broken: BrokenRun[] = [];
    for (const dir of this.dirs()) {
      try {
        const { listRuns } = await import('../runs/read-run');
        const listed = await listRuns(dir);
        broken.push(...listed.broken);
        for (const run of listed.runs) if (!found.has(run.manifest.id)) found.set(run.manifest.id, await this.concluded(run));
      } catch (error) {
        this.log.warn(problemText(problemOf(error)));
      }
    }
    if (this.disposed) return;
    if (this.lastRead === 0) this.log.info(`${found.size} runs read in ${Date.now() - began} ms`);
    this.lastRead = Date.now();
    const before = this.summaries;
    this.summaries = new Map([...found].sort(([, a], [, b]) => b.manifest.created.localeCompare(a.manifest.created)));
    this.broken = broken;
    const begun = [...this.starting.keys()].filter(id => found.has(id));
    for (const id of begun) this.starting.delete(id);
    this.connect();
    this.changeEmitter.fire();
    for (const [id, run] of this.summaries) {
      const old = before.get(id) ?? (begun.includes(id) ? { ...run, state: 'pending' as const } : undefined);
      if (old && isOpen(old) && !isOpen(run)) this.endEmitter.fire({ run, before: old });
      this.hearEmitter.fire(id);
    }
    const period = this.starting.size > 0 ? whileStarting : [...this.summaries.values()].some(r => isLive(r.state)) ? whileLive : null;
    clearTimeout(this.timer);
    if (period !== null) this.timer = setTimeout(() => void this.refresh(), period);
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
