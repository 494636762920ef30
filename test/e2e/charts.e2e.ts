/**
 * Live Charts on runs that have ended: what went wrong in one, several compared, how far the halting head can be believed, what a
 * reload keeps, what is exported, and that nobody is kept from any of it. One window, one story: the tests follow on each other.
 */
import { appendFileSync, cpSync, existsSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Frame, Locator } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { violations } from './axe';
import { runFolders, tiny, tinyConfig, trainBefore, writeTinyConfigs } from './tiny';
import { Workbench } from './workbench';

let workbench: Workbench;
beforeAll(async () => { workbench = await Workbench.open({ prepare: trainRuns, size: { width: 1400, height: 900 }, settings: { 'workbench.colorTheme': 'Default Dark Modern', 'window.autoDetectHighContrast': false } }); }, 600_000);
afterAll(async () => { await workbench.close(); });

/** Optimiser steps of the run that is made long. */
const longSteps = 4_000;

/** Makes a finished run a long one: its training steps over and over, with a loss that falls. */
function lengthen(run: string): void {
  const file = path.join(run, 'metrics.jsonl');
  const lines = readFileSync(file, 'utf8').trim().split('\n').map(line => JSON.parse(line) as { kind: string; step: number; examples: number; wall: number; process: number });
  const steps = lines.filter(({ kind }) => kind === 'train');
  const last = lines.at(-1)!;
  const more = Array.from({ length: longSteps - steps.at(-1)!.step }, (_, i) => {
    const [step, after] = [steps.at(-1)!.step + i + 1, (i + 1) / 10];
    return { ...steps[i % steps.length]!, step, examples: 32 * step, wall: last.wall + after, process: last.process + after, loss: 2 / (1 + step / 1_000) + 0.1 * Math.sin(step) };
  });
  writeFileSync(file, [...lines, ...more].map(line => `${JSON.stringify(line)}\n`).join(''));
}

/** A long run, three that are well, and last one whose halting collapses: exploration lets no puzzle halt before the last supervision step. */
async function trainRuns(folder: string): Promise<void> {
  writeTinyConfigs(folder, ['brief-4x4', 'tiny-4x4']);
  writeFileSync(path.join(folder, 'collapse-4x4.trm.yaml'), tinyConfig(40, { size: 4, train: 60, test: 20, holes: '[2, 4]', batch: 32, T: 1 })
    .replace('data/tiny-4x4', 'data/easy-4x4').replace('hidden_size: 32', 'hidden_size: 64').replace('halt_max_steps: 4', 'halt_max_steps: 2\n  halt_exploration_prob: 1').replace('lr: 2e-3', 'lr: 4e-3'));
  writeFileSync(path.join(folder, 'grown-4x4.trm.yaml'), tinyConfig(tiny['brief-4x4']));
  await trainBefore(folder, 'grown-4x4');
  lengthen(runFolders(folder)[0]!);
  for (const config of ['brief-4x4', 'brief-4x4', 'tiny-4x4', 'collapse-4x4']) await trainBefore(folder, config);
}

