/**
 * What a person does not lose while a run trains: over a reload of the window the charts and the traces are as they were left, and go on;
 * when the extension host is killed the trainer does not notice, and the charts of the host that takes its place go on as well. One window:
 * the tests follow on each other. How long it takes is printed, not judged: this machine is busy with a training.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Frame } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readManifest, runFolders, trainBefore, writeTinyConfigs } from './tiny';
import { Workbench } from './workbench';

let workbench: Workbench;
beforeAll(async () => {
  workbench = await Workbench.open({
    prepare: async folder => {
      writeTinyConfigs(folder, ['brief-4x4', 'long-4x4']);
      await trainBefore(folder, 'brief-4x4');
    },
    size: { width: 1600, height: 900 }, settings: { 'workbench.colorTheme': 'Default Dark Modern' },
  });
}, 240_000);
afterAll(async () => { await workbench.close(); });

const charts = (): Promise<Frame> => workbench.webview('Live Charts', 60_000);
/** The inspector of a run, by its heading: two are open, and a page keeps the title it was made with. */
async function trace(run: string): Promise<Frame> {
  for (const frame of await workbench.webviews(/^(Puzzle Trace|Trace: .*)$/)) {
    if ((await frame.locator('h1').innerText({ timeout: 1000 }).catch(() => '')).startsWith(`${run} · `)) return frame;
  }
  throw new Error(`no trace of ${run} yet`);
}
/** Opens the inspector on a test puzzle, from wherever it was asked for. */
async function inspects(run: string, puzzle: number): Promise<Frame> {
  await workbench.quickInput.getByText('Number of the test puzzle', { exact: false }).first().waitFor();
  await workbench.quickInput.locator('input').first().fill(String(puzzle));
  await workbench.page.keyboard.press('Enter');
  await workbench.eventually(`The trace of ${run}`, () => trace(run).then(heading).then(words => words.includes(`test puzzle ${puzzle} · `), () => false), 120_000);
  return trace(run);
}
/** What the weights of a trace are chosen as: live, the name of a checkpoint, or kept in training. */
const weights = (frame: Frame): Promise<string> => frame.locator('vscode-single-select.checkpoint').evaluate(select => (select as unknown as { value: string }).value);
/** What is said of the losses to people who do not see them; they are scrolled to, since charts out of sight are not drawn. */
async function said(frame: Frame): Promise<string> {
  const panel = frame.locator('[data-chart="loss"]');
  await panel.locator('canvas').scrollIntoViewIfNeeded();
  return panel.locator('.chart-summary').innerText();
}
/** How the charts are looked at: everything a person chose. */
async function look(frame: Frame): Promise<Record<string, unknown>> {
  return {
    runs: await frame.locator('.run-chip').allInnerTexts(),
    focus: await frame.locator('.run-name').innerText(),
    axis: await frame.locator('vscode-single-select.axis-select').evaluate(select => (select as unknown as { value: string }).value),
    smoothing: await frame.locator('.smoothing output').innerText(),
    logarithmic: await Promise.all(['x axis', 'y axes'].map(which => frame.getByRole('button', { name: `Logarithmic ${which}` }).getAttribute('aria-pressed'))),
    zoom: /^[^.]+/.exec(await said(frame))![0],
  };
}
/** Where a trace is looked at: boards, frame and words about it. */
const place = async (frame: Frame): Promise<string> => (await frame.locator('.where .position').innerText()).replaceAll(/\s+/g, ' ');
const heading = (frame: Frame): Promise<string> => frame.locator('h1').innerText();
const longRun = (): string => runFolders(workbench.folder).find(run => path.basename(run).startsWith('long-4x4'))!;
/** Steps a run has told of. */
const steps = (): number => Number([...readFileSync(path.join(longRun(), 'metrics.jsonl'), 'utf8').matchAll(/"step":(\d+)/g)].at(-1)?.[1] ?? 0);
/** Milliseconds until this is seen. */
async function seen(since: number, what: string, holds: () => Promise<boolean>): Promise<number> {
  await workbench.eventually(what, () => holds().catch(() => false)); // frames come and go meanwhile
  return Date.now() - since;
}

let before: Record<string, unknown>;
let lived: { place: string; puzzle: string };
let kept: { place: string; heading: string };

