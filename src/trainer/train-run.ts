/**
 * One run, from its folder's point of view: optimiser steps, evaluations, checkpoints, alerts, and what others ask for in
 * between. `train-main.ts` opens everything and hands it over; this file is the loop.
 */
import { statfsSync } from 'node:fs';
import type { ResolvedConfig } from '../config/resolve';
import type { Engine } from '../engine/engine';
import { haltingOf } from '../model/halting';
import type { Model } from '../model/model';
import type { ControlHandlers } from './control-server';
import type { ControlNotifications, TraceRequest, TrainerStatus } from '../protocol/control';
import { arcContext } from '../puzzles/arc-context';
import { EvaluationRows } from '../puzzles/evaluation-rows';
import type { BatchSampler } from '../puzzles/sample-batches';
import { RunFolderError } from '../runs/errors';
import type { NewEvent, RunWriter } from '../runs/run-writer';
import type { GpuWatch } from '../runtime/nvidia';
import type { Best, EvalSummary, RunState, Trace } from '../runs/schema';
import { evalSummarySchema } from '../runs/schema';
import { Evaluator } from '../training/evaluation';
import { isBetter } from '../training/evaluation-tally';
import { snapshotBytes } from '../training/snapshot';
import type { StepReport, Training } from '../training/training';
import { AlertWatch } from './alerts/alert-watch';
import { EditedConfig } from './edited-config';
import { depthOf } from './depth';
import { UsageError } from './failure';
import type { Failure } from './failure';
import { HaltingWindow, windowEnds } from './halting-window';
import { Requests, Stopped } from './requests';
import { RunClock, wallSeconds } from './run-clock';
import { questionFromRow, questionFromTokens, tracePuzzle } from './trace-puzzle';
import type { Question } from './trace-puzzle';
import type { Data } from './workshop';

/** Everything a run works with, open. */
export interface RunParts {
  readonly writer: RunWriter;
  readonly config: ResolvedConfig;
  readonly engine: Engine;
  /** Watches the GPU, when there is one. */
  readonly gpu: GpuWatch | null;
  readonly engineFacts: { name: Engine['name']; threads: number; forward_dtype: 'float32' | 'bfloat16' };
  readonly model: Model;
  readonly data: Data;
  readonly sampler: BatchSampler;
  readonly training: Training;
  readonly totalSteps: number;
  readonly best: Best | null;
  readonly processSeconds: number;
  readonly evaluationDue: boolean;
  /** False when a checkpoint of just this state is on disk. */
  readonly unsaved: boolean;
  /** True for a fork at its beginning, whose state is in a checkpoint of another run. */
  readonly forked: boolean;
  readonly log: (line: string) => void;
  readonly notify: <M extends keyof ControlNotifications>(method: M, params: ControlNotifications[M]) => void;
}

const systemEverySeconds = 10;
type EventBody = NewEvent extends infer E ? (E extends NewEvent ? Omit<E, 'step' | 'examples' | 'wall' | 'process'> : never) : never;

/** A live run. */
export class TrainRun {
  private readonly requests = new Requests();
  private readonly clock: RunClock;
  private readonly edited: EditedConfig;
  private readonly halting = new HaltingWindow();
  private readonly rows: EvaluationRows;
  private readonly alerts: AlertWatch;
  private state: RunState = 'running';
  private activity = 'starting';
  private watched: number[];
  private best: Best | null;
  /** Kept from one evaluation to the next. */
  private evaluator: Evaluator | null = null;
  private evaluationDue: boolean;
  /** True when a checkpoint written now would hold something that none on disk does. */
  private unsaved: boolean;
  private lastCheckpoint = performance.now();
  /** Bytes of the tensors in the last checkpoint; 0 before the first. */
  private checkpointBytes = 0;
  /** Why the run is done, once an evaluation reached stop_when. */
  private reached: string | null = null;
  private lastSystem = 0;
  private lastCpu = process.cpuUsage();
  private lastManifest = performance.now();
  private outbox: Parameters<RunWriter['append']> = [];
  private outboxTimer: NodeJS.Timeout | null = null;

