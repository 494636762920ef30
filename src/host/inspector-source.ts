/**
 * Where traces come from: the trainer of a live run over its socket, a trainer process in trace mode for everything else,
 * or a file that was kept during training. Traces of checkpoints do not change and are remembered.
 */
import * as vscode from 'vscode';
import { checkpointDir, listCheckpoints, readBest } from '../runs/checkpoints';
import { RunFolderError } from '../runs/errors';
import type { RunSummary } from '../runs/read-run';
import type { Trace } from '../runs/schema';
import { listTraces, readTrace } from '../runs/traces';
import type { BesideChoice, InspectorOptions, TraceChoice } from '../protocol/inspector';
import { Lru } from './lru';
import { HostError } from './problem';
import type { Runs } from './runs';
import { depthLimit, haltMaxSteps, isLive } from './run-text';
import { checkpointChoices, firstCheckpoint, pasteHint, pastedTokens, samePuzzle } from './trace-choice';
import type { Trainers } from './trainers';
import { requireTrust } from './trust';

/** A test puzzle by its number, or any by its tokens. */
type Puzzle = { index: number } | { tokens: number[] };
/** Words about work in progress. */
export type OnProgress = (text: string) => void;

/** How much of traces is remembered, in characters of their arrays: some hundred of 9x9, a handful of 30x30 taken deep. */
const rememberedCharacters = 96 << 20;
const charactersOf = (trace: Trace): number => Object.values(trace).reduce<number>((sum, value) => sum + (typeof value === 'string' ? value.length : 0), 0);

/** Makes and remembers traces. */
export class TraceSource {
  private readonly remembered = new Lru<Trace>(rememberedCharacters, charactersOf);

  constructor(private readonly runs: Runs, private readonly trainers: Trainers) {}

  /** What can be chosen for a run. */
  async options(run: RunSummary): Promise<InspectorOptions> {
    const live = isLive(run.state);
    const { manifest } = run;
    return {
      runName: manifest.name, live,
      checkpoints: checkpointChoices(live, usable(run)),
      puzzles: manifest.dataset?.test.examples ?? 0,
      paste: manifest.dataset ? pasteHint(manifest.dataset.test) : null,
      watched: await listTraces(run.dir),
      haltMaxSteps: haltMaxSteps(manifest.config),
      maxDepth: depthLimit(manifest.config),
    };
  }

  /** The choice an inspector of this run begins with. */
  firstChoice(run: RunSummary, puzzle: TraceChoice['puzzle'] = { index: 0 }, checkpoint?: string): TraceChoice {
    return {
      run: run.manifest.id, puzzle, depth: Math.min(depthLimit(run.manifest.config), haltMaxSteps(run.manifest.config)),
      checkpoint: checkpoint ?? firstCheckpoint(isLive(run.state), usable(run)) ?? 'best',
    };
  }

  /**
   * Makes the trace, or reads the one that was kept.
   * @throws ControlError, HostError, RunFolderError or DatasetError, each with a next step
   */
  async trace(run: RunSummary, choice: TraceChoice, onProgress: OnProgress, signal: AbortSignal): Promise<Trace> {
    if ('index' in choice.puzzle && choice.kept !== undefined) return readTrace(run.dir, choice.kept, choice.puzzle.index);
    const puzzle = 'index' in choice.puzzle ? { index: choice.puzzle.index } : { tokens: tokensOf(run, choice.puzzle.text) };
    return this.make(run, { ...choice, puzzle }, onProgress, signal);
  }

  /**
   * Makes the trace beside another one of run `first`: the same puzzle with the weights and depth of `choice`, which are of `run`.
   * @throws HostError when its model takes no such puzzle; else as `trace`
   */
  async beside(first: { run: RunSummary; trace: Trace }, run: RunSummary, choice: BesideChoice, onProgress: OnProgress, signal: AbortSignal): Promise<Trace> {
    const own = dataOf(first.run).test, other = dataOf(run).test;
    const puzzle = samePuzzle(first.trace, own, other);
    if (!puzzle) {
      throw new HostError('other_puzzles', vscode.l10n.t('The model of {0} cannot be given this puzzle: it was trained on other ones.', run.manifest.name), vscode.l10n.t('Compare with a run on the same data.'));
    }
    return this.make(run, { puzzle, checkpoint: choice.checkpoint, depth: Math.min(choice.depth, depthLimit(run.manifest.config)) }, onProgress, signal);
  }