const charts = (): Promise<Frame> => workbench.webview('Live Charts', 60_000);
/** What is said of a chart to people who do not see it. Charts out of sight are not drawn, so it is scrolled to. */
async function said(chart: string, frame?: Frame): Promise<string> {
  const panel = (frame ?? await charts()).locator(`[data-chart="${chart}"]`);
  await panel.locator('canvas').scrollIntoViewIfNeeded();
  return panel.locator('.chart-summary').innerText();
}
/** The window of the horizontal axis, from what is said of a chart; NaN when it says none. */
async function window(chart = 'loss'): Promise<{ from: number; to: number }> {
  const [from, to] = (/^Step ([\d,]+) to ([\d,]+)\./.exec(await said(chart)) ?? []).slice(1).map(text => Number(text.replaceAll(',', '')));
  return { from: from ?? Number.NaN, to: to ?? Number.NaN };
}
/** What the last key press on a chart made a screen reader say. */
const readOut = async (): Promise<string> => (await charts()).locator('[role="status"]').innerText();
/** Puts runs into the charts with the list on the page: the last of them in focus. */
async function choose(...names: string[]): Promise<void> {
  const frame = await charts();
  if (!(await frame.locator('.run-list').isVisible())) await frame.locator('.run-chooser summary').click();
  for (const [i, name] of names.entries()) {
    await frame.locator('.run-pick', { hasText: name }).first().click();
    await frame.locator('.run-list .focus', { hasText: name }).waitFor();
    if (i > 0) continue;
    await frame.locator('.run-list .focus .run-pick').click(); // once more: it alone
    await workbench.eventually(`${name} alone`, async () => (await frame.locator('.run-list input:checked').count()) === 1);
  }
}
/** Exports a chart from its menu and answers where to. */
async function exported(chart: string, kind: 'png' | 'svg' | 'csv'): Promise<Buffer> {
  const frame = await charts();
  const item = { png: 'PNG picture', svg: 'SVG picture', csv: 'CSV table' }[kind];
  await frame.getByRole('button', { name: `${chart}: export` }).click();
  await frame.getByRole('menuitem', { name: item }).filter({ visible: true }).click();
  const file = path.join(workbench.folder, `${chart.toLowerCase().replaceAll(' ', '-')}-${exports++}.${kind}`);
  const input = workbench.quickInput.locator('input').first();
  await workbench.eventually('The proposed name', async () => (await input.isVisible()) && (await input.inputValue()).endsWith(`.${kind}`));
  await input.fill(file);
  await input.press('Enter');
  await workbench.eventually(`The saved ${kind}`, () => existsSync(file) && readFileSync(file).length > 0);
  return readFileSync(file);
}
let exports = 0;
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
    await workbench.eventually('All three in the losses', async () => { const text = await said('loss'); return [/collapse-4x4: last/, /tiny-4x4: last/, /brief-4x4 \(\d\d:\d\d(:\d\d)?\): last/].every(part => part.test(text)); });
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
    const contents = { png: await exported('Loss', 'png'), svg: await exported('Loss', 'svg'), csv: await exported('Loss', 'csv') };
    expect(contents.png.subarray(1, 4).toString()).toBe('PNG');
    expect(contents.svg.toString()).toMatch(/^<svg [^]*tiny-4x4[^]*<\/svg>$/);
    const rows = contents.csv.toString().trim().split('\n');
    expect(rows[0]).toBe('series,id,step,value,low,high');
    expect([...new Set(rows.slice(1).map(row => row.split(',')[0]!.replaceAll('"', '')))]).toEqual(['collapse-4x4', 'tiny-4x4', expect.stringMatching(/^brief-4x4 \(\d\d:\d\d(:\d\d)?\)$/)]);
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

