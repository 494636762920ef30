/** `trm sweep`, `trm experiment` and `trm train --queue`: many runs at once, one after another, and the table of what came of them. */
import { copyFileSync, existsSync } from 'node:fs';
import path from 'node:path';
import { formatProblem } from '../config/errors';
import { presetFile, presets } from '../config/presets';
import type { PaperExperiment } from '../experiments/paper';
import { enqueue, planExperiment, planRun, planSweep, type Plan } from '../experiments/plan';
import { experimentTables, type ExperimentTable } from '../experiments/table';
import { progressText, tableCells, tableMarkdown } from '../experiments/table-text';
import { listRuns } from '../runs/read-run';
import { CliError } from './errors';
import type { ExitCode } from './errors';
import { note, print, printJson, table } from './output';
import { followRuns, goesOn, startQueue } from './queue';

/** Options of whatever queues runs. */
export interface QueueOptions { readonly runsDir: string; readonly detach?: boolean; readonly json?: boolean }

/** The configs that experiments of the paper begin with, by what `--size` and `--maze` say. */
const bases = { '4': 'ablation-4x4', '6': 'ablation-6x6', 'maze': 'ablation-maze-10' } as const;
/** Their names. */
export const baseSizes = Object.keys(bases) as (keyof typeof bases)[];

/** Puts a plan into the queue and, unless detached, follows it to its end. */
async function queue(plan: Plan, { runsDir, detach, json }: QueueOptions): Promise<ExitCode> {
  for (const problem of plan.runs[0]?.loaded.problems ?? []) note(formatProblem(plan.file, problem));
  const folder = path.resolve(runsDir);
  const dirs = await enqueue(plan, folder);
  await startQueue(folder);
  note(`${dirs.length} run${dirs.length === 1 ? '' : 's'} queued in ${folder}${plan.id === null ? '' : `, experiment ${plan.id}`}.`);
  if (detach) {
    note(goesOn);
    if (json) printJson({ experiment: plan.id, runs: dirs.map(dir => path.basename(dir)) });
    return 0;
  }
  const complete = await followRuns(folder, dirs);
  if (!complete) note(goesOn);
  if (plan.id !== null) await experimentShowCommand(plan.id, { runsDir, ...(json === undefined ? {} : { json }) });
  return complete ? 0 : 130;
}

/** `trm train CONFIG --queue`. */
export const trainQueuedCommand = (config: string, overrides: readonly string[], options: QueueOptions): Promise<ExitCode> => queue(planRun(config, overrides), { ...options, detach: true });

/** `trm sweep CONFIG [key=a,b,c ...]`. */
export const sweepCommand = async (config: string, overrides: readonly string[], options: QueueOptions): Promise<ExitCode> => queue(await planSweep(config, overrides), options);

/** The config of an experiment: the one given, or a copy of a preset in this folder, which is left as it is when it is there. */
function baseConfig(given: string | undefined, size: keyof typeof bases): string {
  if (given !== undefined) return given;
  const preset = presets.find(({ name }) => name === bases[size])!;
  const file = path.resolve(presetFile(preset));
  if (existsSync(file)) note(`Using ${file}, which is there already.`);
  else {
    copyFileSync(path.join(__dirname, '..', 'examples', presetFile(preset)), file);
    note(`Wrote ${file}: its rows are changes to it.`);
  }
  return file;
}

/** `trm experiment ablation [CONFIG] [key=value ...]` and `trm experiment depths`. */
export async function experimentCommand(experiment: PaperExperiment, args: readonly string[], options: QueueOptions & { size: keyof typeof bases; seeds: number; rows?: string }): Promise<ExitCode> {
  const [first, ...rest] = args;
  const given = first !== undefined && !first.includes('=') ? first : undefined;
  const overrides = given === undefined ? args : rest;
  if (options.seeds < 1) throw new CliError('--seeds is 0.', 'Train each row at least once.', 2);
  const rows = options.rows?.split(',').map(key => key.trim()).filter(key => key !== '');
  return queue(await planExperiment(baseConfig(given, options.size), experiment, { rows, seeds: options.seeds, overrides }), options);
}

const asJson = ({ rows, ...facts }: ExperimentTable): unknown => ({ ...facts, rows: rows.map(row => ({ ...row, runs: row.runs.map(({ eval: evaluation, ...run }) => ({ ...run, exact_accuracy: evaluation?.exact_accuracy ?? null, exact_count: evaluation?.exact_count ?? null, count: evaluation?.count ?? null })) })) });

/** `trm experiment show [ID]`: the newest when no id is given. */
export async function experimentShowCommand(id: string | undefined, { runsDir, json, markdown }: { runsDir: string; json?: boolean; markdown?: boolean }): Promise<ExitCode> {
  const tables = experimentTables((await listRuns(path.resolve(runsDir))).runs);
  if (tables.length === 0) throw new CliError(`No run in ${path.resolve(runsDir)} is part of an experiment.`, 'Begin one with `trm experiment ablation` or `trm sweep`.');
  const found = id === undefined ? tables[0]! : tables.find(each => each.id === id);
  if (!found) throw new CliError(`There is no experiment ${id} in ${path.resolve(runsDir)}.`, `Experiments there: ${tables.map(each => each.id).join(', ')}.`, 2);
  if (json) printJson(asJson(found));
  else if (markdown) print(tableMarkdown(found));
  else {
    print(table(tableCells(found)));
    note(`${found.id}: ${progressText(found)}`);
  }
  return 0;
}
