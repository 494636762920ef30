/**
 * Going on from what is there: the Checkpoint Viewer's Resume from Here and Fork from Here, to the runs that come of them, and taking over
 * a run with whose machine contact was lost, whose process still lives when it is. One window: the tests follow on each other.
 */
import { spawn } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Frame, Locator } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runFolders, trainBefore, writeTinyConfigs } from './tiny';
import { Workbench } from './workbench';

const root = path.resolve(__dirname, '..', '..');

interface Manifest { readonly id: string; readonly name: string; readonly state: string; readonly step: number; readonly attempt: number; readonly created: string; readonly updated: string; readonly parent: unknown; readonly owner: { readonly pid: number } }
const readJson = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'));
const manifestOf = (run: string): Manifest => readJson(path.join(run, 'run.json')) as Manifest;
/** Runs of a config in a folder, oldest first; a folder without a run.json is not one yet. */
const runsOf = (folder: string, config: string): string[] => (existsSync(path.join(folder, 'runs')) ? runFolders(folder) : [])
  .filter(run => existsSync(path.join(run, 'run.json')) && manifestOf(run).name === config).sort((a, b) => manifestOf(a).created.localeCompare(manifestOf(b).created));
const checkpoints = (run: string): number[] => readdirSync(path.join(run, 'checkpoints')).map(name => Number(/^step-(\d+)$/.exec(name)?.[1] ?? Number.NaN)).filter(step => !Number.isNaN(step)).sort((a, b) => a - b);
const isAlive = (pid: number): boolean => existsSync(`/proc/${pid}`) && !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');

/** Waits for something to come about before the window is opened. */
async function until(holds: () => boolean): Promise<void> {
  for (const end = Date.now() + 120_000; !holds();) {
    if (Date.now() > end) throw new Error(`not within 120 s: ${String(holds)}`);
    await sleep(200);
  }
}

/** Has somebody train a config at the command line until it has a few checkpoints, and then something else happen to its process. */
async function trainPartly(folder: string, config: string, then: (pid: number) => unknown): Promise<string> {
  const child = spawn(process.execPath, [path.join(root, 'dist', 'trm.cjs'), 'train', `${config}.trm.yaml`, '--engine', 'wasm', 'checkpoint_minutes=0.02', 'keep_checkpoints=100'], { cwd: folder, stdio: 'ignore' });
  const ended = new Promise(resolve => child.once('exit', resolve));
  try {
    await until(() => runsOf(folder, config).some(run => existsSync(path.join(run, 'checkpoints')) && checkpoints(run).length >= 3));
    const [run] = runsOf(folder, config) as [string];
    await then(manifestOf(run).owner.pid);
    return run;
  } catch (error) {
    for (const run of runsOf(folder, config)) process.kill(manifestOf(run).owner.pid, 'SIGKILL'); // no window is there yet to end it with
    throw error;
  } finally {
    child.kill('SIGKILL'); // it only watches
    await ended;
  }
}

/** Makes a run whose process was stopped in its tracks one of another machine, which was last heard of an hour ago. */
function moveFarAway(run: string): void {
  const past = new Date(Date.now() - 3_600_000);
  const far = { host: 'far-away', boot_id: 'machine:boot:1' };
  const manifest = manifestOf(run);
  writeFileSync(path.join(run, 'run.json'), JSON.stringify({ ...manifest, updated: past.toISOString(), owner: { ...manifest.owner, ...far } }));
  const attempt = path.join(run, 'attempts', '1.json');
  writeFileSync(attempt, JSON.stringify({ ...readJson(attempt) as object, ...far, since: past.toISOString() }));
  utimesSync(path.join(run, 'heartbeat'), past, past);
}