describe('a long run', () => {
  test('is drawn as a few of its points, and says so; all of them where there is room', async () => {
    await choose('grown-4x4');
    const frame = await charts();
    const note = frame.locator('[data-chart="loss"] .chart-note');
    await workbench.eventually('Points drawn as fewer', async () => /^[\d,]+ points drawn as [\d,]+$/.test(await note.innerText()));
    expect(await said('loss')).toMatch(/[\d,]+ points drawn as [\d,]+\.$/);
    await workbench.screenshot('charts-long');
    const drawn = async (): Promise<number> => Number(/as ([\d,]+)$/.exec(await note.innerText())?.[1]?.replaceAll(',', '') ?? Number.NaN);
    const before = await drawn();
    await workbench.widenSideBar(500);
    await workbench.eventually('As many points as a wider plot has pixels', async () => (await drawn()) > 1.1 * before); // one column of charts, no longer two
    await workbench.widenSideBar(760);
    await workbench.eventually('As many points as before', async () => (await drawn()) === before);
  });

  test('is zoomed into by dragging, panned by dragging with Shift and with the keyboard, and shown whole again', async () => {
    const frame = await charts();
    const plot = frame.locator('[data-chart="loss"] .plot');
    const drag = async (from: number, to: number): Promise<void> => {
      await plot.scrollIntoViewIfNeeded();
      const box = (await plot.boundingBox())!;
      const [x, y] = [(share: number) => box.x + 48 + share * (box.width - 56), box.y + box.height / 2];
      await workbench.page.mouse.move(x(from), y);
      await workbench.page.mouse.down();
      await workbench.page.mouse.move(x((from + to) / 2), y, { steps: 5 });
      await workbench.page.mouse.move(x(to), y, { steps: 5 });
      await workbench.page.mouse.up();
      await frame.getByRole('button', { name: 'Logarithmic y axes' }).focus(); // what is said of a chart stays while it has the focus
    };
    await drag(0.4, 0.5);
    await workbench.eventually('The stretch that was dragged over', async () => { const { from, to } = await window(); return Math.abs(from - 0.4 * longSteps) < 120 && Math.abs(to - 0.5 * longSteps) < 120; });
    await workbench.eventually('Every point of it', async () => (await frame.locator('[data-chart="loss"] .chart-note').innerText()) === '');
    const zoomed = await window();
    expect(await window('accuracy')).toEqual(zoomed);
    await workbench.page.keyboard.down('Shift');
    await drag(0.6, 0.1);
    await workbench.page.keyboard.up('Shift');
    await workbench.eventually('Later steps', async () => Math.abs((await window()).from - (zoomed.from + zoomed.to) / 2) < 20);
    const dragged = await window();
    expect(Math.abs(dragged.to - dragged.from - (zoomed.to - zoomed.from))).toBeLessThan(3);

    const quarter = (dragged.to - dragged.from) / 4;
    await plot.press('Shift+ArrowLeft');
    await workbench.eventually('Earlier steps, read out', async () => { const from = Number(/^Step ([\d,]+) to /.exec(await readOut())?.[1]?.replaceAll(',', '')); return Math.abs(from - dragged.from + quarter) < 3; });
    for (let i = 0; i < 40; i++) await plot.press('Shift+ArrowRight');
    await workbench.eventually('The last steps, and no further', async () => new RegExp(`^Step [\\d,]+ to ${longSteps.toLocaleString('en')}\\.`).test(await readOut()));
    await frame.getByRole('button', { name: 'Show all' }).press('Enter');
    await frame.getByRole('button', { name: 'Show all' }).waitFor({ state: 'hidden' });
    expect(await frame.locator('.toolbar :focus').count()).toBe(1);
    await workbench.eventually('The whole run', async () => { const { from, to } = await window(); return from <= 1 && to === longSteps; });
  });

  test('goes on where a shorter one has ended, which then has no value', async () => {
    await choose('grown-4x4', 'brief-4x4');
    const frame = await charts();
    await frame.locator('.run-list .focus', { hasText: 'brief-4x4' }).waitFor();
    if ((await frame.locator('.run-chip').count()) < 2) await frame.getByRole('checkbox', { name: 'Overlay grown-4x4' }).click();
    await workbench.eventually('Both', async () => (await frame.locator('.run-chip').count()) === 2);
    const plot = frame.locator('[data-chart="loss"] .plot');
    await workbench.eventually('Both in the losses', async () => { const text = await said('loss'); return text.includes('grown-4x4: last') && /brief-4x4 \(.*?\): last/.test(text); });
    await plot.press('End');
    await workbench.eventually('The last step, read out', async () => /^Step 4,000, /.test(await readOut()));
    const read = await readOut();
    expect(read).toMatch(/brief-4x4 \([^)]*\) –/);
    expect(read).toMatch(/grown-4x4 \d/);
    await plot.press('Home');
    await workbench.eventually('The first step, read out', async () => /^Step 1, .*brief-4x4 \([^)]*\) \d/.test(await readOut()));
  });
});

test('arrow keys read values and what happened; a chart with all lines off says how to get them back', async () => {
  await choose('tiny-4x4');
  const frame = await charts();
  await workbench.eventually('Its losses', async () => (await said('loss')).includes('total: last'));
  const plot = frame.locator('[data-chart="loss"] .plot');
  await plot.press('End');
  await workbench.eventually('The end, in words', async () => /^Step [\d,]+, total [\d.]+, lm [\d.]+, q_halt [\d.]+, .*(checkpoint|finished|end)/.test(await readOut()));
  await frame.locator('[data-chart="loss"] .crosshair-pill', { hasText: /checkpoint|finished|end/ }).waitFor();
  const last = await readOut();
  await plot.press('ArrowLeft');
  await workbench.eventually('The value before', async () => { const text = await readOut(); return text !== last && /^Step [\d,]+, total [\d.]+/.test(text); });

  const entries = frame.locator('[data-chart="loss"] button.legend-entry');
  for (let i = 0; i < (await entries.count()); i++) await entries.nth(i).click();
  await frame.locator('[data-chart="loss"] .chart-empty', { hasText: 'All lines are switched off. Press a name above to show one.' }).waitFor();
  await workbench.screenshot('charts-all-off');
  for (let i = 0; i < (await entries.count()); i++) await entries.nth(i).click();
  await frame.locator('[data-chart="loss"] .chart-empty').waitFor({ state: 'hidden' });
});

