/**
 * From an experiment or a sweep to the runs it needs: every one is checked as a config before any of them is queued. All rows once,
 * then all rows with the next seed, so that a whole table is there early. Between two runs whatever else the process does has its turn.
 */
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { loadConfig, type LoadedConfig } from '../config/load';
import { removeFolderQuietly } from '../runs/atomic-write';
import { RunFolderError } from '../runs/errors';
import { releaseForRemoval } from '../runs/remove-run';
import { RunWriter } from '../runs/run-writer';
import type { RunManifest } from '../runs/schema';
import type { PaperExperiment } from './paper';
import { experimentRows, type ExperimentRow } from './rows';
import { sweepGrid, sweptOverride } from './sweep';
import { UsageProblem } from './usage';

/** A run to be queued. */
export interface PlannedRun {
  readonly name: string;
  readonly overrides: readonly string[];
  readonly loaded: LoadedConfig;
  /** Null: it is a run by itself. */
  readonly experiment: NonNullable<RunManifest['experiment']> | null;
}

/** Runs to be queued together. */
export interface Plan {
  /** The config file, absolute. */
  readonly file: string;
  /** Identity of the experiment; null: it is none. */
  readonly id: string | null;
  readonly runs: readonly PlannedRun[];
}

/** Whom it is told how far the work is, run by run, and who may end it. */
export interface Pace {
  readonly onRun?: (done: number, of: number) => void;
  readonly signal?: AbortSignal;
}

/** Works on all items, with a turn for others after each, until somebody ends it. */
async function inTurn<T>(items: readonly T[], { onRun, signal }: Pace, work: (item: T) => void): Promise<void> {
  for (const [index, item] of items.entries()) {
    if (signal?.aborted) return;
    work(item);
    onRun?.(index + 1, items.length);
    await turn();
  }
}

const stem = (file: string): string => path.basename(file).replace(/(\.trm)?\.ya?ml$/i, '');

const newId = (name: string): string => `${name.normalize('NFKD').replace(/[^\w.-]+/g, '-').slice(0, 60)}-${randomBytes(3).toString('hex')}`;

interface Grid { readonly kind: NonNullable<RunManifest['experiment']>['kind']; readonly rows: readonly ExperimentRow[]; readonly seeds: readonly number[]; readonly overrides: readonly string[] }

async function plan(given: string, { kind, rows, seeds, overrides }: Grid, pace: Pace): Promise<Plan> {
  const file = path.resolve(given);
  const id = newId(kind === 'sweep' ? stem(file) : `${stem(file)}-${kind}`);
  const cells = seeds.flatMap(seed => rows.map(row => ({ seed, row }))).map((cell, order) => ({ ...cell, order }));
  const runs: PlannedRun[] = [];
  await inTurn(cells, pace, ({ seed, row, order }) => {
    const all = [...overrides, ...row.overrides, `seed=${seed}`];
    runs.push({
      name: `${stem(file)}: ${row.title}${seeds.length > 1 ? `, seed ${seed}` : ''}`,
      overrides: all, loaded: loadConfig(file, all),
      experiment: { id, kind, row: row.key, title: row.title, order },
    });
  });
  pace.signal?.throwIfAborted(); // a part of a plan is none
  return { file, id, runs };
}

/**
 * The runs of one of the paper's experiments.
 * @param options.rows keys of the rows wanted; all when left out
 * @param options.seeds how many seeds, from the config's own upwards
 * @throws UsageProblem on unknown rows and on a config that is no TRM; ConfigError when a row does not go with the config; AbortError
 */
export async function planExperiment(
  file: string, experiment: PaperExperiment, { rows: wanted, seeds, overrides = [] }: { rows?: readonly string[] | undefined; seeds: number; overrides?: readonly string[] | undefined }, pace: Pace = {},
): Promise<Plan> {
  const { config } = loadConfig(file, overrides);
  const all = experimentRows(experiment, config);
  const unknown = wanted?.filter(key => !all.some(row => row.key === key)) ?? [];
  if (unknown.length > 0) throw new UsageProblem(`The ${experiment} experiment has no row called ${unknown.join(', ')}.`, `Its rows: ${all.map(row => row.key).join(', ')}.`);
  const rows = wanted ? all.filter(row => wanted.includes(row.key)) : all;
  return plan(file, { kind: experiment, rows, seeds: Array.from({ length: seeds }, (_, i) => config.seed + i), overrides }, pace);
}

/**
 * The runs of a config's `sweep:` and of overrides with several values (`arch.L_cycles=2,4,6`); other overrides hold for all.
 * @throws UsageProblem when there is nothing to vary, or too much; ConfigError when a combination is no valid config; AbortError
 */
export async function planSweep(file: string, overrides: readonly string[], pace: Pace = {}): Promise<Plan> {
  const swept = overrides.map(sweptOverride);
  const fixed = overrides.filter((_, i) => swept[i] === null);
  const { config, sweep } = loadConfig(file, fixed);
  const { rows, seeds } = sweepGrid(sweep, swept.filter(axis => axis !== null));
  if (rows.length * Math.max(1, seeds.length) === 1) throw new UsageProblem(`There is nothing to vary: ${path.basename(file)} has no sweep with several values, and no override has.`, 'Give values, as in arch.L_cycles=2,4,6, or write sweep: {arch.L_cycles: [2, 4, 6]} into the config.');
  return plan(file, { kind: 'sweep', rows: rows.map(row => ({ key: row.title, ...row })), seeds: seeds.length > 0 ? seeds : [config.seed], overrides: fixed }, pace);
}

/** One run of a config. Throws ConfigError. */
export function planRun(file: string, overrides: readonly string[]): Plan {
  return { file: path.resolve(file), id: null, runs: [{ name: stem(file), overrides, loaded: loadConfig(path.resolve(file), overrides), experiment: null }] };
}

/** Takes runs out of the queue again, but for those that somebody has begun. */
function withdraw(dirs: readonly string[]): void {
  for (const dir of dirs) {
    try {
      releaseForRemoval(dir);
    } catch (error) {
      if (error instanceof RunFolderError && error.code === 'held') continue;
    }
    removeFolderQuietly(dir);
  }
}

/**
 * Puts runs into the queue of a runs folder, one after the other. When it is ended, those that are queued by then stay.
 * @returns the folders of the runs queued
 * @throws RunFolderError: then none of them is queued, except those that were begun meanwhile
 */
export async function enqueue({ file, runs }: Plan, runsDir: string, pace: Pace = {}): Promise<string[]> {
  const made: string[] = [];
  try {
    await inTurn(runs, pace, ({ name, overrides, loaded, experiment }) => {
      made.push(RunWriter.enqueue({
        runsDir, name, idFrom: stem(file), configText: loaded.bytes, included: loaded.included,
        manifest: { config_path: file, config: { ...loaded.config }, overrides: [...overrides], ...(experiment ? { experiment } : {}) },
      }));
    });
    return made;
  } catch (error) {
    withdraw(made);
    throw error;
  }
}