let workbench: Workbench;
let stopped: string, far: string, finished: string;
/** The process of the run far away. */
let farAway = 0;
beforeAll(async () => {
  workbench = await Workbench.open({
    size: { width: 1400, height: 1100 },
    prepare: async folder => {
      writeTinyConfigs(folder, ['brief-4x4', 'long-4x4']);
      copyFileSync(path.join(folder, 'long-4x4.trm.yaml'), path.join(folder, 'far-4x4.trm.yaml'));
      await trainBefore(folder, 'brief-4x4', 'checkpoint_minutes=0.0001', 'keep_checkpoints=4');
      [finished] = runsOf(folder, 'brief-4x4') as [string];
      stopped = await trainPartly(folder, 'long-4x4', async pid => {
        process.kill(pid, 'SIGTERM');
        await until(() => !isAlive(pid));
      });
      far = await trainPartly(folder, 'far-4x4', pid => { process.kill(farAway = pid, 'SIGSTOP'); });
      moveFarAway(far);
    },
  });
  await workbench.show('TRM');
  await workbench.widenSideBar(480);
}, 300_000);
afterAll(async () => {
  if (farAway !== 0 && isAlive(farAway)) process.kill(farAway, 'SIGKILL');
  await workbench.close();
});

const item = (name: RegExp): Locator => workbench.page.getByRole('tree', { name: 'Runs' }).getByRole('treeitem', { name }).first();
const dialog = (): Locator => workbench.page.locator('.monaco-dialog-box');

/** Opens the weights of a run's checkpoint in the viewer, out of the Explorer's way: in the Runs view. */
async function openCheckpoint(name: string, state: string, step: number): Promise<Frame> {
  const run = new RegExp(`^${name}, ${state}`);
  if (await item(run).getAttribute('aria-expanded') !== 'true') await item(run).locator('.monaco-tl-twistie').click();
  await workbench.contextMenu(item(new RegExp(`^step ${step}, `)), 'Open Checkpoint');
  let found: Frame | undefined;
  await workbench.eventually(`The viewer of ${name}, step ${step}`, async () => {
    for (const frame of await workbench.webviews(/.*/)) {
      if (await frame.locator('.run-line', { hasText: `${name} · step-${step} · ` }).count() === 1) found = frame;
    }
    return found !== undefined;
  });
  await item(run).locator('.monaco-tl-twistie').click();
  return found!;
}
const press = (frame: Frame, button: string): Promise<void> => frame.locator('vscode-button', { hasText: button }).click();

describe('the Checkpoint Viewer', () => {
  test('Resume from Here, in an older checkpoint, asks; the run goes on from it, and what came after counts no more', async () => {
    const [older] = checkpoints(stopped) as [number];
    const { step } = manifestOf(stopped);
    expect(older).toBeLessThan(step);
    const frame = await openCheckpoint('long-4x4', 'stopped', older);
    await press(frame, 'Resume from Here');
    await dialog().getByText('Resume long-4x4 from an older checkpoint?').waitFor();
    expect(await dialog().innerText()).toContain(`It goes on from step-${older}. What it did from there to step ${step} stays in its folder but counts no more.`);
    await workbench.screenshot('resume-from-here');
    await dialog().getByRole('button', { name: 'Cancel' }).click();
    await dialog().waitFor({ state: 'hidden' });
    expect(manifestOf(stopped)).toMatchObject({ state: 'stopped', attempt: 1 });

    await press(frame, 'Resume from Here');
    await dialog().getByRole('button', { name: 'Resume from Here' }).click();
    await item(/^long-4x4, running/).waitFor({ timeout: 90_000 });
    expect(readJson(path.join(stopped, 'attempts', '2.json'))).toMatchObject({ attempt: 2, supersedes: older });
    await frame.locator('.run-line', { hasText: 'long-4x4 · step-' }).filter({ hasText: '· running, step' }).waitFor();
    expect(await frame.locator('vscode-button', { hasText: 'Resume from Here' }).count()).toBe(0); // it is at work
    const charts = await workbench.webview('Live Charts', 60_000);
    await charts.locator('.run-header[data-state="running"] .run-name', { hasText: 'long-4x4' }).waitFor();
    await workbench.eventually('A step beyond the stop', () => manifestOf(stopped).step > step);
    await charts.getByRole('button', { name: 'Stop (writes a checkpoint)' }).click();
    await item(/^long-4x4, stopped/).waitFor({ timeout: 90_000 });
    await frame.locator('vscode-button', { hasText: 'Resume from Here' }).waitFor();
  });

  test('Resume from Here, in the newest checkpoint, has nothing to ask', async () => {
    const newest = checkpoints(stopped).at(-1)!;
    expect(manifestOf(stopped)).toMatchObject({ state: 'stopped', step: newest });
    await press(await openCheckpoint('long-4x4', 'stopped', newest), 'Resume from Here');
    await item(/^long-4x4, running/).waitFor({ timeout: 90_000 });
    expect(readJson(path.join(stopped, 'attempts', '3.json'))).toMatchObject({ attempt: 3, supersedes: newest });
    await (await workbench.webview('Live Charts')).getByRole('button', { name: 'Stop (writes a checkpoint)' }).click();
    await item(/^long-4x4, stopped/).waitFor({ timeout: 90_000 });
  });

  test('Fork from Here begins another run at that step, and leaves the first one as it was', async () => {
    const before = manifestOf(finished);
    const frame = await openCheckpoint('brief-4x4', 'finished', 9);
    expect(await frame.locator('vscode-button', { hasText: 'Resume from Here' }).count()).toBe(0); // it has ended
    await press(frame, 'Fork from Here');
    await workbench.quickInput.getByText('brief-4x4, from step 9').waitFor();
    await workbench.pick(/As it is/);
    await workbench.eventually('The fork at its end', () => runsOf(workbench.folder, 'brief-4x4').some(run => run !== finished && manifestOf(run).state === 'finished'), 90_000);
    const fork = runsOf(workbench.folder, 'brief-4x4').find(run => run !== finished)!;
    expect(manifestOf(fork)).toMatchObject({ parent: { run: before.id, step: 9 }, step: 12, attempt: 1 });
    expect(manifestOf(finished)).toEqual(before);
    const charts = await workbench.webview('Live Charts', 60_000);
    await charts.locator('.run-header[data-state="finished"] .run-name', { hasText: 'brief-4x4' }).waitFor();
    await workbench.eventually('Its losses, from the step of the fork on', async () => {
      await charts.locator('[data-chart="loss"] canvas').scrollIntoViewIfNeeded();
      return /^Step (9|10) to 12\./.test(await charts.locator('[data-chart="loss"] .chart-summary').innerText());
    });
  });
});