test('the halting bars say over which steps they are, and the heat strip is exported', async () => {
  await workbench.eventually('The steps of the bars', async () => /^Training steps? [\d,]+( to [\d,]+)?: [\d,]+ slots halted · evaluation at step/.test(await said('halting-latest')));
  expect((await exported('Halting probability', 'svg')).toString()).toMatch(/^<svg [^]*fill="(rgb\(|#)[^]*first k[^]*<\/svg>$/);
  const rows = (await exported('Halting probability', 'csv')).toString().trim().split('\n');
  expect(rows[0]).toBe('step,k,mean,slots');
  expect(new Set(rows.slice(1).map(row => row.split(',')[1]))).toEqual(new Set(['1', '2', '3', '4']));
});

test('what is nothing but a ground stays in the contrast themes of the system', async () => {
  const frame = await charts();
  await frame.locator('[data-chart="halting-strip"] .heat-ramp').scrollIntoViewIfNeeded();
  await workbench.page.emulateMedia({ forcedColors: 'active' });
  const ground = async (what: string, property: string): Promise<string> => frame.locator(what).first().evaluate((element, name) => (globalThis as unknown as { getComputedStyle(of: unknown): Record<string, string> }).getComputedStyle(element)[name]!, property);
  expect(await ground('.heat-ramp', 'backgroundImage')).toContain('gradient');
  expect(await ground('.progress-value', 'backgroundColor')).not.toBe(await ground('.progress', 'backgroundColor'));
  await workbench.screenshot('charts-forced-colors');
  await workbench.page.emulateMedia({ forcedColors: 'none' });
});

test.each([
  ['dark', 'Default Dark Modern', 'body.vscode-dark'], ['light', 'Default Light Modern', 'body.vscode-light'], ['high contrast', 'Default High Contrast', 'body.vscode-high-contrast'],
  ['high contrast light', 'Default High Contrast Light', 'body.vscode-high-contrast-light'],
])('axe-core finds nothing in a %s theme', async (name, theme, body) => {
  workbench.useTheme(theme);
  const frame = await charts();
  await frame.locator(body).waitFor();
  if (!(await frame.locator('.run-list').isVisible())) await frame.locator('.run-chooser summary').click();
  await workbench.page.waitForTimeout(1500); // all charts are drawn anew in turns
  const table = frame.getByRole('button', { name: 'Loss: show as a table' });
  if ((await table.getAttribute('aria-pressed')) !== 'true') await table.click();
  await frame.getByRole('button', { name: 'Accuracy: export' }).click();
  await frame.getByRole('menuitem', { name: 'CSV table' }).filter({ visible: true }).waitFor();
  await workbench.screenshot(`charts-open-${name.replaceAll(' ', '-')}`);
  expect(await violations(frame, 'sideBar')).toEqual([]);
  await frame.getByRole('button', { name: 'Accuracy: export' }).press('Escape');
});

test('exported pictures have the ground that the view has in the theme', async () => {
  workbench.useTheme('Default Light Modern');
  const frame = await charts();
  await frame.locator('body.vscode-light').waitFor();
  await workbench.page.waitForTimeout(1500);
  const ground = await frame.locator('html').evaluate(html => (globalThis as unknown as { getComputedStyle(of: unknown): { getPropertyValue(name: string): string } }).getComputedStyle(html).getPropertyValue('--vscode-sideBar-background').trim());
  expect((await exported('Loss', 'svg')).toString()).toContain(`<rect width="100%" height="100%" fill="${ground}"/>`);
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
  await frame.getByRole('button', { name: 'Follow what is trained' }).click(); // the newest, as long as none is live
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
