/**
 * Live Charts on runs that have ended: what went wrong in one, several compared, how far the halting head can be believed, what a
 * reload keeps, what is exported, and that nobody is kept from any of it. One window, one story: the tests follow on each other.
 */
import { appendFileSync, cpSync, existsSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Frame, Locator } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { violations } from './axe';
import { runFolders, tinyConfig, trainBefore, writeTinyConfigs } from './tiny';
import { Workbench } from './workbench';

let workbench: Workbench;
beforeAll(async () => { workbench = await Workbench.open({ prepare: trainRuns, size: { width: 1400, height: 900 }, settings: { 'workbench.colorTheme': 'Default Dark Modern' } }); }, 600_000);
afterAll(async () => { await workbench.close(); });

/** Three runs that are well, and last one whose halting collapses: exploration lets no puzzle halt before the last supervision step. */
async function trainRuns(folder: string): Promise<void> {
  writeTinyConfigs(folder, ['brief-4x4', 'tiny-4x4']);
  writeFileSync(path.join(folder, 'collapse-4x4.trm.yaml'), tinyConfig(40, { size: 4, train: 60, test: 20, holes: '[2, 4]', batch: 32, T: 1 })
    .replace('data/tiny-4x4', 'data/easy-4x4').replace('hidden_size: 32', 'hidden_size: 64').replace('halt_max_steps: 4', 'halt_max_steps: 2\n  halt_exploration_prob: 1').replace('lr: 2e-3', 'lr: 4e-3'));
  for (const config of ['brief-4x4', 'brief-4x4', 'tiny-4x4', 'collapse-4x4']) await trainBefore(folder, config);
}

const charts = (): Promise<Frame> => workbench.webview('Live Charts', 60_000);
/** What is said of a chart to people who do not see it. Charts out of sight are not drawn, so it is scrolled to. */
async function said(chart: string, frame?: Frame): Promise<string> {
  const panel = (frame ?? await charts()).locator(`[data-chart="${chart}"]`);
  await panel.locator('canvas').scrollIntoViewIfNeeded();
  return panel.locator('.chart-summary').innerText();
}
const chips = async (): Promise<Locator> => (await charts()).locator('.run-chip');
/** Colour and dash of every run in the list, by name. */
const looks = (frame: Frame): Promise<string[]> => frame.locator('.run-chip').evaluateAll(all => (all as unknown as { textContent: string; querySelector(what: string): { getAttribute(name: string): string | null } }[])
  .map(chip => { const line = chip.querySelector('line'); return [chip.textContent, line.getAttribute('stroke'), line.getAttribute('stroke-dasharray')].join('|'); }));

test('an alert stands in a quiet line, opens with the keyboard, and leads to its place on the chart it is about', async () => {
  await workbench.show('TRM');
  await workbench.widenSideBar(760);
  const frame = await charts();
  await frame.locator('.run-name', { hasText: 'collapse-4x4' }).waitFor({ timeout: 60_000 });
  await frame.locator('.alert-last', { hasText: 'Halting collapsed to the last supervision step' }).waitFor();
  expect(await workbench.page.locator('.notifications-toasts .notification-list-item').count()).toBe(0);
  await workbench.screenshot('charts-alert-closed');

  await frame.locator('.alerts summary').focus();
  await workbench.page.keyboard.press('Enter');
  await frame.locator('.alert-list .alert-warning').first().waitFor();
  await workbench.screenshot('charts-alerts');
  await frame.locator('.alert-warning .link').first().focus();
  await workbench.page.keyboard.press('Enter');
  await frame.locator('[data-chart="halting-strip"] .plot:focus').waitFor();
  await frame.locator('[data-chart="halting-strip"] .crosshair-pill', { hasText: 'warning: Halting collapsed' }).waitFor();
  await workbench.screenshot('charts-alert-place');
});

test('the calibration of the halting head counts every evaluated puzzle', async () => {
  const frame = await charts();
  await workbench.eventually('The calibration', async () => /Evaluation at step \d+: 20 puzzles, by bin above\. bin 0–10 %: right /.test(await said('halting-calibration')));
  await frame.getByRole('button', { name: 'Halting calibration: show as a table' }).click();
  const rows = await frame.locator('[data-chart="halting-calibration"] tbody tr').evaluateAll(all => (all as unknown as { textContent: string; lastElementChild: { textContent: string } }[]).map(row => row.lastElementChild.textContent));
  expect(rows).toHaveLength(10);
  expect(rows.reduce((sum, count) => sum + Number(count), 0)).toBe(20);
  await workbench.screenshot('charts-calibration');
  await frame.getByRole('button', { name: 'Halting calibration: show as a table' }).click();
});

