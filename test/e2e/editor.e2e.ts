/**
 * What the editor shows of a finished run's files: the Checkpoint Viewer with mouse and keys, in every theme, and on a file that is no
 * checkpoint. And what it says and offers on configs: time, data, quick fixes, presets. One window: the tests follow on each other.
 */
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Frame } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { measuredSizes } from '../../src/config/example-sizes';
import { encodeSafetensors } from '../../src/runs/safetensors';
import { violations } from './axe';
import { runFolders, trainBefore, writeTinyConfigs } from './tiny';
import { Workbench } from './workbench';

let workbench: Workbench;
const empty = mkdtempSync(path.join(os.tmpdir(), 'trm-editor-'));
beforeAll(async () => {
  workbench = await Workbench.open({
    folder: empty,
    prepare: async folder => {
      writeTinyConfigs(folder, ['tiny-4x4', 'brief-4x4']);
      writeFileSync(path.join(folder, 'hostile.safetensors'), Buffer.concat([Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0]), Buffer.from('{"<img src=x onerror=alert(1)>":1}')]));
      await trainBefore(folder, 'brief-4x4');
    },
    size: { width: 1400, height: 900 }, settings: { 'editor.minimap.enabled': false },
  });
}, 300_000);
afterAll(async () => {
  await workbench.close();
  rmSync(empty, { recursive: true });
});

/** The page of the Checkpoint Viewer that shows this file (VS Code gives custom editors no title of their own). */
async function viewer(file: string): Promise<Frame> {
  let found: Frame | undefined;
  await workbench.eventually(`The viewer of ${file}`, async () => {
    for (const frame of await workbench.webviews(/.*/)) {
      if (await frame.title() === file) found = frame;
    }
    return found !== undefined;
  });
  return found!;
}

/** Writes 120 tensors, more than are in sight, whose norms are in no order; and one of a number format whose values are not read. */
function writeMany(file: string, factor: number): void {
  const tensors = Object.fromEntries(Array.from({ length: 120 }, (_, i) => [`layer.${i}`, { shape: [1], data: new Float32Array([factor * ((i * 37) % 121)]) }]));
  const bytes = Buffer.from(encodeSafetensors(tensors));
  const length = Number(bytes.readBigUInt64LE());
  const header = Buffer.from(JSON.stringify({ ...JSON.parse(bytes.toString('utf8', 8, 8 + length)) as object, scale: { dtype: 'F8_E4M3', shape: [4], data_offsets: [480, 484] } }));
  const start = Buffer.alloc(8);
  start.writeBigUInt64LE(BigInt(header.length));
  writeFileSync(file, Buffer.concat([start, header, bytes.subarray(8 + length), Buffer.alloc(4)]));
}

const rowTexts = (frame: Frame): Promise<string[]> => frame.locator('.tensors tbody th').allInnerTexts();
/** The numbers of a column, as they are shown. */
const column = async (frame: Frame, at: number): Promise<string[]> => frame.locator(`.tensors tbody tr > :nth-child(${at})`).allInnerTexts();

test('a checkpoint opens from the Runs view: its tensors, the run it is of, its statistics', async () => {
  const { page } = workbench;
  await workbench.show('TRM');
  const run = page.locator('.pane-body').getByRole('treeitem', { name: /^brief-4x4/ }).first();
  await run.click();
  const checkpoint = page.getByRole('treeitem', { name: /^step 12/ }).first();
  await workbench.contextMenu(checkpoint, 'Open Checkpoint');
  const frame = await viewer('ema.safetensors');
  await frame.locator('h1', { hasText: 'ema.safetensors' }).waitFor();
  await frame.getByText('averaged weights (EMA) ·').waitFor();
  await frame.locator('.run', { hasText: 'brief-4x4 · step-12 · finished, step 12 of 12' }).waitFor();
  await frame.locator('vscode-button', { hasText: 'Fork from Here' }).waitFor();
  await workbench.eventually('The norms of all rows in sight', async () => (await column(frame, 6)).every(text => /^[\d.,e-]+$/.test(text)));
  const names = await rowTexts(frame);
  expect(names).toContain('inner.lm_head.weight');
  await frame.locator('.detail .histogram svg').waitFor();
  expect(await frame.locator('.detail .histogram svg').getAttribute('aria-label')).toMatch(/^Values from -?[\d.e-]+ to [\d.e-]+ in 40 bins/);
  const shape = frame.locator('.tensors tr', { hasText: 'inner.q_head.bias' });
  expect((await shape.locator('td').allInnerTexts()).slice(0, 4)).toEqual(['2', 'F32', '2', '8 B']);
});