  constructor(private readonly parts: RunParts) {
    const { config, data } = parts;
    this.clock = new RunClock(parts.processSeconds);
    this.edited = new EditedConfig(parts.writer.manifest.config_path, parts.writer.paths.config);
    this.rows = new EvaluationRows(data.test, config.eval_examples, config.seed, Math.min(config.micro_batch_size, data.test.examples));
    this.alerts = new AlertWatch({ halting: haltingOf(config.arch), best: parts.best?.eval ?? null, checkpointBytes: () => this.checkpointBytes });
    this.watched = config.watch.filter(index => index < data.test.examples);
    this.best = parts.best;
    this.evaluationDue = parts.evaluationDue;
    this.unsaved = parts.unsaved;
  }

  /** Trains to the end, or until stopped. Returns why it ended; the checkpoint of the last step is on disk then. */
  async run(): Promise<{ state: 'finished' | 'stopped'; because: string }> {
    const { training, sampler, totalSteps, writer } = this.parts;
    this.setState('running');
    try {
      if (this.parts.forked) await this.checkpoint(); // from here on it needs its parent no more
      for (;;) {
        await this.serve();
        if (this.evaluationDue) {
          await this.evaluate();
          if (this.unsaved) await this.checkpoint();
        }
        if (this.reached || training.step >= totalSteps) break;
        const batch = sampler.next();
        if (!batch) break;
        this.activity = 'training';
        const started = performance.now();
        const report = await training.advance(batch);
        this.unsaved = true;
        this.record(report, (performance.now() - started) / 1000);
        const epochs = sampler.epochsDone;
        this.evaluationDue = (batch.endsInterval || training.step >= totalSteps) && epochs >= this.parts.config.min_eval_interval;
        if (!this.evaluationDue && performance.now() - this.lastCheckpoint > this.parts.config.checkpoint_minutes * 60_000) await this.checkpoint();
      }
      if (this.unsaved) await this.checkpoint();
      return await this.end('finished', this.reached ?? `all ${training.step} steps done`);
    } catch (error) {
      if (!(error instanceof Stopped)) throw error;
      if (this.unsaved) await this.checkpoint();
      return await this.end('stopped', `stopped by the user at step ${training.step}`);
    } finally {
      this.requests.close(new UsageError('The run has ended.', 'Ask its checkpoints instead.'));
      writer.update({ step: training.step, process_seconds: this.clock.seconds });
      this.flushOutbox();
      this.evaluator?.dispose();
    }
  }

  /** Asks the run to write a checkpoint and end. */
  stop(): void {
    this.requests.stop();
    this.tellStatus();
  }

