/** `trm runs diff` and `trm runs delete`: runs side by side, and runs that are no longer wanted. */
import { compareRuns, comparisonTable } from '../runs/compare-runs';
import { readRun } from '../runs/read-run';
import { moveToTrash, releaseForRemoval } from '../runs/remove-run';
import type { ExitCode } from './errors';
import { print, printJson, table } from './output';
import { findRun } from './runs';

/** `trm runs diff A B ...`. */
export async function diffCommand(first: string, others: readonly string[], { runsDir, json }: { runsDir: string; json?: boolean }): Promise<ExitCode> {
  const comparison = await compareRuns(await Promise.all([first, ...others].map(run => readRun(findRun(run, runsDir)))));
  if (json) printJson(comparison);
  else print(table(comparisonTable(comparison)));
  return 0;
}

/** `trm runs delete RUN ...`: moves runs into `.trash` of their runs folder. None is moved when one of them cannot be. */
export async function deleteCommand(runs: readonly string[], { runsDir, takeOver, json }: { runsDir: string; takeOver?: boolean; json?: boolean }): Promise<ExitCode> {
  const found = await Promise.all([...new Set(runs.map(run => findRun(run, runsDir)))].map(readRun));
  for (const { dir } of found) releaseForRemoval(dir, takeOver === undefined ? {} : { takeOver });
  const moved = found.map(({ dir, manifest }) => ({ run: manifest.id, trash: moveToTrash(dir) }));
  if (json) printJson({ deleted: moved });
  else for (const { run, trash } of moved) print(`${run} is in ${trash} now. To bring it back, move that folder to where it was.`);
  return 0;
}
