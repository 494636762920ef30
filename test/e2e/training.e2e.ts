/**
 * The first two doors: Train TRM from every place it is offered, and Live Charts while a real trainer trains: seen to move, kept
 * over a reload of the window, stopped, resumed, compared. One window, one story: the tests follow on each other.
 */
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import type { Frame, Locator } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readManifest, runFolders, writeTinyConfigs } from './tiny';
import { Workbench } from './workbench';

let workbench: Workbench;
beforeAll(async () => { workbench = await Workbench.open({ prepare: writeTinyConfigs }); });
afterAll(async () => { await workbench.close(); });

const charts = async (): Promise<Frame> => workbench.webview('Live Charts', 60_000);
const runs = (): Locator => workbench.page.getByRole('tree', { name: 'Runs' });
const started = (): string[] => (existsSync(path.join(workbench.folder, 'runs')) ? runFolders(workbench.folder) : []);
const newestRun = (): string => started().sort((a, b) => a.slice(-20).localeCompare(b.slice(-20))).at(-1)!;
/** The words under a chart for people who do not see it: they say what is drawn. Charts out of sight are not drawn, so it is scrolled to. */
const said = async (chart: string): Promise<string> => {
  const panel = (await charts()).locator(`[data-chart="${chart}"]`);
  await panel.locator('canvas').scrollIntoViewIfNeeded();
  return panel.locator('.chart-summary').innerText();
};
const picture = async (chart: string): Promise<string> => (await charts()).locator(`[data-chart="${chart}"] canvas`).evaluate(canvas => (canvas as unknown as { toDataURL: () => string }).toDataURL());
const heading = async (name: string, state: string, timeout = 90_000): Promise<void> => {
  const frame = await charts();
  await frame.locator(`.run-header[data-state="${state}"] .run-name`, { hasText: name }).waitFor({ timeout });
};
/** Last step that a chart over steps shows. */
const lastStep = async (): Promise<number> => Number((/^Step [\d,]+ to ([\d,]+)\./.exec(await said('loss'))?.[1] ?? '0').replaceAll(',', ''));

/** Starts a run by `press` and waits until the charts show it at work, or already done. */
async function trains(name: string, press: () => Promise<void>): Promise<void> {
  const before = started().length;
  await press();
  await workbench.eventually(`A run of ${name}`, () => started().some(run => readName(run) === name) && started().length === before + 1, 90_000);
  const frame = await charts();
  await frame.locator('.run-name', { hasText: name }).waitFor({ timeout: 60_000 });
  await workbench.eventually(`The first loss of ${name}`, async () => (await lastStep()) >= 1, 90_000);
}

function readName(run: string): string {
  try {
    return readManifest(run).name;
  } catch {
    return ''; // its folder is being made
  }
}

describe('Train TRM', () => {
  test('in the Explorer, on the 4x4 example: the charts open and move', async () => {
    await trains('sudoku-4x4', () => workbench.explorerMenu('sudoku-4x4.trm.yaml', 'Train TRM'));
    await heading('sudoku-4x4', 'running');
    await workbench.screenshot('first-run');
    const first = await lastStep();
    await workbench.eventually('A further step', async () => (await lastStep()) > first);
  });

  test('the Stop button of the charts ends it with a checkpoint', async () => {
    await (await charts()).getByRole('button', { name: 'Stop (writes a checkpoint)' }).click();
    await heading('sudoku-4x4', 'stopped');
    const [run] = started();
    expect(readManifest(run!)).toMatchObject({ state: 'stopped', step: expect.any(Number) as number });
    expect(readdirSync(path.join(run!, 'checkpoints'))).toContain(`step-${readManifest(run!).step}`);
  });

  test('on the tab of a config, in its text, and in the line above it', async () => {
    await workbench.openFile('brief-4x4.trm.yaml');
    const tab = workbench.page.locator('.tabs-container .tab.active');
    await trains('brief-4x4', () => workbench.contextMenu(tab, 'Train TRM'));
    await heading('brief-4x4', 'finished');
    await trains('brief-4x4', () => workbench.contextMenu(workbench.page.locator('.monaco-editor .view-line').nth(4), 'Train TRM'));
    await heading('brief-4x4', 'finished');
    await trains('brief-4x4', () => workbench.page.locator('.codelens-decoration a', { hasText: 'Train TRM' }).click());
    await heading('brief-4x4', 'finished');
  });

  test('in the palette, on the config in the active editor', async () => {
    await workbench.openFile('long-4x4.trm.yaml');
    await trains('long-4x4', () => workbench.palette('TRM: Train TRM'));
    await heading('long-4x4', 'running');
  });
});

