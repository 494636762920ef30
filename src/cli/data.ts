/** `trm data` and `trm validate`: datasets and configs. */
import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { formatProblem } from '../config/errors';
import { loadConfig, parseConfig } from '../config/load';
import { readConfigFile } from '../config/read-file';
import { ensureDataset } from '../puzzles/build-dataset';
import { arcPlanText, arcVersions, buildArc, readArcBuild } from '../puzzles/build-arc';
import { buildMaze } from '../puzzles/build-maze';
import { buildSudoku } from '../puzzles/build-sudoku';
import type { MazeLayout } from '../puzzles/maze-generate';
import { fetchHubCsv } from '../puzzles/hub';
import type { hubDatasets } from '../puzzles/hub';
import type { LongWork } from '../puzzles/pacing';
import { configReport } from '../reports/config-report';
import { csvFilesOf } from '../puzzles/write-splits';
import type { BuildReport, CsvSource } from '../puzzles/write-splits';
import { CliError } from './errors';
import type { ExitCode } from './errors';
import { Progress, note, print, printJson } from './output';

const building = (): { onProgress: (p: { stage: string; done: number; total: number; fraction: number }) => void; end: () => void } => {
  const progress = new Progress(null);
  return { onProgress: ({ stage, done, total, fraction }) => progress.update(Math.round(100 * fraction), 100, `${stage}, ${done} of ${total}`), end: () => progress.end() };
};

const splits = ['train', 'test'] as const;

/** A build's report, as people or programs read it. Returns the exit code of success. */
function report(built: BuildReport, json: boolean | undefined): ExitCode {
  for (const line of built.skipped.first) note(`left out: ${line}`);
  if (json) {
    printJson(built);
    return 0;
  }
  for (const split of splits) {
    const counts = built[split];
    if (counts) print(`${split}: ${counts.groups} puzzles, ${counts.puzzles} with their copies${counts.examples === counts.puzzles ? '' : `, ${counts.examples} examples`}`);
  }
  for (const line of built.notes) print(line);
  for (const line of built.warnings) note(`warning: ${line}`);
  print(`${built.folder} built in ${built.seconds.toFixed(1)} s${built.skipped.count ? `, ${built.skipped.count} damaged row${built.skipped.count === 1 ? '' : 's'} left out` : ''}`);
  return 0;
}

/** `trm data build CONFIG`. */
export async function dataBuildCommand(config: string, overrides: readonly string[], { json }: { json?: boolean }): Promise<ExitCode> {
  const { onProgress, end } = building();
  const { folders, built } = await ensureDataset(loadConfig(config, overrides).config, path.dirname(path.resolve(config)), { onProgress });
  end();
  if (built) return report(built, json);
  if (json) printJson({ folder: folders.train[0], built: false });
  else print(`${folders.train.join(', ')}: already there, and what the config asks for`);
  return 0;
}

/** Options of every `trm data KIND`. */
interface MakeCommand { readonly out: string; readonly seed: number; readonly overwrite?: boolean; readonly json?: boolean }
/** Options of those that read CSV files. */
interface CsvCommand extends MakeCommand { readonly csv?: string; readonly hub?: boolean; readonly subsample?: number; readonly minRating?: number; readonly skipBadRows?: boolean }

/** Options of `trm data sudoku`. */
export interface SudokuCommand extends CsvCommand { readonly augment: number }

/** `trm data sudoku --csv F --out D`: F is a folder with train.csv and test.csv, or one file, which becomes the training split (the test split when it is called test.csv). */
export async function dataSudokuCommand({ augment, out, seed, overwrite = false, json, ...options }: SudokuCommand): Promise<ExitCode> {
  const { onProgress, end } = building();
  const from = await csvSource('sudoku', out, options, onProgress);
  if (!from) throw new CliError('Say where the puzzles are: --csv FILE, or --hub.', 'Configs generate puzzles: `trm data build CONFIG`.', 2);
  const built = await buildSudoku({ size: 9, from, copies: augment, seed, overwrite }, path.resolve(out), { onProgress });
  end();
  return report(built, json);
}