  private async make(run: RunSummary, choice: { puzzle: Puzzle; checkpoint: string; depth: number }, onProgress: OnProgress, signal: AbortSignal): Promise<Trace> {
    const { puzzle, checkpoint, depth } = choice;
    if (checkpoint === 'live') return this.live(run, puzzle, depth, onProgress, signal);
    const name = checkpoint === 'best' ? bestOf(run) : checkpoint;
    const kept = await this.keptOf(run, name, choice);
    if (kept) return kept;
    requireTrust(vscode.l10n.t('Making a trace starts a program that reads what the run names, and this folder is not trusted yet.'));
    const dir = checkpointDir(run.dir, name);
    const key = JSON.stringify([dir, puzzle, depth]);
    const known = this.remembered.get(key);
    if (known) return known;
    onProgress(vscode.l10n.t('Starting the model of {0}', name));
    const asked = 'index' in puzzle ? ['--puzzle', String(puzzle.index)] : ['--tokens', puzzle.tokens.join(',')];
    const trace = await this.trainers.trace([dir, ...asked, '--depth', String(depth)], progress => onProgress(progress.text), signal);
    this.remembered.set(key, trace);
    return trace;
  }

  /** The checkpoint a choice means. @throws HostError when it means live weights, or there is none */
  checkpointOf(run: RunSummary, { checkpoint }: TraceChoice): string {
    if (checkpoint === 'live') throw new HostError('live', vscode.l10n.t('The live weights go on changing.'), vscode.l10n.t('Choose one of the checkpoints above.'));
    return checkpoint === 'best' ? bestOf(run) : checkpoint;
  }

  /** The trace kept at a checkpoint's step, when it is the one that would be made: same weights, puzzle and depth. */
  private async keptOf(run: RunSummary, checkpoint: string, { puzzle, depth }: { puzzle: Puzzle; depth: number }): Promise<Trace | null> {
    const step = /^step-(\d+)$/.exec(checkpoint)?.[1];
    if (step === undefined || !('index' in puzzle)) return null;
    const watched = (await listTraces(run.dir)).find(w => w.index === puzzle.index);
    if (!watched?.steps.includes(Number(step))) return null;
    try {
      const trace = await readTrace(run.dir, Number(step), puzzle.index);
      return trace.depth === depth ? trace : null;
    } catch (error) {
      if (error instanceof RunFolderError) return null; // damaged or gone: it is made anew
      throw error;
    }
  }

  private async live(run: RunSummary, puzzle: Puzzle, depth: number, onProgress: OnProgress, signal: AbortSignal): Promise<Trace> {
    requireTrust(vscode.l10n.t('Asking a trainer for a trace is not done in a folder that is not trusted yet.'));
    const line = this.runs.line(run.manifest.id);
    if (!line) {
      throw new HostError('not_live', vscode.l10n.t('{0} is not running on this machine, so its present weights cannot be asked for.', run.manifest.name), vscode.l10n.t('Choose one of its checkpoints.'));
    }
    onProgress(vscode.l10n.t('Asking the trainer; it answers between two training steps'));
    return this.trainers.checked(await line.request('trace', { puzzle, depth }, signal));
  }
}

const usable = (run: RunSummary): ReturnType<typeof listCheckpoints> => listCheckpoints(run.dir).filter(c => c.problem === null && !c.superseded);

function bestOf(run: RunSummary): string {
  const best = readBest(run.dir);
  if (best) return best.checkpoint;
  throw new HostError('no_checkpoint', vscode.l10n.t('{0} has no checkpoint yet.', run.manifest.name), isLive(run.state)
    ? vscode.l10n.t('Wait for its first evaluation, or choose its live weights.')
    : vscode.l10n.t('Resume the run, or choose another.'));
}

function dataOf(run: RunSummary): NonNullable<RunSummary['manifest']['dataset']> {
  if (run.manifest.dataset) return run.manifest.dataset;
  throw new HostError('no_data', vscode.l10n.t('{0} has not read its data yet.', run.manifest.name), vscode.l10n.t('Wait a moment and try again.'));
}

const tokensOf = (run: RunSummary, text: string): number[] => pastedTokens(text, dataOf(run).test);
