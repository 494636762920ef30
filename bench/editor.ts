/**
 * The packaged extension in a real workbench (VS Code's server and Chromium): how long it takes to start, by VS Code's own clock, and until the Runs view
 * shows 500 runs. Needs both programs and the package, which `npm run bench` prepares and names in the environment.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Workbench } from '../test/e2e/workbench';
import { median } from '../src/statistics/median';
import { count, makeRuns } from './run-listing';
import { round } from './statistics';
import { Absent } from './task';
import type { Row } from './task';

/** Windows opened one after the other, and how often a view is shown in one. */
const windows = 3, shows = 5;
/** Milliseconds for which a window is left alone. */
const rest = 2000;

/** Works in a workbench on a new folder. Throws Absent where there is none to be had. */
async function inWorkbench<T>(prepare: (folder: string) => unknown, work: (workbench: Workbench) => Promise<T>): Promise<T> {
  if (process.env['CHROMIUM'] === undefined) throw new Absent('there is no Chromium here');
  if (process.env['VSCODE_SERVER'] === undefined) throw new Absent('there is no VS Code server here');
  const folder = mkdtempSync(path.join(os.tmpdir(), 'trm-bench-editor-'));
  try {
    const workbench = await Workbench.open({ folder, prepare });
    try {
      return await work(workbench);
    } finally {
      await workbench.close();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Milliseconds of the extension's start, in a workspace with one config. */
export async function activation(): Promise<Row> {
  return inWorkbench(folder => writeFileSync(path.join(folder, 'bench.trm.yaml'), 'arch: trm\n'), async workbench => {
    const starts = [await workbench.activationTime()];
    while (starts.length < 2 * windows - 1) {
      await workbench.openAgain();
      starts.push(await workbench.activationTime());
    }
    return { starts: starts.length, median_ms: median(starts), fastest_ms: Math.min(...starts), slowest_ms: Math.max(...starts) };
  });
}

/**
 * Milliseconds from the click on the TRM container until the runs are on the screen: in a window just opened, which starts the extension meanwhile; the
 * first time in a window that has come to rest; and when the container is shown again. And what reading them took of it, as the extension logs it.
 */
export async function runsShown(): Promise<Row> {
  const makeFolder = async (folder: string): Promise<void> => {
    mkdirSync(path.join(folder, 'runs'));
    await makeRuns(path.join(folder, 'runs'));
  };
  return inWorkbench(makeFolder, async workbench => {
    const [cold, first, again]: [number[], number[], number[]] = [[], [], []];
    for (let window = 0; window < windows; window++) {
      if (window > 0) {
        await workbench.show('Explorer');
        await workbench.openAgain();
      }
      cold.push(await shownAfter(workbench));
      await workbench.show('Explorer');
      await workbench.openAgain();
      await workbench.page.locator('.statusbar-item', { hasText: 'TRM' }).waitFor();
      await workbench.page.waitForTimeout(rest);
      first.push(await shownAfter(workbench));
    }
    for (let show = 0; show < shows; show++) {
      await workbench.page.waitForTimeout(rest); // a container that has just been shown does not take the next click
      await workbench.show('Explorer');
      await workbench.page.waitForTimeout(rest);
      again.push(await shownAfter(workbench));
    }
    const read = /(\d+) ms/.exec(workbench.logged(/\d+ runs read in \d+ ms/))?.[1];
    return { runs: count, windows, cold_ms: round(median(cold)), first_ms: round(median(first)), again_ms: round(median(again)), read_ms: Number(read) };
  });
}

/** Shows the container and waits until all runs are in the tree and the first of them on the screen. */
async function shownAfter(workbench: Workbench): Promise<number> {
  const began = performance.now();
  await workbench.show('TRM');
  await workbench.page.getByRole('tree', { name: 'Runs' }).locator(`[role=treeitem][aria-setsize="${count}"]`).first().waitFor();
  return performance.now() - began;
}