/** Options of `trm data maze`. */
export interface MazeCommand extends CsvCommand { readonly size: number; readonly train: number; readonly test: number; readonly minPath?: number; readonly layout?: MazeLayout; readonly loops?: number; readonly augment?: boolean }

/** `trm data maze --out D`: generated, or from CSV files as for Sudoku. */
export async function dataMazeCommand({ out, size, train, test, minPath, layout, loops, augment, seed, overwrite = false, json, ...options }: MazeCommand): Promise<ExitCode> {
  const { onProgress, end } = building();
  const from = (await csvSource('maze', out, options, onProgress)) ?? { generate: { train, test, minPath, layout, loops } };
  const built = await buildMaze({ size, from, copies: augment ? 7 : 0, seed, overwrite }, path.resolve(out), { onProgress });
  end();
  return report(built, json);
}

/** Options of `trm data arc`. */
export interface ArcCommand extends MakeCommand { readonly files: string; readonly arcVersion: '1' | '2'; readonly augment: number }

/** `trm data arc --files F --out D`: says what it will take before it writes. */
export async function dataArcCommand({ files, arcVersion, augment, out, seed, overwrite = false, json }: ArcCommand): Promise<ExitCode> {
  const { subsets, testSet } = arcVersions[arcVersion];
  const build = readArcBuild({ files: path.resolve(files), subsets, testSet, copies: augment, seed, overwrite });
  note(`ARC-AGI-${arcVersion}: ${arcPlanText(build.plan)}`);
  const { onProgress, end } = building();
  const built = await buildArc(build, path.resolve(out), { onProgress });
  end();
  return report(built, json);
}

/** The CSV files a command means, fetched to a folder beside `out` when they are the hub's; undefined when it means none. */
async function csvSource(kind: keyof typeof hubDatasets, out: string, { csv, hub, subsample, minRating, skipBadRows = false }: Omit<CsvCommand, keyof MakeCommand>, onProgress: NonNullable<LongWork['onProgress']>): Promise<CsvSource | undefined> {
  const folder = csv ?? (hub ? `${path.resolve(out)}-csv` : undefined);
  if (folder === undefined) return undefined;
  if (hub) {
    for (const { path: file, bytes, sha256, checked, continued } of await fetchHubCsv(kind, folder, { onProgress })) {
      note(`${file}: ${(bytes / 1e6).toFixed(1)} MB${continued ? `, ${(continued / 1e6).toFixed(1)} MB of them from before` : ''}, sha256 ${sha256}${checked ? ', as the server says' : ''}`);
    }
  }
  return { csv: sources(folder, subsample), minRating, skipBadRows };
}

function sources(csv: string, count: number | undefined): CsvSource['csv'] {
  const given = path.resolve(csv);
  if (!existsSync(given)) throw new CliError(`${given} does not exist.`, 'Give a CSV file with the columns source,question,answer,rating, or a folder with train.csv and test.csv.', 2);
  if (!statSync(given).isDirectory()) return path.basename(given).startsWith('test') ? { test: { path: given } } : { train: { path: given, count } };
  const { train, test } = csvFilesOf(given);
  return { ...(existsSync(train.path) ? { train: { ...train, count } } : {}), ...(existsSync(test.path) ? { test } : {}) };
}

/** `trm validate CONFIG`: every problem with its place, and what a valid one amounts to; exit code 2 when one is an error. */
export function validateCommand(config: string, overrides: readonly string[], { json }: { json?: boolean }): ExitCode {
  const file = path.resolve(config);
  const report = configReport(file, parseConfig(readConfigFile(file).text, { overrides, file }));
  const { valid, problems, parameters, effective_depth: depth, optimiser_steps: steps, sweep_runs: sweep } = report;
  if (json) printJson(report);
  else {
    for (const problem of problems) print(formatProblem(config, problem.file === undefined ? problem : { ...problem, file: path.relative(process.cwd(), problem.file) }));
    if (valid) print(`${config} is valid.`);
    if (parameters !== undefined) print(`${parameters.toLocaleString('en-US')} parameters, depth ${depth!}, ${steps!.toLocaleString('en-US')} optimiser steps`);
    if (sweep !== undefined) print(`its sweep has ${sweep.toLocaleString('en-US')} runs`);
  }
  return valid ? 0 : 2;
}