test('columns sort, names filter, and arrow keys walk through the rows', async () => {
  const frame = await viewer('ema.safetensors');
  const values = frame.locator('.tensors th', { hasText: 'values' });
  await values.locator('button').click();
  expect(await values.getAttribute('aria-sort')).toBe('descending');
  const sizes = (await column(frame, 4)).map(text => Number(text.replaceAll(',', '')));
  expect(sizes).toEqual([...sizes].sort((a, b) => b - a));
  await frame.locator('.tensors tbody tr').first().focus();
  await workbench.page.keyboard.press('ArrowDown');
  await workbench.page.keyboard.press('ArrowDown');
  const third = (await rowTexts(frame))[2]!;
  expect(await frame.locator('.detail h2').innerText()).toBe(third);
  expect(await frame.locator('.tensors tr[aria-selected="true"] th').innerText()).toBe(third);
  await frame.locator('.filter').click();
  await workbench.page.keyboard.type('q_head');
  await workbench.eventually('The filtered rows', async () => (await rowTexts(frame)).length === 2);
  await frame.getByText(/^2 of \d+ tensors$/).waitFor();
  await workbench.page.keyboard.press('Control+a');
  await workbench.page.keyboard.press('Delete');
});

/** Themes with the class that a page's body has in them. */
const themes = [['light', 'Default Light Modern', 'vscode-light'], ['high-contrast', 'Default High Contrast', 'vscode-high-contrast'], ['dark', 'Default Dark Modern', 'vscode-dark']] as const;

test.each(themes)('it is drawn in a %s theme, and axe-core finds nothing, folded or not', async (name, theme, body) => {
  const frame = await viewer('ema.safetensors');
  const page = workbench.page.locator('.part.editor');
  workbench.useTheme(theme);
  await frame.locator(`body.${body}`).waitFor();
  await workbench.page.waitForTimeout(500); // colours fade
  await workbench.screenshot(`checkpoint-${name}`);
  expect(await violations(frame, 'editor')).toEqual([]);
  for (const summary of await frame.locator('summary').all()) await summary.click();
  await workbench.screenshot(`checkpoint-open-${name}`, { of: page });
  expect(await violations(frame, 'editor')).toEqual([]);
  for (const summary of await frame.locator('summary').all()) await summary.click();
});

test('Inspect leads to the trace with the weights of the checkpoint', async () => {
  const frame = await viewer('ema.safetensors');
  await frame.locator('vscode-button', { hasText: 'Inspect' }).click();
  await workbench.quickInput.getByText('Number of the test puzzle', { exact: false }).first().waitFor();
  await workbench.page.keyboard.press('Enter');
  const trace = await workbench.webview(/^(Puzzle Trace|Trace: brief-4x4)$/, 60_000);
  await trace.locator('h1', { hasText: /^brief-4x4 · .*step 12$/ }).waitFor({ timeout: 120_000 });
});

test('the other files of a checkpoint are a click away', async () => {
  const [run] = runFolders(workbench.folder);
  expect(readdirSync(path.join(run!, 'checkpoints', 'step-12'))).toContain('optimizer.safetensors');
  await workbench.page.locator('.tabs-container .tab', { hasText: 'ema.safetensors' }).click();
  const frame = await viewer('ema.safetensors');
  await frame.getByRole('button', { name: 'optimizer.safetensors' }).click();
  const other = await viewer('optimizer.safetensors');
  await other.getByText('moments of the optimiser').waitFor();
});

test('a file that is no checkpoint is refused in words', async () => {
  await workbench.openFile('hostile.safetensors');
  const frame = await viewer('hostile.safetensors');
  await frame.getByText('the header claims 1099511627775 bytes; at most 16777216 are read.').waitFor();
  await frame.getByText('take another checkpoint or a fresh copy').waitFor();
  await workbench.screenshot('checkpoint-refused');
  expect(await violations(frame, 'editor')).toEqual([]);
});

test('sorting by norm is of all tensors, also of those out of sight; what is not read is listed and comes last', async () => {
  writeMany(path.join(workbench.folder, 'many.safetensors'), 1);
  await workbench.openFile('many.safetensors');
  const frame = await viewer('many.safetensors');
  const norm = frame.locator('.tensors thead th', { hasText: 'norm' });
  await norm.locator('button').click();
  const expected = Array.from({ length: 120 }, (_, i) => (i * 37) % 121).sort((a, b) => b - a).map(String);
  await workbench.eventually('The order', async () => JSON.stringify((await column(frame, 6)).slice(0, 120)) === JSON.stringify(expected), 30_000);
  expect((await rowTexts(frame)).at(-1)).toBe('scale');
  await frame.getByText(/^1 tensor of number formats that are not read here comes last\.$/).waitFor();
  await frame.locator('.tensors tbody tr').last().click();
  await frame.locator('.detail').getByText('Values of the number format F8_E4M3 are not read here').waitFor();
  await workbench.screenshot('checkpoint-sorted');
  expect(await violations(frame, 'editor')).toEqual([]);
});

test('a file that is written anew is shown anew', async () => {
  const frame = await viewer('many.safetensors');
  await frame.locator('.tensors tbody th[title="layer.7"]').click();
  await frame.locator('.detail h2', { hasText: 'layer.7' }).waitFor();
  writeMany(path.join(workbench.folder, 'many.safetensors'), 1000);
  await workbench.eventually('The new values', async () => /norm\s*17,000/.test(await frame.locator('.detail').innerText()), 30_000);
  expect(await frame.locator('.detail h2').innerText()).toBe('layer.7');
});

