/** Published configs and checkpoints by their menus: Train TRM on YAML files that are configs, Export Weights, Import Published Checkpoint. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readManifest, runFolders } from './tiny';
import { Workbench } from './workbench';

const arch = 'name: recursive_reasoning.trm@TinyRecursiveReasoningModel_ACTV1\nmlp_t: True\npos_encodings: none\nhidden_size: 32\nexpansion: 2\nH_cycles: 1\nL_cycles: 1\nhalt_max_steps: 3\npuzzle_emb_ndim: ${.hidden_size}\npuzzle_emb_len: 2\nforward_dtype: float32\n';
const keys = 'data_paths: [data/published]\ndataset: {kind: sudoku, size: 4, train: 32, test: 20, holes: [6, 8]}\nglobal_batch_size: 16\nepochs: 4\neval_interval: 2\nlr: 1e-3\nlr_warmup_steps: 2\nengine: wasm\nwatch: []\n';

let workbench: Workbench;
beforeAll(async () => {
  workbench = await Workbench.open({
    prepare: folder => {
      mkdirSync(path.join(folder, 'arch'));
      writeFileSync(path.join(folder, 'arch/trm.yaml'), arch);
      writeFileSync(path.join(folder, 'cfg_pretrain.yaml'), `defaults:\n  - arch: trm\n  - _self_\n${keys}`);
      writeFileSync(path.join(folder, 'experiment.yaml'), `arch: {name: trm, hidden_size: 32, num_heads: 2}\n${keys}`);
      writeFileSync(path.join(folder, 'compose.yaml'), 'services: {}\narch: amd64\n');
    },
  });
});
afterAll(async () => { await workbench.close(); });

/** The entries of the menu of a file in the Explorer. */
async function menuOf(file: string): Promise<string[]> {
  const { page } = workbench;
  await page.locator('.explorer-folders-view').getByRole('treeitem', { name: file }).first().click({ button: 'right' });
  await page.getByRole('menuitem', { name: 'Rename' }).first().waitFor();
  const entries = await page.getByRole('menuitem').allInnerTexts();
  await page.keyboard.press('Escape');
  return entries.map(entry => entry.split('\n')[0]!);
}

/** Answers a file dialog: it fills in a path of its own some time after it has opened, so that one typed before is lost. */
async function fileDialog(title: string, file: string): Promise<void> {
  await workbench.quickInput.locator('.quick-input-title', { hasText: title }).waitFor();
  const input = workbench.quickInput.locator('input').first();
  await workbench.eventually('The path in the dialog', async () => {
    await input.fill(file);
    await workbench.page.waitForTimeout(700);
    return await input.inputValue() === file;
  });
  await workbench.page.keyboard.press('Enter');
}

test('Train TRM is in the menus of YAML files that are configs, and of no others', async () => {
  await workbench.eventually('Train TRM on cfg_pretrain.yaml', async () => (await menuOf('cfg_pretrain.yaml')).includes('Train TRM'));
  expect(await menuOf('experiment.yaml')).toContain('Train TRM');
  expect(await menuOf('compose.yaml')).not.toContain('Train TRM');
  writeFileSync(path.join(workbench.folder, 'compose.yaml'), `arch: trm\n${keys}`);
  await workbench.eventually('Train TRM on what became a config', async () => (await menuOf('compose.yaml')).includes('Train TRM'));
});

test('a published config trains from its menu; its weights go out and come back in', async () => {
  await workbench.explorerMenu('cfg_pretrain.yaml', 'Train TRM');
  const runs = (): string[] => (existsSync(path.join(workbench.folder, 'runs')) ? runFolders(workbench.folder).filter(run => existsSync(path.join(run, 'run.json'))) : []);
  await workbench.eventually('The end of the run', () => runs().some(run => readManifest(run).state === 'finished'), 90_000);
  await workbench.palette('TRM: Export Weights');
  await workbench.pick(/step 8/);
  await workbench.pick(/As in the model/);
  const target = path.join(workbench.folder, 'out.pt');
  await fileDialog('Export Weights', target);
  await workbench.notification('The weights are in');
  expect(readFileSync(target).subarray(0, 2).toString()).toBe('PK');

  await workbench.palette('TRM: Import Published Checkpoint');
  await fileDialog('Checkpoint of the published code', target);
  await workbench.quickInput.getByPlaceholder('Which config is the checkpoint of?').waitFor(); // the list of files before it has that name, too
  await workbench.pick(/cfg_pretrain\.yaml/);
  const message = await workbench.notification('out.pt is in the Runs view.');
  expect(runs()).toHaveLength(2);
  await message.getByRole('button', { name: 'Inspect Puzzle Trace' }).click();
  await workbench.quickInput.getByText('Number of the test puzzle').waitFor();
  await workbench.page.keyboard.press('Enter');
  const inspector = await workbench.webview(/^(Puzzle Trace|Trace: cfg_pretrain)$/, 60_000);
  await inspector.locator('h1', { hasText: /^cfg_pretrain · / }).waitFor({ timeout: 120_000 });
  expect(workbench.complaints).toEqual([]);
});
