/**
 * The one writer of a run folder: made by the trainer, alone with the folder as long as it lives. Small things (run.json,
 * metrics) that the disk refuses are kept in memory, reported through `onProblem` and tried again; large things
 * (checkpoints, traces) throw. Once another process has taken the folder over, every call throws 'held'.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { makeFolders, removeFolderQuietly, writeFileAtomic } from './atomic-write';
import { pruneCheckpoints, sweepCheckpoints, writeCheckpointFolder } from './checkpoint-writer';
import type { CheckpointContents } from './checkpoint-writer';
import { RunFolderError, asRunFolderError, systemCode } from './errors';
import { beat, heartbeatInterval } from './heartbeat';
import { MetricsWriter, retryAfter } from './metrics-writer';
import { amendAttempt, assertHolder, claim } from './ownership';
import { insideRun, newRunId, runPaths } from './paths';
import type { RunPaths } from './paths';
import { thisProcess } from './process-identity';
import { issueText, parseJson, readSmallFileSync } from './read-json';
import { bestSchema, metricEventSchema, runManifestSchema } from './schema';
import type { Best, MetricEvent, RunManifest, RunOwner, Trace } from './schema';
import { schemaVersion } from './schema-version';
import { writeTraceFile } from './traces';

type Without<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;
/** A metric event as the trainer gives it; the writer adds the attempt. */
export type NewEvent = Without<MetricEvent, 'attempt'>;

type OwnKeys = 'schema' | 'id' | 'name' | 'created' | 'updated' | 'attempt' | 'owner';
/** What a new run's manifest begins with; what is left out is empty. */
export type NewManifest = Pick<RunManifest, 'config_path' | 'config'> & Partial<Omit<RunManifest, OwnKeys>>;
/** What may change in a manifest. */
export type ManifestPatch = Partial<Omit<RunManifest, 'schema' | 'id' | 'created' | 'updated' | 'attempt' | 'owner'>>;

/** How a run is begun. */
export interface NewRun {
  readonly runsDir: string;
  /** Display name. */
  readonly name: string;
  /** The beginning of the id: the config's name. Default: the display name. */
  readonly idFrom?: string | undefined;
  /** The user's config file, byte for byte. */
  readonly configText: string | Uint8Array;
  /** Files the config includes, byte for byte; their names as the config sees them, with `/`, so that the copy is a config too. */
  readonly included?: readonly { readonly name: string; readonly bytes: Uint8Array }[];
  readonly manifest: NewManifest;
  /** Default: newRunId(name). */
  readonly id?: string | undefined;
}

const newOwner = (): RunOwner => ({ ...thisProcess(), nonce: randomBytes(16).toString('hex'), socket: null });

/** Makes a run's folder, which must not exist; a name drawn by chance is drawn again when it does. Returns the id. */
function makeFolder(runsDir: string, name: string, given: string | undefined): string {
  const dir = path.resolve(runsDir);
  try {
    if (existsSync(dir) && !statSync(dir).isDirectory()) {
      throw new RunFolderError('io', `Cannot make a run in ${dir}: it is a file, not a folder.`, 'Move that file away, or choose another runs folder.');
    }
    makeFolders(dir);
    for (let tries = 1; ; tries++) {
      const id = given ?? newRunId(name);
      if (!/^[\w-][\w.-]*$/.test(id)) throw new RunFolderError('shape', `${JSON.stringify(id)} cannot be a run id.`, 'Use letters, digits, ".", "-" and "_".');
      try {
        mkdirSync(path.join(dir, id));
        return id;
      } catch (error) {
        if (given !== undefined || tries === 20 || systemCode(error) !== 'EEXIST') throw asRunFolderError(error, `make the run folder ${path.join(dir, id)}`);
      }
    }
  } catch (error) {
    throw asRunFolderError(error, `make the runs folder ${dir}`);
  }
}

const asText = (manifest: RunManifest): string => `${JSON.stringify(manifest, null, 2)}\n`;

/** Makes a run's folder with its config, and hands it on with its manifest, which nobody has written; what `take` throws leaves nothing behind. */
function begin<T>(run: NewRun, take: (dir: string, manifest: RunManifest) => T): T {
  const id = makeFolder(run.runsDir, run.idFrom ?? run.name, run.id);
  const dir = path.resolve(run.runsDir, id);
  try {
    const { traces, checkpoints, config } = runPaths(dir);
    mkdirSync(traces);
    mkdirSync(checkpoints);
    writeFileAtomic(config, run.configText);
    for (const { name, bytes } of run.included ?? []) {
      const file = insideRun(dir, name);
      makeFolders(path.dirname(file));
      writeFileAtomic(file, bytes);
    }
    const now = new Date().toISOString();
    return take(dir, {
      overrides: [], dataset: null, engine: null, versions: {}, parameters: null, total_steps: null, step: 0, state: 'pending',
      process_seconds: 0, failure: null, finished_because: null, last_eval: null, notes: '', tags: [], parent: null,
      ...run.manifest,
      schema: schemaVersion, id, name: run.name, created: now, updated: now, attempt: 0, owner: newOwner(),
    });
  } catch (error) {
    removeFolderQuietly(dir);
    throw asRunFolderError(error, `make the run folder ${dir}`);
  }
}