/** Hovers over a word of the config in the editor until this is said. */
async function hoverOver(word: string, text: RegExp): Promise<string> {
  const hover = workbench.page.locator('.monaco-hover:visible');
  await workbench.page.locator('.monaco-editor .view-line span span', { hasText: word }).first().hover();
  await hover.filter({ hasText: text }).waitFor();
  return hover.first().innerText();
}

test('the line above a config says how long a step takes here, and by which run', async () => {
  await workbench.openFile('tiny-4x4.trm.yaml');
  const lens = workbench.page.locator('.codelens-decoration');
  await lens.getByText(/^\d+(\.\d+)? m?s per step, .+ for all steps \(measured in brief-4x4\)$/).waitFor();
  await workbench.screenshot('config-lenses');
});

test('hovering over data_paths shows the first example', async () => {
  await hoverOver('data_paths', /120 training examples of 16 cells, 6 tokens/);
  expect(await workbench.page.locator('.monaco-hover:visible img').getAttribute('alt')).toMatch(/^Question: [\d. |/+-]+\. Answer: [\d |/+-]+\.$/);
  await workbench.screenshot('config-data-hover');
  await workbench.page.keyboard.press('Escape');
});

test('a quick fix takes out a key without use, and another builds the dataset', async () => {
  const { page } = workbench;
  const file = path.join(workbench.folder, 'mend.trm.yaml');
  writeFileSync(file, `run_name: x\n${readFileSync(path.join(workbench.folder, 'brief-4x4.trm.yaml'), 'utf8').replace('data/tiny-4x4', 'data/other-4x4')}`);
  await workbench.openFile('mend.trm.yaml');
  await page.locator('.monaco-editor .view-line', { hasText: 'run_name' }).click();
  await page.locator('.monaco-editor .squiggly-warning, .monaco-editor .squiggly-unnecessary').first().waitFor();
  await page.keyboard.press('Control+.');
  await page.locator('.action-widget').getByText('Remove run_name').waitFor();
  await page.keyboard.press('Enter');
  await page.locator('.action-widget').waitFor({ state: 'hidden' });
  await page.keyboard.press('Control+s');
  await workbench.eventually('The file without the key', () => readFileSync(file, 'utf8').startsWith('# A TRM'));
  await page.locator('.monaco-editor .view-line', { hasText: 'data/other-4x4' }).locator('span', { hasText: 'other-4x4' }).last().click();
  await page.keyboard.press('Control+.');
  await page.locator('.action-widget').getByText('Build Dataset').waitFor();
  await page.keyboard.press('Enter');
  await workbench.notification('The dataset of mend.trm.yaml is ready.');
  expect(readdirSync(path.join(workbench.folder, 'data', 'other-4x4'))).toContain('train');
});

test('presets are offered in groups, small ones with their measured size, those of the paper with an estimate', async () => {
  await workbench.palette('TRM: New Config from Preset');
  await workbench.quickInput.getByText('To try out: minutes on a CPU').waitFor();
  const { step_ms } = measuredSizes['sudoku-4x4']!.tensorflow;
  await workbench.quickInput.getByRole('option', { name: new RegExp(`${step_ms} ms per step and 0\\.\\d GB on tensorflow, .*measured on`) }).first().waitFor();
  await workbench.quickInput.locator('input').first().fill('1-step');
  const offer = workbench.quickInput.getByRole('option', { name: /TRM with 1-step gradient/ });
  expect(await offer.innerText()).toMatch(/5\.\d+ M parameters, 65,100 steps, about [\d.]+ [MG]B of GPU memory for the whole batch at once[^]*In the paper 56\.5 %/);
  await workbench.quickInput.locator('input').first().fill('paper');
  await workbench.screenshot('presets');
  await workbench.page.keyboard.press('Escape');
});

test('the walkthrough begins with the 4x4 Sudoku', async () => {
  const { page } = workbench;
  await workbench.palette('Welcome: Open Walkthrough...');
  await workbench.pick(/Train your first TRM/);
  const step = page.locator('.getting-started-step.expanded');
  await step.getByText('An experiment is one file').waitFor();
  await page.waitForTimeout(1000);
  await workbench.screenshot('walkthrough');
  await page.locator('.getting-started-step').last().getByText('Look inside its reasoning').waitFor();
  await step.getByRole('button', { name: 'New Config from Preset' }).click();
  await workbench.quickInput.getByText('Name of the config').waitFor();
  expect(await workbench.quickInput.locator('input').first().inputValue()).toBe('sudoku-4x4');
  await page.keyboard.press('Escape');
});

test('the extension wakes up fast, by the editor\'s own clock', async () => {
  const milliseconds = await workbench.activationTime();
  console.log(`activation: ${milliseconds} ms`);
  await workbench.screenshot('running-extensions');
  expect(milliseconds).toBeLessThan(2000); // meant are 100; this bound is for machines that are busy with other things
});

test('nothing was refused or broke in any page', () => {
  expect(workbench.complaints).toEqual([]);
});
