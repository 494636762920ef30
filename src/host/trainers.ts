/**
 * Starting trainer processes: detached ones that train and outlive the editor, and short ones that do one job (a trace, an
 * evaluation, a dataset) with progress, a cancel, and a JSON document as their answer.
 */
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { spawn } from 'node:child_process';
import * as vscode from 'vscode';
import { findNode, type NodeProgram } from '../runtime/node';
import { DEVICE_VARIABLE, RUNTIME_DIR_VARIABLE } from '../runtime/places';
import { spawnTrainer, type StartedTrainer } from '../runtime/spawn-trainer';
import { traceSchema, type Trace } from '../runs/schema';
import { readTraceFile } from '../runs/traces';
import type { Log } from './notify';
import { HostError } from './problem';
import { deviceSetting, nodePathSetting, runtimeDirSetting } from './settings';
import { LineSplitter, parseTrainerLine, startFailure, type JobProgress } from './trainer-output';

/** Largest answer of a job that is read, in bytes. */
const largestAnswer = 256e6;
/** Milliseconds between asking a job to end and ending it. */
const patience = 3000;

/** What a job says while it works: how far it is, and with `onPartial` also what part of it has found. */
export type JobListener = ((progress: JobProgress) => void) | { readonly onProgress: (progress: JobProgress) => void; readonly onPartial: (answer: unknown) => void };

/** Starts trainers of this extension. */
export class Trainers {
  constructor(private readonly extensionUri: vscode.Uri, private readonly log: Log) {}

  /** Starts a trainer that outlives the editor; what it prints goes to `logFile`. */
  async start(args: readonly string[], cwd: string, logFile: string): Promise<StartedTrainer> {
    const node = await this.node();
    this.log.info(`trainer ${args.join(' ')}`);
    return spawnTrainer({ trainerPath: this.trainerPath, node, args, cwd, env: this.env(), logFile });
  }

  /** Runs a trainer in trace mode. @throws HostError with the trainer's own message, RunFolderError when its answer is no trace */
  async trace(args: readonly string[], onProgress: (progress: JobProgress) => void, signal: AbortSignal): Promise<Trace> {
    return this.withAnswer(['trace', ...args], onProgress, signal, readTraceFile);
  }

  /** Runs a trainer in evaluation mode; its answer as it is. @throws HostError with the trainer's own message */
  async evaluate(args: readonly string[], onProgress: (progress: JobProgress) => void, signal: AbortSignal): Promise<unknown> {
    return this.withAnswer(['evaluate', ...args], onProgress, signal, async file => JSON.parse(await readFile(file, 'utf8')) as unknown);
  }

  /** Runs a trainer in the mode that measures accuracy against depth; its answers, partial ones too, as they are. @throws HostError with the trainer's own message */
  async depthCurve(args: readonly string[], listener: JobListener, signal: AbortSignal): Promise<unknown> {
    return this.withAnswer(['depth-curve', ...args], listener, signal, async file => JSON.parse(await readFile(file, 'utf8')) as unknown);
  }

  /** Makes a run of a published checkpoint; the answer as it is. @throws HostError with the trainer's own message */
  async importCheckpoint(args: readonly string[], onProgress: (progress: JobProgress) => void, signal: AbortSignal): Promise<unknown> {
    return this.withAnswer(['import', ...args], onProgress, signal, async file => JSON.parse(await readFile(file, 'utf8')) as unknown);
  }

  /** Writes the weights of a checkpoint to a file. @throws HostError with the trainer's own message */
  async exportWeights(args: readonly string[], onProgress: (progress: JobProgress) => void, signal: AbortSignal): Promise<void> {
    await this.run(['export', ...args], tmpdir(), onProgress, signal);
  }

  /** Builds the dataset of a config. @throws HostError with the trainer's own message */
  async buildData(config: string, onProgress: (progress: JobProgress) => void, signal: AbortSignal): Promise<void> {
    await this.run(['build-data', config], path.dirname(config), onProgress, signal);
  }

  /** A trace that came over a socket, checked. @throws HostError when it is none */
  checked(value: unknown): Trace {
    const parsed = traceSchema.safeParse(value);
    if (parsed.success) return parsed.data;
    throw new HostError('bad_answer', vscode.l10n.t('The trainer answered with something that is no trace.'), vscode.l10n.t('It may be of another version: stop and resume the run.'));
  }

  private get trainerPath(): string { return vscode.Uri.joinPath(this.extensionUri, 'dist', 'trainer.cjs').fsPath; }

  private env(): Record<string, string> {
    const runtimeDir = runtimeDirSetting();
    const device = deviceSetting();
    return { ...(runtimeDir === undefined ? {} : { [RUNTIME_DIR_VARIABLE]: runtimeDir }), ...(device === undefined ? {} : { [DEVICE_VARIABLE]: device }) };
  }

  private node(): Promise<NodeProgram> {
    return findNode(nodePathSetting());
  }

  private async withAnswer<T>(args: readonly string[], listener: JobListener, signal: AbortSignal, read: (file: string) => Promise<T>): Promise<T> {
    const folder = await mkdtemp(path.join(tmpdir(), 'trm-answer-'));
    try {
      const out = path.join(folder, 'answer.json');
      await this.run([...args, '--out', out], folder, listener, signal);
      const facts = await stat(out).catch(() => null);
      if (!facts || facts.size > largestAnswer) throw new HostError('no_answer', vscode.l10n.t('The trainer ended without an answer.'), vscode.l10n.t('See the TRM output channel.'));
      return await read(out);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  /** Runs a job to its end. */
  private async run(args: readonly string[], cwd: string, listener: JobListener, signal: AbortSignal): Promise<void> {
    const { onProgress, onPartial } = typeof listener === 'function' ? { onProgress: listener, onPartial: undefined } : listener;
    const node = await this.node();
    if (signal.aborted) throw new HostError('cancelled', vscode.l10n.t('Cancelled.'), '');
    this.log.info(`trainer ${args.join(' ')}`);
    await new Promise<void>((resolve, reject) => {
      const child = spawn(node.executable, [this.trainerPath, ...args], { cwd, env: { ...process.env, ...node.env, ...this.env() }, stdio: ['ignore', 'ignore', 'pipe'], windowsHide: true });
      let printed = '';
      let cancelled = false;
      let killer: NodeJS.Timeout | undefined;
      const splitter = new LineSplitter(line => {
        printed = `${printed}${line}\n`.slice(-100_000);
        const understood = parseTrainerLine(line);
        if (understood && 'progress' in understood) onProgress(understood.progress);
        else if (understood && 'partial' in understood) onPartial?.(understood.partial);
        else this.log.debug(line);
      });
      const cancel = (): void => {
        cancelled = true;
        child.kill('SIGTERM');
        killer = setTimeout(() => child.kill('SIGKILL'), patience);
      };
      signal.addEventListener('abort', cancel, { once: true });
      child.stderr.setEncoding('utf8').on('data', (chunk: string) => splitter.push(chunk));
      child.once('error', error => { signal.removeEventListener('abort', cancel); reject(new HostError('start', vscode.l10n.t('The trainer cannot be started: {0}.', error.message), vscode.l10n.t('Check the setting trm.nodePath.'))); });
      child.once('close', code => {
        splitter.end();
        clearTimeout(killer);
        signal.removeEventListener('abort', cancel);
        if (cancelled) reject(new HostError('cancelled', vscode.l10n.t('Cancelled.'), ''));
        else if (code === 0) resolve();
        else reject(startFailure(printed, code));
      });
    });
  }
}