describe('several runs', () => {
  test('are chosen in the palette and compared, each with a colour and a dash of its own', async () => {
    await workbench.palette('TRM: Compare Runs in Charts');
    for (const name of ['collapse-4x4', 'tiny-4x4', 'brief-4x4']) await workbench.quickInput.getByRole('checkbox', { name: new RegExp(name) }).first().click();
    await workbench.quickInput.getByRole('button', { name: 'OK' }).click();
    await workbench.eventually('Three runs', async () => (await (await chips()).count()) === 3);
    const styles = await looks(await charts());
    expect(new Set(styles.map(style => style.split('|').slice(1).join(' '))).size).toBe(3);
    await workbench.eventually('All three in the losses', async () => { const text = await said('loss'); return [/collapse-4x4: last/, /tiny-4x4: last/, /brief-4x4 \(\d{4}-\d\d-\d\d [\d:]+\): last/].every(part => part.test(text)); });
    await (await charts()).locator('.run-header').scrollIntoViewIfNeeded();
    await workbench.page.waitForTimeout(1000); // charts are drawn in turns
    await workbench.screenshot('charts-compared');
  });

  test('look the same in an editor, and a crosshair goes through all of its charts', async () => {
    const styles = await looks(await charts());
    await workbench.palette('TRM: Open Live Charts in Editor');
    const frames = async (): Promise<Frame[]> => workbench.webviews('Live Charts');
    await workbench.eventually('Both pages', async () => (await frames()).length === 2 && (await Promise.all((await frames()).map(looks))).every(other => other.length === 3));
    for (const frame of await frames()) expect(await looks(frame)).toEqual(styles);
    await workbench.palette('View: Close Editor');
    const frame = await charts();
    await frame.locator('[data-chart="loss"] .plot').hover();
    for (const chart of ['loss', 'accuracy']) await frame.locator(`[data-chart="${chart}"] .crosshair`).waitFor();
  });

  test('stay, with zoom, choice and open lists, over a reload of the window', async () => {
    const frame = await charts();
    const styles = await looks(frame);
    const plot = frame.locator('[data-chart="loss"] .plot');
    await frame.locator('[data-chart="loss"]').getByRole('button', { name: 'lm', exact: true }).click();
    await plot.focus();
    for (let i = 0; i < 3; i++) await plot.press('+');
    await frame.getByRole('button', { name: 'Logarithmic y axes' }).focus(); // what is said of a chart stays while it has the focus
    await workbench.eventually('The zoom', async () => !/^Step [01] to /.test(await said('loss')));
    const zoomed = /^Step [\d,]+ to [\d,]+/.exec(await said('loss'))![0];
    await workbench.reload();
    const again = await charts();
    await again.getByRole('button', { name: 'Show all' }).waitFor({ timeout: 60_000 });
    await workbench.eventually('The same zoom', async () => (await said('loss')).startsWith(zoomed));
    expect(await looks(again)).toEqual(styles);
    expect(await again.locator('[data-chart="loss"]').getByRole('button', { name: 'lm', exact: true, pressed: true }).count()).toBe(1);
    expect(await again.locator('.alerts').getAttribute('open')).not.toBeNull();
    await again.locator('[data-chart="loss"] .plot').dblclick();
    await again.getByRole('button', { name: 'Show all' }).waitFor({ state: 'hidden' });
  });

  test('are exported as a picture, a drawing and a table', async () => {
    const frame = await charts();
    const contents: Record<string, Buffer> = {};
    for (const [item, kind] of [['PNG picture', 'png'], ['SVG picture', 'svg'], ['CSV table', 'csv']] as const) {
      await frame.getByRole('button', { name: 'Loss: export' }).click();
      await frame.getByRole('menuitem', { name: item }).click();
      const file = path.join(workbench.folder, `losses.${kind}`);
      const input = workbench.quickInput.locator('input').first();
      await workbench.eventually('The proposed name', async () => (await input.isVisible()) && (await input.inputValue()).endsWith(`.${kind}`));
      await input.fill(file);
      await input.press('Enter');
      await workbench.eventually(`The saved ${kind}`, () => existsSync(file) && readFileSync(file).length > 0);
      contents[kind] = readFileSync(file);
    }
    expect(contents['png']!.subarray(1, 4).toString()).toBe('PNG');
    expect(contents['svg']!.toString()).toMatch(/^<svg [^]*tiny-4x4[^]*<\/svg>$/);
    const rows = contents['csv']!.toString().trim().split('\n');
    expect(rows[0]).toBe('series,step,value,low,high');
    expect([...new Set(rows.slice(1).map(row => row.split(',')[0]!.replaceAll('"', '')))]).toEqual(['collapse-4x4', 'tiny-4x4', expect.stringMatching(/^brief-4x4 \(\d{4}-\d\d-\d\d [\d:]+\)$/)]);
  });
});