/** The writer of one run folder. */
export class RunWriter {
  readonly dir: string;
  readonly attempt: number;
  readonly paths: RunPaths;
  /** Called when the disk begins to refuse (once per kind of trouble); what was to be written is kept and tried again. */
  onProblem: (problem: RunFolderError) => void = () => undefined;
  /** Called when everything kept has been written after all. */
  onRecovered: () => void = () => undefined;
  private current: RunManifest;
  private readonly metrics: MetricsWriter;
  /** run.json is older than `current`. */
  private manifestTrouble: RunFolderError | null = null;
  private manifestRetry: NodeJS.Timeout | null = null;
  private heartbeat: NodeJS.Timeout | null = null;
  private lastBeat = 0;
  private lastCheck = 0;
  private troubled = false;
  private closed = false;

  private constructor(dir: string, manifest: RunManifest) {
    this.dir = dir;
    this.paths = runPaths(dir);
    this.attempt = manifest.attempt;
    this.current = manifest;
    this.metrics = new MetricsWriter(insideRun(dir, 'metrics.jsonl'), trouble => {
      if (!trouble && this.manifestTrouble) this.tryManifest();
      this.report();
    });
  }

  /**
   * Makes a new run folder and holds it. State: pending.
   * @throws RunFolderError disk_full, read_only, io (also when the id is taken): then nothing is left behind.
   */
  static create(run: NewRun): RunWriter {
    return begin(run, (dir, manifest) => {
      const attempt = claim(dir, manifest.owner);
      const writer = new RunWriter(dir, { ...manifest, attempt });
      beat(dir);
      writer.writeManifest();
      return writer;
    });
  }

  /**
   * Makes a new run folder that waits in the queue, and holds it not: whoever reopens it begins the run. Returns the folder.
   * @throws RunFolderError as create.
   */
  static enqueue(run: NewRun): string {
    return begin(run, (dir, manifest) => {
      writeFileAtomic(runPaths(dir).manifest, asText(runManifestSchema.parse({ ...manifest, queue: { added: manifest.created, waiting: true } })));
      return dir;
    });
  }

  /**
   * Takes an existing run folder as its next attempt. State: pending; failure and end are cleared.
   * @param options.takeOver also from a process on another machine whose heartbeat has stopped
   * @throws RunFolderError held, not_a_run, corrupt, newer_schema, disk_full, read_only, io: then the folder is as it was.
   */
  static reopen(dir: string, options: { takeOver?: boolean } = {}): RunWriter {
    const { manifest: file } = runPaths(dir);
    if (!existsSync(file)) throw new RunFolderError('not_a_run', `${dir} is not a run: it has no run.json.`, 'Choose a folder that a training run made.');
    const read = (): RunManifest => parseJson(file, readSmallFileSync(file), runManifestSchema);
    read(); // a damaged run is refused before it is claimed
    const owner = newOwner();
    const attempt = claim(dir, owner, options);
    try {
      const manifest = read();
      const writer = new RunWriter(dir, {
        ...manifest, attempt, owner, state: 'pending', failure: null, finished_because: null, updated: new Date().toISOString(),
        ...(manifest.queue ? { queue: { ...manifest.queue, waiting: false } } : {}),
      });
      sweepCheckpoints(dir);
      beat(dir);
      writer.writeManifest();
      return writer;
    } catch (error) {
      try {
        amendAttempt(dir, attempt, { released: new Date().toISOString() });
      } catch {
        // the process ends; then the attempt counts as gone
      }
      throw asRunFolderError(error, `reopen ${dir}`);
    }
  }

  /** run.json as this writer knows it. */
  get manifest(): Readonly<RunManifest> {
    return this.current;
  }

  /** Secret of the control socket. */
  get nonce(): string {
    return this.current.owner.nonce;
  }

  /** What keeps something from the disk now; null when all is written. */
  get problem(): RunFolderError | null {
    return this.manifestTrouble ?? this.metrics.problem;
  }

  /** Changes run.json. @throws RunFolderError held, shape; disk trouble goes to onProblem and is tried again. */
  update(patch: ManifestPatch): void {
    this.change({ ...this.current, ...patch });
  }

  /** Records where the control socket listens. @throws as update. */
  setSocket(socket: string | null): void {
    this.change({ ...this.current, owner: { ...this.current.owner, socket } });
  }