  /** What is asked over the control socket. */
  handlers(): ControlHandlers {
    const later = <T>(work: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> => this.requests.ask(work, signal);
    return {
      hello: () => this.status(),
      status: () => this.status(),
      pause: () => {
        this.requests.pause();
        return this.tellStatus();
      },
      resume: () => {
        this.requests.resume();
        return this.tellStatus();
      },
      stop: async () => {
        this.stop();
        await this.ended;
        return this.status();
      },
      checkpoint: async (_, signal) => ({ checkpoint: await later(() => this.checkpoint(), signal) }),
      evaluate: async (_, signal) => later(async s => {
        await this.evaluate(s);
        return this.parts.writer.manifest.last_eval!;
      }, signal),
      trace: async (request, signal) => later(s => this.trace(request, s), signal),
      watch: ({ puzzles }) => {
        const missing = puzzles.find(index => !Number.isInteger(index) || index < 0 || index >= this.parts.data.test.examples);
        if (missing !== undefined) throw new UsageError(`There is no test puzzle ${missing}; the test data have ${this.parts.data.test.examples}.`, 'Choose a smaller number.');
        this.watched = [...new Set(puzzles)].slice(0, 64);
        return { puzzles: this.watched };
      },
    };
  }

  /** What the run is doing now. */
  status(): TrainerStatus {
    const { training, totalSteps, writer } = this.parts;
    const rate = this.clock.rate;
    return {
      run: writer.manifest.id, state: this.state, step: training.step, totalSteps, activity: this.doing(),
      stepsPerSecond: rate, eta: rate === null ? null : (totalSteps - training.step) / rate,
    };
  }

  /** What it does, in words; between a request and the end of the step that it waits for, what it is about to do. */
  private doing(): string {
    if (this.state !== 'running' || this.activity === 'writing checkpoint') return this.activity;
    if (this.requests.stopping.signal.aborted) return 'stopping after this step';
    return this.requests.pauseAsked ? 'pausing after this step' : this.activity;
  }

  private tellStatus(): TrainerStatus {
    const status = this.status();
    this.parts.notify('status', status);
    return status;
  }

  /** Says on the charts that the run begins or goes on from a checkpoint. */
  markStart(marker: 'start' | 'resume', text: string): void {
    const { training } = this.parts;
    this.emit({ kind: 'marker', marker, text, ...(marker === 'resume' ? { supersedes: training.step } : {}) });
  }

  /** Puts something the user should know on the charts and into the log. */
  alert(level: 'info' | 'warning' | 'error', code: string, message: string, next: string): void {
    this.parts.log(`${level}: ${message} ${next}`);
    this.emit({ kind: 'alert', level, code, message, next });
  }

  /** Says on the charts where the run failed. For whoever ends it, and tells the log and run.json. */
  markFailure({ cause, message, next }: Failure): void {
    this.emit({ kind: 'alert', level: 'error', code: cause === 'non_finite_loss' ? 'non_finite' : 'failed', message, next });
    this.flushOutbox();
  }

  private resolveEnded: () => void = () => undefined;
  private readonly ended = new Promise<void>(resolve => (this.resolveEnded = resolve));

  /** Takes the last state, which is on disk when this returns. */
  private async end(state: 'finished' | 'stopped', because: string): Promise<{ state: 'finished' | 'stopped'; because: string }> {
    const { writer, training } = this.parts;
    this.activity = because;
    this.emit({ kind: 'marker', marker: 'end', text: because });
    writer.update({ state, finished_because: because, step: training.step, process_seconds: this.clock.seconds });
    await writer.flush();
    this.setState(state);
    this.resolveEnded();
    return { state, because };
  }

  private setState(state: RunState): void {
    const { writer, training } = this.parts;
    this.state = state;
    if (state === 'running' || state === 'paused') writer.update({ state, step: training.step, process_seconds: this.clock.seconds });
    this.tellStatus();
  }

  /** Does what others asked for, and waits while paused or until a hindrance has `passed`; throws Stopped when the run is to end. */
  private async serve(passed?: () => Promise<boolean>): Promise<void> {
    await this.requests.serve({
      onPause: () => {
        this.clock.pause();
        this.activity = 'paused';
        this.emit({ kind: 'marker', marker: 'paused' });
        this.setState('paused');
      },
      onContinue: () => {
        this.clock.go();
        this.emit({ kind: 'marker', marker: 'continued' });
        if (!this.requests.stopping.signal.aborted) this.setState('running');
      },
    }, passed);
    this.requests.stopping.signal.throwIfAborted();
    this.parts.writer.beatIfDue();
    this.system();
  }

  private record(report: StepReport, seconds: number): void {
    const { count } = report;
    const mean = (sum: number): number | null => (count ? sum / count : null);
    this.clock.step(seconds);
    this.halting.add(report.halting);
    this.emit({
      kind: 'train', loss: report.loss, lm_loss: report.lm_loss, q_halt_loss: report.q_halt_loss, q_continue_loss: report.q_continue_loss,
      count, accuracy: mean(report.accuracy), exact_accuracy: mean(report.exact_accuracy), q_halt_accuracy: mean(report.q_halt_accuracy), steps: mean(report.steps),
      lr: report.lr, grad_norm: report.grad_norm, ...report.solver, seconds,
    });
    if (windowEnds(report.step, this.parts.config.arch.halt_max_steps, this.parts.totalSteps)) this.emit({ kind: 'halting', per_step: this.halting.take() });
    if (performance.now() - this.lastManifest > 1000) {
      this.lastManifest = performance.now();
      this.parts.writer.update({ step: report.step, process_seconds: this.clock.seconds });
      this.tellStatus();
    }
  }

  /** Evaluates, keeps traces of watched puzzles, remembers the best and whether stop_when is reached. */
  private async evaluate(signal: AbortSignal = this.requests.stopping.signal): Promise<void> {
    const { training, engine, model, config, data, writer, log } = this.parts;
    const weights = await training.inferenceWeights();
    if (this.evaluator) this.evaluator.use(weights);
    const evaluator = (this.evaluator ??= new Evaluator(engine, model, config.arch, weights, Math.min(config.micro_batch_size, data.test.examples)));
    const progress = (done: number, count: number): void => void (this.activity = `evaluating ${done} of ${count} puzzles`);
    progress(0, this.rows.examples.length);
    this.tellStatus();
    try {
      const evaluation = await evaluator.evaluate({
        rows: this.rows, total: this.rows.total, depth: config.arch.halt_max_steps, seed: config.seed, onProgress: progress,
        signal: AbortSignal.any([signal, this.requests.stopping.signal]), breathe: () => this.serve(),
      });
      for (const index of this.watched) {
        const trace = await tracePuzzle(engine, model, config, data.test, weights, this.question(index), config.arch.halt_max_steps, { run: writer.manifest.id, step: training.step }, { breathe: () => this.serve(), signal });
        const file = await this.patiently(() => writer.writeTrace(training.step, index, trace));
        this.parts.notify('trace', { step: training.step, puzzle: index, file });
      }
      // From here on nothing waits: the evaluation is told once, and a run stopped before makes it again.
      const summary: EvalSummary = evalSummarySchema.parse({ ...evaluation, step: training.step });
      this.emit({ kind: 'eval', ...evaluation });
      this.evaluationDue = false;
      this.unsaved = true;
      this.reached = this.stopReason(summary);
      writer.update({ last_eval: summary });
      log(`step ${training.step}: ${summary.exact_count} of ${summary.count} puzzles right (${(100 * summary.exact_accuracy).toFixed(1)} %), ${(100 * summary.accuracy).toFixed(1)} % of cells, ${evaluation.seconds.toFixed(1)} s`);
      if (!this.best || isBetter(summary, this.best.eval)) await this.keepBest(summary);
    } finally {
      this.activity = 'training';
    }
  }

  private context: ReturnType<typeof arcContext> | null = null;

  /** A row of the test split, with what its folder tells of it. */
  private question(index: number): Question {
    const { test, cards } = this.parts.data;
    this.context ??= arcContext(test, cards.test.paths) ?? null;
    return questionFromRow(test, index, this.context ?? undefined);
  }

  private async keepBest(summary: EvalSummary): Promise<void> {
    const { writer, training } = this.parts;
    // The checkpoint must know of itself that it is the best so far, so its name is settled before it is written.
    const best: Best = { checkpoint: `step-${training.step}`, metric: 'exact_accuracy', eval: summary };
    const name = await this.checkpoint(best);
    this.best = { ...best, checkpoint: name };
    await this.patiently(() => writer.writeBest({ ...best, checkpoint: name }));
    this.emit({ kind: 'marker', marker: 'best', text: name });
  }

  private stopReason(summary: EvalSummary): string | null {
    const wanted = Object.entries(this.parts.config.stop_when);
    const reached = wanted.length > 0 && wanted.every(([key, share]) => summary[key.slice('eval/'.length) as 'exact_accuracy' | 'accuracy'] >= share);
    return reached ? `stop_when reached: ${wanted.map(([key, share]) => `${key} >= ${share}`).join(', ')}` : null;
  }

  /** Writes a checkpoint of this step and returns its name. */
  private async checkpoint(best: Best | null = this.best): Promise<string> {
    const { training, writer, config, data, sampler, engineFacts } = this.parts;
    this.activity = 'writing checkpoint';
    const snapshot = await training.snapshot();
    this.checkpointBytes = snapshotBytes(snapshot);
    const { seq_len, vocab_size, num_puzzle_identifiers } = data.train.metadata;
    const name = await this.patiently(() => writer.writeCheckpoint({
      model: snapshot.model, ema: snapshot.ema, optimizer: snapshot.optimizer, carry: snapshot.carry,
      state: {
        step: training.step, seed: config.seed, engine: { name: engineFacts.name, threads: engineFacts.threads, forward_dtype: engineFacts.forward_dtype },
        data: sampler.position, process_seconds: this.clock.seconds, best, evaluation_due: this.evaluationDue, arch: config.arch, seq_len, vocab_size, num_puzzle_identifiers,
      },
    }));
    this.lastCheckpoint = performance.now();
    this.unsaved = false;
    this.emit({ kind: 'marker', marker: 'checkpoint', text: name });
    this.activity = 'training';
    return name;
  }

  /**
   * Writes something large to the run folder. While the disk refuses, the run is paused with an alert and tries again, so
   * that a full disk ends no training; only a request or a stop, which somebody waits for, is told at once.
   */
  private async patiently<T>(write: () => T | Promise<T>): Promise<T> {
    const results: T[] = [];
    const attempt = async (): Promise<RunFolderError | null> => {
      try {
        results.push(await write());
        return null;
      } catch (error) {
        if (error instanceof RunFolderError && ['disk_full', 'read_only', 'io'].includes(error.code)) return error;
        throw error;
      }
    };
    const trouble = await attempt();
    if (trouble) {
      if (this.requests.serving || this.requests.stopping.signal.aborted) throw trouble;
      this.alert('error', trouble.code, trouble.message, `${trouble.next} Training is paused, loses nothing, and goes on by itself.`);
      await this.serve(async () => (await attempt()) === null);
    }
    return results[0]!;
  }

  private async trace(request: TraceRequest, signal: AbortSignal): Promise<Trace> {
    const { training, engine, model, config, data, writer } = this.parts;
    const depth = depthOf(config.arch, request.depth);
    const question = 'index' in request.puzzle ? this.question(request.puzzle.index) : questionFromTokens(data.test, request.puzzle.tokens);
    return tracePuzzle(engine, model, config, data.test, await training.inferenceWeights(), question, depth, { run: writer.manifest.id, step: training.step }, { signal });
  }

  private system(): void {
    const now = performance.now() / 1000;
    if (this.lastSystem && now - this.lastSystem < systemEverySeconds) return;
    const cpu = process.cpuUsage(this.lastCpu);
    const share = this.lastSystem ? (cpu.user + cpu.system) / 1e6 / (now - this.lastSystem) : 0;
    this.lastSystem = now;
    const edited = this.edited.notice();
    if (edited) this.alert('info', 'config_edited', edited.message, edited.next);
    this.lastCpu = process.cpuUsage();
    let disk_free: number | null = null;
    try {
      const disk = statfsSync(this.parts.writer.dir);
      disk_free = disk.bavail * disk.bsize;
    } catch {
      // a disk that cannot be asked is not a reason to stop
    }
    const gpu = this.parts.gpu?.latest();
    this.emit({
      kind: 'system', rss: process.memoryUsage().rss, engine_bytes: this.parts.engine.memory().bytes, cpu_share: share, disk_free,
      ...(gpu ? { gpu_share: gpu.share, gpu_memory: gpu.memory, gpu_temperature: gpu.temperature, gpu_power: gpu.power } : {}),
    });
  }

  /** Stamps an event, writes it to the folder, tells whoever listens, at most ten times a second, and looks whether it means trouble. */
  private emit(body: EventBody): void {
    const { training, config, writer } = this.parts;
    const event = { ...body, step: training.step, examples: training.step * config.global_batch_size, wall: wallSeconds(), process: this.clock.seconds };
    writer.append(event);
    this.outbox.push(event);
    this.outboxTimer ??= setTimeout(() => this.flushOutbox(), 100);
    for (const { code, message, next } of this.alerts.look(event)) this.alert('warning', code, message, next);
  }

  private flushOutbox(): void {
    if (this.outboxTimer) clearTimeout(this.outboxTimer);
    this.outboxTimer = null;
    const { attempt } = this.parts.writer;
    if (this.outbox.length) this.parts.notify('metrics', { events: this.outbox.splice(0).map(event => ({ ...event, attempt })) });
  }
}