test('runs of one config are told apart, and the view follows what is trained again when the reader wants it', async () => {
  const frame = await charts();
  if (!(await frame.locator('.run-list').isVisible())) await frame.locator('.run-chooser summary').click();
  const alike = await frame.locator('.run-pick', { hasText: 'brief-4x4' }).allInnerTexts();
  expect([alike.length, new Set(alike).size]).toEqual([2, 2]);
  await frame.locator('.run-pick', { hasText: alike[1]! }).click();
  await frame.locator('.run-name', { hasText: alike[1]! }).waitFor();
  await frame.getByRole('button', { name: 'Follow what is trained' }).click();
  await frame.locator('.run-name', { hasText: 'collapse-4x4' }).waitFor();
  await workbench.eventually('One run', async () => (await (await chips()).count()) === 0);
  await frame.getByRole('button', { name: 'Follow what is trained' }).waitFor({ state: 'hidden' });
});

test.each([
  ['dark', 'Default Dark Modern', 'body.vscode-dark'], ['light', 'Default Light Modern', 'body.vscode-light'], ['high contrast', 'Default High Contrast', 'body.vscode-high-contrast'],
])('axe-core finds nothing in a %s theme', async (name, theme, body) => {
  workbench.useTheme(theme);
  const frame = await charts();
  await frame.locator(body).waitFor();
  if (!(await frame.locator('.run-list').isVisible())) await frame.locator('.run-chooser summary').click();
  await workbench.page.waitForTimeout(1500); // all charts are drawn anew in turns
  await workbench.screenshot(`charts-open-${name.replace(' ', '-')}`);
  expect(await violations(frame, 'sideBar')).toEqual([]);
});

/** A copy of a run, with another manifest. */
function copyRun(id: string, change: (manifest: { config: { arch: Record<string, unknown> } }) => object): string {
  const from = runFolders(workbench.folder).find(dir => path.basename(dir).startsWith('brief-4x4'))!;
  const dir = path.join(path.dirname(from), id);
  cpSync(from, dir, { recursive: true });
  const manifest = JSON.parse(readFileSync(path.join(dir, 'run.json'), 'utf8')) as { config: { arch: Record<string, unknown> } };
  writeFileSync(path.join(dir, 'run.json'), JSON.stringify({ ...manifest, id, name: id, ...change(manifest) }));
  return dir;
}

test('a run that asks for a thousand million supervision steps is shown without them', async () => {
  const dir = copyRun('hostile', ({ config }) => ({ created: '2099-01-01T00:00:00.000Z', config: { ...config, arch: { ...config.arch, halt_max_steps: 1e9 } } }));
  const last = (kind: string): string => readFileSync(path.join(dir, 'metrics.jsonl'), 'utf8').split('\n').findLast(line => line.includes(`"${kind}"`))!;
  for (const kind of ['eval', 'halting']) appendFileSync(path.join(dir, 'metrics.jsonl'), `${last(kind).replace(/"k":\d+/, '"k":1000000000')}\n`);
  const frame = await charts();
  await frame.locator('.run-name', { hasText: 'hostile' }).waitFor();
  await workbench.eventually('Its losses', async () => (await said('loss')).startsWith('Step 0 to '));
  await workbench.eventually('Its halting', async () => /^Training /.test(await said('halting-latest')));
});

test('a run whose metrics lead out of its folder says so', async () => {
  const dir = copyRun('elsewhere', () => ({}));
  rmSync(path.join(dir, 'metrics.jsonl'));
  symlinkSync('/etc/passwd', path.join(dir, 'metrics.jsonl'));
  const frame = await charts();
  await frame.locator('.run-pick', { hasText: 'elsewhere' }).click();
  await frame.locator('.notice', { hasText: 'leads out of the run folder' }).waitFor();
  await workbench.screenshot('charts-unreadable');
});

test('nothing was refused or broke in any page', () => {
  expect(workbench.complaints).toEqual([]);
});
