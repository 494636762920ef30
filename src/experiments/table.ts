/**
 * The table of an experiment, from its run folders: per row the exact accuracy of every run's last evaluation, their mean with a
 * 95 % interval over the seeds, what it cost, and what the paper reports. Runs that did not finish are told and not counted.
 */
import type { ResolvedArch } from '../config/resolve';
import { effectiveDepth } from '../model/shapes';
import { meanInterval, wilsonInterval } from '../statistics/intervals';
import type { RunSummary } from '../runs/read-run';
import type { EvalSummary, RunManifest, RunState } from '../runs/schema';
import { paperExperiments, paperRow, type PaperRow } from './paper';

/** One run of a row. */
export interface TableRun {
  readonly id: string;
  readonly seed: number | null;
  readonly state: RunState;
  /** Its last evaluation, once it has finished. */
  readonly eval: EvalSummary | null;
  /** Optimiser steps done. */
  readonly step: number;
  /** Seconds of training and evaluation. */
  readonly seconds: number;
}

/** A row. Accuracies in 0..1. */
export interface TableRow {
  readonly key: string;
  readonly title: string;
  readonly runs: readonly TableRun[];
  /** Mean exact accuracy of the finished runs; null when there is none. */
  readonly mean: number | null;
  /** 95 % interval: the wider of that of the mean over seeds (Student's t) and that of all test answers together (Wilson). */
  readonly interval: readonly [number, number] | null;
  /** Mean cell accuracy of the finished runs. */
  readonly cells: number | null;
  /** Trained parameters and layers passed per supervision step; null until known. */
  readonly parameters: number | null;
  readonly depth: number | null;
  /** Mean seconds of a finished run. */
  readonly seconds: number | null;
  readonly paper: PaperRow | null;
}

/** An experiment as its runs tell it. */
export interface ExperimentTable {
  readonly id: string;
  readonly kind: NonNullable<RunManifest['experiment']>['kind'];
  /** When its first run was queued. */
  readonly created: string;
  readonly rows: readonly TableRow[];
  /** Runs that have finished, ended otherwise, and are still to be trained. */
  readonly finished: number;
  readonly ended: number;
  readonly open: number;
}

const meanOf = (values: readonly number[]): number | null => (values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length);

/**
 * The wider of two 95 % intervals, end by end: of the mean over seeds, which knows how seeds differ, and of all test answers
 * together, which knows how few puzzles there are, also when all seeds give the same.
 */
function intervalOf(runs: readonly { eval: EvalSummary }[]): [number, number] | null {
  if (runs.length === 0) return null;
  const sum = (of: (evaluation: EvalSummary) => number): number => runs.reduce((total, run) => total + of(run.eval), 0);
  const answers = wilsonInterval(sum(({ exact_count }) => exact_count), sum(({ count }) => count));
  if (runs.length === 1) return answers;
  const seeds = meanInterval(runs.map(run => run.eval.exact_accuracy));
  return [Math.min(answers[0], seeds[0]), Math.max(answers[1], seeds[1])];
}

/** Depth of a recorded config; null where it is of another version. */
function depthOf({ config }: RunManifest): number | null {
  const arch = config['arch'];
  try {
    const depth = effectiveDepth(arch as ResolvedArch);
    return Number.isFinite(depth) ? depth : null;
  } catch {
    return null;
  }
}

function asRun({ manifest, state }: RunSummary): TableRun {
  const seed = manifest.config['seed'];
  return { id: manifest.id, seed: typeof seed === 'number' ? seed : null, state, eval: state === 'finished' ? manifest.last_eval : null, step: manifest.step, seconds: manifest.process_seconds };
}

function rowOf(kind: ExperimentTable['kind'], summaries: readonly RunSummary[]): TableRow {
  const [first] = summaries;
  const { row, title } = first!.manifest.experiment!;
  const runs = summaries.map(asRun).sort((a, b) => (a.seed ?? 0) - (b.seed ?? 0));
  const finished = runs.filter((run): run is TableRun & { eval: EvalSummary } => run.eval !== null);
  const known = summaries.find(({ manifest }) => manifest.parameters !== null)?.manifest.parameters ?? null;
  const paper = paperExperiments.find(experiment => experiment === kind);
  return {
    key: row, title, runs,
    mean: meanOf(finished.map(run => run.eval.exact_accuracy)), interval: intervalOf(finished), cells: meanOf(finished.map(run => run.eval.accuracy)),
    parameters: known && known.dense + known.puzzle_emb, depth: depthOf(first!.manifest), seconds: meanOf(finished.map(run => run.seconds)),
    paper: paper === undefined ? null : paperRow(paper, row),
  };
}

const isOpen = (state: RunState): boolean => ['queued', 'pending', 'running', 'paused'].includes(state);

/** The experiments that runs are part of, newest first. */
export function experimentTables(runs: readonly RunSummary[]): ExperimentTable[] {
  const groups = new Map<string, RunSummary[]>();
  for (const run of runs) {
    const id = run.manifest.experiment?.id;
    if (id !== undefined) groups.set(id, [...(groups.get(id) ?? []), run]);
  }
  return [...groups].map(([id, members]): ExperimentTable => {
    const ordered = members.toSorted((a, b) => a.manifest.experiment!.order - b.manifest.experiment!.order);
    const { kind } = ordered[0]!.manifest.experiment!;
    const rows = new Map<string, RunSummary[]>();
    for (const run of ordered) rows.set(run.manifest.experiment!.row, [...(rows.get(run.manifest.experiment!.row) ?? []), run]);
    const count = (is: (state: RunState) => boolean): number => members.filter(run => is(run.state)).length;
    return {
      id, kind, created: ordered[0]!.manifest.created, rows: [...rows.values()].map(row => rowOf(kind, row)),
      finished: count(state => state === 'finished'), ended: count(state => !isOpen(state) && state !== 'finished'), open: count(isOpen),
    };
  }).sort((a, b) => b.created.localeCompare(a.created));
}