describe('a run with whose machine contact was lost', () => {
  const lost = /^far-4x4, lost contact with far-away \(last seen .* UTC\)/;

  test('says so, and is resumed only after a question that says what it means', async () => {
    const before = manifestOf(far);
    await item(lost).hover();
    await item(lost).getByRole('button', { name: 'Resume Run' }).click();
    await dialog().getByText('Take over far-4x4 from far-away?').waitFor();
    const newest = checkpoints(far).at(-1)!;
    const words = await dialog().innerText();
    expect(words).toMatch(/Its trainer on far-away has given no sign of life since .*If it still runs there, it will be locked out of the folder and end\./);
    expect(words).toContain(`It goes on from its newest checkpoint, of step ${newest}.`);
    expect(words).toContain('Nothing in its folder is deleted.');
    await workbench.screenshot('run-lost');
    await dialog().getByRole('button', { name: 'Cancel' }).click();
    await dialog().waitFor({ state: 'hidden' });
    expect(manifestOf(far)).toEqual(before);
    expect(readdirSync(path.join(far, 'attempts'))).toEqual(['1.json']);
  });

  test('is taken over; its old trainer, alive after all, is locked out and ends, and the run goes on', async () => {
    const newest = checkpoints(far).at(-1)!;
    await workbench.contextMenu(item(lost), 'Recover Run...');
    await dialog().getByRole('button', { name: 'Take Over' }).click();
    await item(/^far-4x4, running/).waitFor({ timeout: 90_000 });
    expect(readJson(path.join(far, 'attempts', '2.json'))).toMatchObject({ attempt: 2, supersedes: newest });
    expect(isAlive(farAway)).toBe(true);
    process.kill(farAway, 'SIGCONT');
    await workbench.eventually('The end of the old trainer', () => !isAlive(farAway));
    const { step } = manifestOf(far);
    await workbench.eventually('Further steps', () => manifestOf(far).step > step);
    expect(manifestOf(far)).toMatchObject({ state: 'running', attempt: 2 });
    await item(/^far-4x4, running/).hover();
    await item(/^far-4x4, running/).getByRole('button', { name: 'Stop Run' }).click();
    await item(/^far-4x4, stopped/).waitFor({ timeout: 90_000 });
  });
});

test('nothing was refused or broke in any page', () => {
  expect(workbench.complaints).toEqual([]);
});