test('charts and traces are left in a way of one\'s own, while a run trains', async () => {
  await workbench.openFile('long-4x4.trm.yaml');
  await workbench.palette('TRM: Train TRM');
  const frame = await charts();
  await workbench.widenSideBar(480);
  await frame.locator('.run-header[data-state="running"] .run-name', { hasText: 'long-4x4' }).waitFor({ timeout: 90_000 });
  await frame.locator('.run-chooser summary').click();
  await frame.getByRole('checkbox', { name: 'Overlay brief-4x4' }).check();
  await workbench.eventually('Both runs', async () => (await frame.locator('.run-chip').count()) === 2);
  await frame.locator('.run-chooser summary').click();
  const axis = frame.locator('vscode-single-select.axis-select');
  await axis.click();
  await axis.locator('li', { hasText: 'Examples' }).click();
  await frame.getByLabel('Smooth').fill('0.8');
  for (const which of ['x axis', 'y axes']) await frame.getByRole('button', { name: `Logarithmic ${which}` }).click();
  await workbench.eventually('Losses over examples', async () => (await said(frame)).startsWith('Examples '));
  const plot = frame.locator('[data-chart="loss"] .plot');
  await plot.focus();
  for (let i = 0; i < 2; i++) await plot.press('+');
  await frame.getByRole('button', { name: 'Logarithmic y axes' }).focus(); // what is said of a chart stays while it has the focus
  await frame.getByRole('button', { name: 'Live' }).waitFor();
  await workbench.eventually('The zoom', async () => !/^Examples (0|32) to /.test(await said(frame)));

  await frame.getByRole('button', { name: 'Inspect a puzzle trace' }).click();
  const live = await inspects('long-4x4', 5);
  expect(await weights(live)).toBe('live');
  await live.locator('.overview').focus();
  await live.locator('.overview').press('End');
  await live.locator('.overview').press('ArrowLeft');
  await workbench.eventually('The last frame but one', async () => /supervision step 4 of 4 .* z-update 2 of 2/.test(await place(live)));
  lived = { place: await place(live), puzzle: 'long-4x4 · test puzzle 5 · ' };

  await workbench.palette('TRM: Inspect Puzzle Trace');
  await workbench.pick(/brief-4x4/);
  const earlier = await inspects('brief-4x4', 1);
  await earlier.getByRole('button', { name: 'Earlier in training' }).click();
  await workbench.eventually('A trace kept in training', async () => (await weights(earlier)) === 'kept');
  await earlier.locator('.overview').focus();
  await earlier.locator('.overview').press('Home');
  await earlier.locator('.overview').press('Shift+ArrowRight');
  await workbench.eventually('Supervision step 2', async () => (await place(earlier)).startsWith('supervision step 2 of 4'));
  kept = { place: await place(earlier), heading: await heading(earlier) };
  before = await look(frame);
  expect(before).toMatchObject({ runs: ['long-4x4', 'brief-4x4'], focus: 'long-4x4', axis: 'examples', smoothing: '0.80', logarithmic: ['true', 'true'] });
  await workbench.screenshot('reload-before');
});

test('over a reload of the window all of it stays, and goes on', async () => {
  const stepBefore = steps();
  const loaded = await workbench.reload();
  const awake = Date.now() - loaded;
  const [chartsAfter, keptAfter] = await Promise.all([
    seen(loaded, 'The charts', async () => JSON.stringify(await look(await charts())) === JSON.stringify(before)),
    seen(loaded, 'The kept trace', async () => { const frame = await trace('brief-4x4'); return (await weights(frame)) === 'kept' && (await heading(frame)) === kept.heading && (await place(frame)) === kept.place; }),
  ]);
  await workbench.screenshot('reload-after');
  await workbench.page.locator('.tabs-container .tab', { hasText: 'Trace: long-4x4' }).click();
  const liveAfter = await seen(Date.now(), 'The trace of the live weights', async () => {
    const frame = await trace('long-4x4');
    return (await weights(frame)) === 'live' && (await heading(frame)).startsWith(lived.puzzle) && (await place(frame)) === lived.place;
  });
  console.log(`a reload during training, from the loaded page: the extension awake after ${awake} ms, the charts as they were after ${chartsAfter} ms, a kept trace ${keptAfter} ms; a trace of the live weights, behind it, ${liveAfter} ms after a click on its tab`);
  const frame = await charts();
  await frame.locator('.run-header[data-state="running"]').waitFor();
  await frame.getByRole('button', { name: 'Live' }).click();
  const last = async (): Promise<number> => Number((/^Examples [\d,]+ to ([\d,]+)\./.exec(await said(frame))?.[1] ?? '0').replaceAll(',', ''));
  await workbench.eventually('Examples seen after the reload', async () => (await last()) > 32 * (stepBefore + 10));
  expect(await look(frame)).toMatchObject({ ...before, zoom: expect.stringMatching(/^Examples /) as string });
});

test('the extension host is killed: the run goes on, the window starts another host, and the charts move on', async () => {
  const { attempt } = readManifest(longRun());
  const stepBefore = steps();
  workbench.killExtensionHost();
  const killed = Date.now();
  await workbench.eventually('Steps made without an editor', () => steps() > stepBefore + 10);
  const frame = async (): Promise<Frame> => charts();
  const told = async (): Promise<number> => Number(/step (\d+) of/.exec(await (await frame()).locator('.run-status').innerText())?.[1] ?? 0);
  const stepsThen = steps();
  console.log(`after the extension host was killed the charts go on after ${await seen(killed, 'The charts move on', async () => (await told()) > stepsThen)} ms`);
  await workbench.page.locator('.statusbar-item', { hasText: /TRM \d+ %/ }).waitFor();
  await workbench.screenshot('extension-host-killed');
  expect(readManifest(longRun())).toMatchObject({ state: 'running', attempt });
  await (await frame()).getByRole('button', { name: 'Stop (writes a checkpoint)' }).click();
  await (await frame()).locator('.run-header[data-state="stopped"]').waitFor({ timeout: 90_000 });
  expect(readManifest(longRun())).toMatchObject({ state: 'stopped', attempt });
});

test('nothing was refused or broke in any page', () => {
  expect(workbench.complaints).toEqual([]);
});
