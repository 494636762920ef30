/**
 * Begins or resumes a run: opens the folder first, so that whatever goes wrong afterwards is told there, then the data, the
 * engine and the model, and hands all of it to the loop. Ends with the run's last state in its folder.
 */
import { appendFileSync, existsSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { loadConfig } from '../config/load';
import type { ResolvedConfig } from '../config/resolve';
import { parameterCount } from '../model/shapes';
import { fitWeights } from '../published/fit-weights';
import { arcLeak } from '../puzzles/arc-leak';
import { ensureDataset, rowAugmentation } from '../puzzles/build-dataset';
import { DatasetError } from '../puzzles/errors';
import { BatchSampler, batchesInAll, stepsInAll } from '../puzzles/sample-batches';
import { checkpointDir, latestGoodCheckpoint, readCheckpoint } from '../runs/checkpoints';
import type { Checkpoint } from '../runs/checkpoints';
import { RunFolderError } from '../runs/errors';
import { memoryText } from '../runs/memory-need';
import { readRun } from '../runs/read-run';
import { RunWriter } from '../runs/run-writer';
import type { Best } from '../runs/schema';
import type { HostTensors } from '../engine/engine';
import { GpuWatch } from '../runtime/nvidia';
import { Training } from '../training/training';
import type { TrainingSnapshot } from '../training/snapshot';
import { ControlServer } from './control-server';
import { UsageError, describeFailure, exitCodeOf } from './failure';
import type { Failure } from './failure';
import { forkPoint, forkPointAgain, refuseEnded } from './fork';
import type { ForkPoint } from './fork';
import { checkMemory, memoryWarning, withMemoryAdvice } from './memory-check';
import { Preparing } from './preparing';
import { reportFailure } from './report';
import { Stopped } from './requests';
import { weightsAt } from './stored-weights';
import { TrainRun } from './train-run';
import type { RunParts } from './train-run';
import { checkFits, configOfRun, openData, openEngine, openModel } from './workshop';

/** Options of a new run. */
export interface TrainOptions {
  readonly configPath: string;
  readonly runsDir: string;
  readonly id?: string | undefined;
  readonly overrides: readonly string[];
  /** The file that the config counts as: the run names it, and relative paths are from its folder. Default: `configPath`. */
  readonly base?: string | undefined;
  /** A checkpoint of another run, or such a run, to fork from. */
  readonly fork?: string | undefined;
}

/** Options of resuming. */
export interface ResumeOptions {
  readonly dir: string;
  /** Default: the newest good one. */
  readonly checkpoint?: string | undefined;
  readonly takeOver?: boolean | undefined;
  /** Another engine than the checkpoint's; the run is then no longer bit-identical, and says so. */
  readonly engine?: ResolvedConfig['engine'] | undefined;
  /** Another device than the config's. */
  readonly device?: string | undefined;
  /** Another micro_batch_size: the same training up to rounding, in less or more memory. */
  readonly microBatchSize?: number | undefined;
}

/** Milliseconds that an ending trainer may take to let go of its folder. */
const letGoWithin = 10_000;

/** Trains a config in a new run folder. Returns the exit code. Throws only before the folder exists. */
export async function train({ configPath, runsDir, id, overrides, base, fork }: TrainOptions): Promise<number> {
  const stopping = stopAsked();
  const { config, problems, bytes, included } = loadConfig(path.resolve(configPath), overrides);
  const file = path.resolve(base ?? configPath);
  if (!existsSync(path.dirname(file))) throw new UsageError(`The config is of the folder ${path.dirname(file)}, which is not there.`, 'Train a copy of it in a folder of your own.');
  const from = fork === undefined ? null : forkPoint(fork, config);
  const name = path.basename(file).replace(/(\.trm)?\.ya?ml$/, '');
  const writer = RunWriter.create({
    runsDir, name, id, configText: bytes, included,
    manifest: { config_path: file, config: { ...config }, overrides: [...overrides], parent: from && from.parent, dataset: from && from.dataset },
  });
  const warnings = problems.map(({ message }) => message);
  return work(writer, config, { checkpoint: from && from.checkpoint, fork: from, skipped: [], warnings }, stopping);
}

/** Continues a run from a checkpoint. Returns the exit code. Throws only before the folder is taken: it is as it was then. */
export async function resume({ dir, checkpoint, takeOver, engine, device, microBatchSize }: ResumeOptions): Promise<number> {
  const stopping = stopAsked();
  if (checkpoint === undefined) await refuseComplete(path.resolve(dir));
  else checkpointDir(path.resolve(dir), checkpoint);
  const writer = await reopen(path.resolve(dir), takeOver === undefined ? {} : { takeOver });
  try {
    const config = inMicroBatches(configOfRun(writer.manifest), microBatchSize);
    writer.update({ config: { ...config } });
    const { found, skipped } = findCheckpoint(writer.dir, checkpoint);
    const { id, parent } = writer.manifest;
    const fork = found === null && parent ? forkPointAgain(writer.dir, id, parent, config) : null;
    return await work(writer, config, { checkpoint: found ?? (fork && fork.checkpoint), fork, skipped, warnings: [], engine, device }, stopping);
  } catch (error) {
    return fail(writer, error);
  }
}

/** Takes the run folder. A process that has written its last state is about to let go of it: for that it waits, some seconds at most. */
async function reopen(dir: string, options: { takeOver?: boolean }): Promise<RunWriter> {
  const patience = performance.now() + letGoWithin;
  for (;;) {
    try {
      return RunWriter.reopen(dir, options);
    } catch (error) {
      if (!(error instanceof RunFolderError) || error.code !== 'held' || performance.now() > patience) throw error;
      if (!['stopped', 'finished', 'failed'].includes((await readRun(dir)).manifest.state)) throw error;
    }
    await sleep(100);
  }
}

/** The config with another micro_batch_size. Throws UsageError when that does not divide the batch. */
function inMicroBatches(config: ResolvedConfig, size: number | undefined): ResolvedConfig {
  if (size === undefined) return config;
  if (size < 1 || config.global_batch_size % size !== 0) throw new UsageError(`--micro-batch-size ${size} does not divide global_batch_size ${config.global_batch_size}.`, 'Choose a divisor of it.');
  return { ...config, micro_batch_size: size };
}

/** Throws UsageError when nothing is left to do in a run. */
async function refuseComplete(dir: string): Promise<void> {
  const { id, state, step, total_steps } = (await readRun(dir)).manifest;
  if (state === 'finished' && total_steps !== null && step >= total_steps) throw new UsageError(`Run ${id} is complete: all ${total_steps} steps are done.`, 'Start a new run with more epochs.');
}

/** Aborted by SIGTERM or Ctrl-C; asked for before a folder is made or taken, so that none is left half made. */
function stopAsked(): AbortController {
  const stopping = new AbortController();
  const stop = (): void => stopping.abort(new Stopped());
  process.on('SIGTERM', stop).on('SIGINT', stop);
  return stopping;
}

function findCheckpoint(dir: string, name: string | undefined): { found: string | null; skipped: string[] } {
  if (name !== undefined) return { found: checkpointDir(dir, name), skipped: [] };
  const { checkpoint, skipped } = latestGoodCheckpoint(dir);
  return { found: checkpoint ? checkpointDir(dir, checkpoint.name) : null, skipped: skipped.map(s => `${s.name}: ${s.problem}`) };
}

interface Beginning {
  /** Folder of the checkpoint to continue from; null: from the beginning. */
  readonly checkpoint: string | null;
  /** Set when that is one of another run. */
  readonly fork?: ForkPoint | null;
  readonly skipped: readonly string[];
  readonly warnings: readonly string[];
  readonly engine?: ResolvedConfig['engine'] | undefined;
  readonly device?: string | undefined;
}

async function work(writer: RunWriter, config: ResolvedConfig, beginning: Beginning, stopping: AbortController): Promise<number> {
  const log = logger(writer);
  let control: ControlServer | null = null;
  const notify: RunParts['notify'] = (method, params) => control?.notify(method, params);
  const preparing = new Preparing({ writer, stopping, notify });
  let trained: TrainRun | null = null;
  try {
    writer.startHeartbeat();
    writer.onProblem = problem => log(`cannot write: ${problem.message} It is kept and tried again. ${problem.next}`);
    log(`run ${writer.manifest.id}, attempt ${writer.attempt}, process ${process.pid}`);
    control = await ControlServer.listen(writer.nonce, preparing.handlers());
    writer.setSocket(control.socket);
    const { data, warnings } = await prepareData(writer, config, preparing, log, stopping.signal);
    const checkpoint = beginning.checkpoint === null ? null : readCheckpoint(beginning.checkpoint);
    if (checkpoint) checkFits(checkpoint.state, config, data.train.metadata);
    const initial = checkpoint || config.load_checkpoint === null ? null
      : fitWeights(await weightsAt(path.resolve(path.dirname(writer.manifest.config_path), config.load_checkpoint)), config.arch, data.train.metadata);
    await preparing.stage('starting the engine');
    const { engine, facts } = await openEngine(config, { ...engineOf(beginning, checkpoint), device: beginning.device });
    await preparing.stage('preparing the training');
    const model = openModel(config, data.train.metadata);
    const counts = parameterCount(config.arch, data.train.metadata);
    const scheduled = stepsInAll(config, data.train.metadata);
    const totalSteps = Math.min(scheduled, batchesInAll(config, data.train) ?? scheduled);
    if (totalSteps < 1) throw new DatasetError('no-full-batch', `${config.epochs} epochs of ${data.train.examples} examples give no full batch of ${config.global_batch_size}.`, 'Raise epochs or lower global_batch_size.');
    if (beginning.fork) refuseEnded(beginning.fork, totalSteps);

    const memory = await checkMemory(config, data.train.metadata, facts, engine.gpu && (engine.gpu.free ?? engine.gpu.memory));
    writer.update({ engine: facts, memory });
    log(memoryText(memory));

    const sampler = new BatchSampler(data.train, config, rowAugmentation(config.dataset, data.train.metadata), checkpoint?.state.data);
    const training = Training.open({ engine, config, model, data: data.train.metadata, totalSteps: scheduled, snapshot: checkpoint ? snapshotOf(checkpoint) : null, initial });
    writer.update({
      engine: facts, versions: { ...engine.versions, node: process.versions.node }, parameters: { dense: counts.dense, puzzle_emb: counts.puzzleEmbedding },
      total_steps: totalSteps, dataset: data.cards, step: training.step,
    });
    log(`engine ${facts.name} (${facts.device}): ${facts.why}`);
    const best = bestOf(writer, checkpoint);
    if (best) writer.writeBest(best);

    const gpu = engine.gpu ? new GpuWatch(engine.gpu.uuid || String(engine.gpu.index), why => run.alert('info', 'gpu_watch', `The GPU's use, memory and temperature are no longer measured: ${why}.`, 'Training goes on.')) : null;
    const run = trained = new TrainRun({
      writer, config, engine, gpu, engineFacts: facts, model, data, sampler, training, totalSteps, log,
      best, processSeconds: checkpoint?.state.process_seconds ?? 0, evaluationDue: checkpoint?.state.evaluation_due ?? false, unsaved: !checkpoint, forked: Boolean(beginning.fork),
      notify,
    });
    writer.onProblem = problem => run.alert('warning', problem.code, `${problem.message} What was to be written is kept and tried again.`, problem.next);
    writer.onRecovered = () => run.alert('info', 'disk', 'The disk takes writes again; nothing was lost.', '');
    stopping.signal.addEventListener('abort', () => run.stop());
    if (stopping.signal.aborted) run.stop();
    control.handOver(run.handlers());
    if (beginning.fork) run.markStart(writer.attempt > 1 ? 'resume' : 'start', `forked from step ${beginning.fork.parent.step} of ${beginning.fork.parent.run}`);
    else run.markStart(checkpoint || writer.attempt > 1 ? 'resume' : 'start', checkpoint ? `from ${path.basename(beginning.checkpoint!)}` : initial ? `from the weights of ${config.load_checkpoint!}` : 'from the beginning');
    for (const note of [...beginning.warnings, ...facts.notes]) run.alert('info', 'note', note, '');
    for (const warning of warnings) run.alert('warning', 'data', warning, '');
    for (const note of initial?.notes ?? []) run.alert('warning', 'load_checkpoint', note, '');
    const warning = memoryWarning(memory);
    if (warning) run.alert('warning', 'memory', warning.message, warning.next);
    for (const skipped of beginning.skipped) run.alert('warning', 'bad_checkpoint', `Skipped a damaged checkpoint: ${skipped}`, checkpoint ? 'An older one is used.' : 'There is no other: the run begins anew.');
    if (checkpoint && (checkpoint.state.engine.name !== facts.name || checkpoint.state.engine.threads !== facts.threads)) {
      run.alert('warning', 'engine', `The checkpoint was made on ${checkpoint.state.engine.name} with ${checkpoint.state.engine.threads} threads, this is ${facts.name} with ${facts.threads}.`, 'The run goes on to rounding, not bit for bit.');
    }
    const { state, because } = await run.run();
    log(`${state}: ${because}`);
    training.dispose();
    await writer.close();
    return 0;
  } catch (error) {
    if (!(error instanceof Stopped)) return await fail(writer, error, log, trained);
    writer.update({ state: 'stopped', finished_because: preparing.because });
    await writer.close();
    return 0;
  } finally {
    preparing.ended();
    await control?.close();
  }
}

/** The best so far as the checkpoint knows it; null when its checkpoint is gone, so that the next evaluation is kept. */
function bestOf(writer: RunWriter, checkpoint: Checkpoint | null): Best | null {
  const best = checkpoint?.state.best ?? null;
  return best && existsSync(path.join(writer.paths.checkpoints, best.checkpoint)) ? best : null;
}

/** Makes sure the data are there and are those the run began with. */
async function prepareData(writer: RunWriter, config: ResolvedConfig, preparing: Preparing, log: (line: string) => void, signal: AbortSignal): Promise<{ data: ReturnType<typeof openData>; warnings: string[] }> {
  const folder = path.dirname(writer.manifest.config_path);
  const told = preparing.building();
  const { folders, built } = await ensureDataset(config, folder, {
    signal,
    onBuild: where => log(`building the dataset in ${where}`),
    onProgress: progress => {
      writer.beatIfDue();
      told(progress);
    },
  });
  for (const note of built?.notes ?? []) log(note);
  await preparing.stage('reading the data');
  const data = openData(folders, config);
  const before = writer.manifest.dataset;
  for (const split of ['train', 'test'] as const) {
    if (before && before[split].content_hash !== data.cards[split].content_hash) {
      throw new DatasetError('mismatch', `The ${split} data in ${data.cards[split].paths.join(', ')} are not those the run began with (content hash ${shortHash(before[split].content_hash)} then, ${shortHash(data.cards[split].content_hash)} now).`, 'Put the old data back, or start a new run.');
    }
  }
  const leak = arcLeak(folders.train, folders.test);
  return { data, warnings: [...(built?.warnings ?? []), ...(leak === undefined ? [] : [leak])] };
}

/** Enough of a content hash to tell two apart. */
const shortHash = (hash: string): string => hash.replace(/^sha256:/, '').slice(0, 12);

function engineOf({ engine, fork }: Beginning, checkpoint: Checkpoint | null): { name?: ResolvedConfig['engine']; threads?: number } {
  if (engine !== undefined) return { name: engine };
  if (fork) return {}; // a run of its own: its config decides
  return checkpoint ? { name: checkpoint.state.engine.name, threads: checkpoint.state.engine.threads } : {};
}

/** A checkpoint as training takes it. */
export function snapshotOf({ state, model, ema, optimizer, carry }: Checkpoint): TrainingSnapshot {
  return { step: state.step, model: hostTensors(model), ema: ema ? hostTensors(ema) : null, optimizer: hostTensors(optimizer), carry: hostTensors(carry) };
}

/** Stored tensors as engines take them; throws RunFolderError on a dtype that no training writes. */
function hostTensors(stored: Checkpoint['model']): HostTensors {
  return Object.fromEntries(Object.entries(stored).map(([name, { shape, data, dtype }]) => {
    if (!(data instanceof Float32Array || data instanceof Int32Array)) throw new RunFolderError('shape', `Tensor ${name} is ${dtype}; a checkpoint to continue from holds F32 and I32 only.`, 'Use a checkpoint that a run wrote.');
    return [name, { shape, data }];
  }));
}

/** When the numbers became none: which checkpoint is from before that, if there is one. */
function withLastCheckpoint(failure: Failure, dir: string): Failure {
  if (failure.cause !== 'non_finite_loss') return failure;
  const { checkpoint } = latestGoodCheckpoint(dir);
  return checkpoint ? { ...failure, next: `${failure.next} The checkpoint of step ${checkpoint.step} is from before: it can be evaluated and inspected.` } : failure;
}

/** Records the failure in the folder, on the charts of a run that trained, and on standard error. */
async function fail(writer: RunWriter, error: unknown, log = logger(writer), run: TrainRun | null = null): Promise<number> {
  const failure = withLastCheckpoint(withMemoryAdvice(describeFailure(error), writer.manifest), writer.dir);
  log(`failed: ${failure.message} ${failure.next}`);
  if (failure.cause === 'internal' && error instanceof Error) log(error.stack ?? '');
  reportFailure(failure);
  try {
    run?.markFailure(failure);
    writer.update({ state: 'failed', failure });
    await writer.close();
  } catch (last) {
    log(`the folder could not be told: ${describeFailure(last).message}`);
  }
  return exitCodeOf(error);
}

function logger(writer: RunWriter): (line: string) => void {
  return line => {
    try {
      appendFileSync(writer.paths.log, `${new Date().toISOString()} ${line}\n`);
    } catch {
      // a full disk must not end a training because of its log
    }
  };
}