describe('Live Charts while a run trains', () => {
  test('data and pixels change from one moment to the next', async () => {
    const [step, pixels] = [await lastStep(), await picture('loss')];
    await workbench.eventually('Ten further steps', async () => (await lastStep()) >= step + 10);
    await workbench.eventually('Another picture of the losses', async () => (await picture('loss')) !== pixels);
  });

  test('the header says how far it is', async () => {
    const frame = await charts();
    await workbench.eventually('Steps per second', async () => /step \d+ of 75000, [\d.]+ steps\/s, about .+ left/.test(await frame.locator('.run-status').innerText()));
    expect(Number(await frame.getByRole('progressbar', { name: 'Training' }).getAttribute('aria-valuenow'))).toBeGreaterThan(0);
  });

  test('evaluations and halting appear', async () => {
    await workbench.eventually('An evaluation', async () => /eval exact: last [\d.]+ %/.test(await said('accuracy')), 120_000);
    await workbench.eventually('The halting strip', async () => /Latest: k 1: [\d.]+ %/.test(await said('halting-strip')));
    await workbench.eventually('The halting bars', async () => /exact if stopped at k/.test(await said('halting-latest')));
    const pixels = await picture('halting-strip');
    await workbench.eventually('Another picture of the halting strip', async () => (await picture('halting-strip')) !== pixels);
  });

  test('the x axis, smoothing and the logarithmic axes change the drawing', async () => {
    const frame = await charts();
    const axis = frame.locator('vscode-single-select.axis-select');
    for (const [title, begins] of [['Examples', /^Examples /], ['Process time', /^Process time /], ['Wall time', /^Wall time /], ['Step', /^Step /]] as const) {
      await axis.click();
      await axis.locator('li', { hasText: title }).click();
      await workbench.eventually(`The axis ${title}`, async () => begins.test(await said('loss')));
    }
    const first = await picture('loss');
    await frame.getByRole('button', { name: 'Logarithmic x axis' }).click();
    await workbench.eventually('Steps from the first on, which 0 is not', async () => /^Step 1 to /.test(await said('loss')));
    await workbench.eventually('Another picture', async () => (await picture('loss')) !== first);
    await workbench.page.waitForTimeout(1000); // charts are drawn in turns
    await workbench.screenshot('charts-log-x');
    await frame.getByRole('button', { name: 'Logarithmic x axis', pressed: true }).click();
    await workbench.eventually('Steps from 0 on', async () => /^Step 0 to /.test(await said('loss')));
    await frame.getByLabel('Smooth').fill('0.9');
    await workbench.eventually('Smoothing', async () => (await frame.locator('.smoothing output').innerText()) === '0.90');
    await workbench.screenshot('charts-smoothed');
    await frame.getByRole('button', { name: 'Logarithmic y axes' }).click();
    await frame.getByRole('button', { name: 'Logarithmic y axes', pressed: true }).waitFor();
    await frame.getByRole('button', { name: 'Logarithmic y axes' }).click();
  });

  test('zooming stops following the run, and Live returns to it', async () => {
    const frame = await charts();
    const plot = frame.locator('[data-chart="loss"] .plot');
    await plot.focus();
    await plot.press('+');
    await frame.getByRole('button', { name: 'Live' }).click();
    await frame.getByRole('button', { name: 'Live' }).waitFor({ state: 'hidden' });
  });

  test('the status bar and the Runs view say so too', async () => {
    await workbench.page.locator('.statusbar-item', { hasText: /TRM \d+ % [\d.]+ steps\/s/ }).waitFor();
    await runs().getByRole('treeitem', { name: /^long-4x4, running, \d+ %/ }).waitFor();
    expect(await runs().getByRole('treeitem', { name: /^brief-4x4, finished, best/ }).count()).toBe(3);
    expect(await runs().getByRole('treeitem', { name: /^sudoku-4x4, stopped, \d+ %/ }).count()).toBe(1);
  });

  test('a reload of the window finds the run, with its history', async () => {
    const before = await lastStep();
    await workbench.reload();
    await heading('long-4x4', 'running');
    await workbench.eventually('The history', async () => (await said('loss')).startsWith('Step 0 to ') && (await lastStep()) >= before);
    const now = await lastStep();
    await workbench.eventually('Further steps after the reload', async () => (await lastStep()) > now);
    await workbench.page.locator('.statusbar-item', { hasText: /TRM \d+ %/ }).waitFor();
  });

  test('it is stopped in the Runs view, with a checkpoint, and resumes from there', async () => {
    const run = newestRun();
    const item = runs().getByRole('treeitem', { name: /^long-4x4/ });
    await item.hover();
    await item.getByRole('button', { name: 'Stop Run' }).click();
    await heading('long-4x4', 'stopped');
    await runs().getByRole('treeitem', { name: /^long-4x4, stopped/ }).waitFor();
    const { state, step } = readManifest(run);
    expect(state).toBe('stopped');
    expect(readdirSync(path.join(run, 'checkpoints'))).toContain(`step-${step}`);
    await workbench.eventually('All of its steps in the charts', async () => (await lastStep()) === step);

    await item.hover();
    await item.getByRole('button', { name: 'Resume Run' }).click();
    await heading('long-4x4', 'running');
    await workbench.eventually('Steps beyond the stop', async () => (await lastStep()) > step);
    expect(readManifest(run).attempt).toBe(2);
    expect(await said('loss')).toMatch(/^Step 0 to /);
  });

  test('another run is laid over it', async () => {
    const frame = await charts();
    await frame.locator('.run-chooser summary').click();
    await frame.getByRole('checkbox', { name: 'Overlay sudoku-4x4' }).check();
    await frame.locator('.run-chip', { hasText: 'sudoku-4x4' }).waitFor();
    await workbench.eventually('Both runs in the losses', async () => /long-4x4: last .*sudoku-4x4: last /.test(await said('loss')));
    await workbench.screenshot('charts-overlaid');
    await frame.getByRole('checkbox', { name: 'Overlay sudoku-4x4' }).uncheck();
    await frame.locator('.run-chooser summary').click();
  });

  test('hidden, it is given what it missed when it is seen again; a run begun meanwhile goes first, whatever was chosen before', async () => {
    const before = await lastStep();
    await workbench.show('Explorer');
    await workbench.page.waitForTimeout(1500);
    await workbench.show('TRM');
    await workbench.eventually('The steps made meanwhile', async () => (await lastStep()) > before);
    await workbench.openFile('brief-4x4.trm.yaml');
    await trains('brief-4x4', () => workbench.palette('TRM: Train TRM'));
    await heading('brief-4x4', 'finished');
    const frame = await charts();
    await frame.locator('.run-chooser summary').click();
    await frame.locator('.run-pick', { hasText: 'long-4x4' }).click();
    await heading('long-4x4', 'running');
    await frame.locator('.run-chooser summary').click();
  });

  test('the page opens as an editor as well', async () => {
    await workbench.palette('TRM: Open Live Charts in Editor');
    await workbench.page.locator('.tabs-container .tab', { hasText: 'Live Charts' }).waitFor();
    const summaries = async (): Promise<string[]> => Promise.all((await workbench.webviews('Live Charts')).map(frame => frame.locator('[data-chart="loss"] .chart-summary').innerText({ timeout: 1000 }).catch(() => '')));
    await workbench.eventually('The losses in the side panel and in the editor', async () => {
      const said = await summaries();
      return said.length === 2 && said.every(text => text.startsWith('Step 0 to '));
    });
    await workbench.page.waitForTimeout(500); // the charts below are drawn in turns
    await workbench.screenshot('charts-editor');
    await workbench.palette('View: Close Editor');
    await workbench.page.locator('.tabs-container .tab', { hasText: 'Live Charts' }).waitFor({ state: 'detached' });
    await (await charts()).getByRole('button', { name: 'Stop (writes a checkpoint)' }).click();
    await heading('long-4x4', 'stopped');
  });
});

test('nothing was refused or broke in any page', () => {
  expect(workbench.complaints).toEqual([]);
});