  /** Appends events; they reach the file at the end of this turn of the event loop. @throws RunFolderError held, shape (e.g. NaN, which JSON cannot hold). */
  append(...events: NewEvent[]): void {
    if (Date.now() - this.lastCheck > 1000) this.check();
    for (const event of events) {
      const full = { ...event, attempt: this.attempt };
      const parsed = metricEventSchema.safeParse(full);
      if (!parsed.success) {
        throw new RunFolderError('shape', `A ${event.kind} event of step ${event.step} does not fit the schema: ${issueText(parsed.error)}`, 'This is an error of the trainer; a value that is not finite must be null or told as an alert.');
      }
      if (parsed.data.kind === 'marker' && parsed.data.supersedes !== undefined) amendAttempt(this.dir, this.attempt, { supersedes: parsed.data.supersedes });
      this.metrics.add(JSON.stringify(parsed.data));
    }
  }

  /** Writes everything that waits and forces it to the disk. @throws RunFolderError when it cannot; what waits is kept. */
  // eslint-disable-next-line @typescript-eslint/require-await -- a promise, so that callers need not change if writing becomes asynchronous
  async flush(): Promise<void> {
    this.metrics.sync();
    const trouble = this.manifestTrouble && this.tryManifest();
    if (trouble) throw trouble;
  }

  /** Writes a kept trace; returns its path relative to the run. @throws RunFolderError held, shape, disk_full, read_only, io. */
  writeTrace(step: number, index: number, trace: Trace): string {
    this.check();
    return writeTraceFile(this.dir, this.attempt, step, index, trace);
  }

  /**
   * Writes a checkpoint, then removes old ones. The arrays must not change until it is done.
   * @returns its name, to give to writeBest
   * @throws RunFolderError held, shape, disk_full, read_only, io: then there is no new checkpoint and the old ones are untouched.
   */
  async writeCheckpoint(contents: CheckpointContents): Promise<string> {
    this.check();
    await this.flush().catch(() => undefined); // metrics up to here first; what is in the way was reported
    const name = await writeCheckpointFolder(this.dir, this.attempt, contents);
    try {
      const keep = this.current.config['keep_checkpoints'];
      pruneCheckpoints(this.dir, typeof keep === 'number' && keep >= 1 ? keep : 3);
    } catch (error) {
      this.onProblem(asRunFolderError(error, 'remove old checkpoints'));
    }
    return name;
  }

  /** Says which checkpoint is best. @throws RunFolderError held, shape, disk_full, read_only, io. */
  writeBest(best: Best): void {
    this.check();
    writeFileAtomic(this.paths.best, `${JSON.stringify(bestSchema.parse(best), null, 2)}\n`);
  }

  /** Begins to give a sign of life every ten seconds. */
  startHeartbeat(): void {
    this.heartbeat ??= setInterval(() => this.beatNow(), heartbeatInterval).unref();
    this.beatNow();
  }

  /** Gives a sign of life now if one is due: for use inside long work that does not let timers run. */
  beatIfDue(): void {
    if (Date.now() - this.lastBeat >= heartbeatInterval) this.beatNow();
  }

  /** Writes what waits, gives the folder back and ends. @throws RunFolderError when something could not be written. */
  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    if (this.heartbeat) clearInterval(this.heartbeat);
    if (this.manifestRetry) clearTimeout(this.manifestRetry);
    try {
      await this.flush();
      this.check();
      amendAttempt(this.dir, this.attempt, { released: new Date().toISOString() });
    } finally {
      this.metrics.close();
    }
  }

  private check(): void {
    assertHolder(this.dir, this.attempt);
    this.lastCheck = Date.now();
  }

  private change(next: RunManifest): void {
    this.check();
    const parsed = runManifestSchema.safeParse({ ...next, updated: new Date().toISOString() });
    if (!parsed.success) throw new RunFolderError('shape', `run.json: ${issueText(parsed.error)}`, 'This is an error of the trainer.');
    this.current = parsed.data;
    this.tryManifest();
  }

  private writeManifest(): void {
    writeFileAtomic(this.paths.manifest, asText(this.current));
  }

  private tryManifest(): RunFolderError | null {
    if (this.manifestRetry) clearTimeout(this.manifestRetry);
    this.manifestRetry = null;
    try {
      this.writeManifest();
      this.manifestTrouble = null;
    } catch (error) {
      this.manifestTrouble = asRunFolderError(error, `write ${this.paths.manifest}`);
      if (!this.closed) this.manifestRetry = setTimeout(() => this.retryManifest(), retryAfter).unref();
    }
    this.report();
    return this.manifestTrouble;
  }

  private retryManifest(): void {
    try {
      this.check();
    } catch {
      return; // taken over: the next call of the trainer says so
    }
    this.tryManifest();
  }

  /** Tells the trainer when trouble begins and ends. */
  private report(): void {
    const { problem } = this;
    if (problem && !this.troubled) this.onProblem(problem);
    if (!problem && this.troubled) this.onRecovered();
    this.troubled = problem !== null;
  }

  private beatNow(): void {
    try {
      beat(this.dir);
      this.lastBeat = Date.now();
    } catch (error) {
      this.onProblem(asRunFolderError(error, `touch ${this.paths.heartbeat}`));
    }
  }
}
