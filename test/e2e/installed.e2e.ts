/** The packaged .vsix installs in a real VS Code and brings its commands with it. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Workbench } from './workbench';

const manifest = JSON.parse(readFileSync(path.join(__dirname, '..', '..', 'package.json'), 'utf8')) as {
  contributes: { commands: { command: string; title: string; category?: string }[]; menus?: { commandPalette?: { command: string; when?: string }[] } };
};

let workbench: Workbench;
beforeAll(async () => { workbench = await Workbench.open(); });
afterAll(async () => { await workbench.close(); });

test('the Explorer shows the examples', async () => {
  expect(await workbench.page.locator('.explorer-folders-view').getByRole('treeitem', { name: 'sudoku-4x4.trm.yaml' }).count()).toBe(1);
});

test('the palette offers every command that the manifest offers everywhere', async () => {
  const conditional = new Set((manifest.contributes.menus?.commandPalette ?? []).filter(m => m.when !== undefined).map(m => m.command));
  const offered = manifest.contributes.commands.filter(c => !conditional.has(c.command));
  expect(offered.length).toBeGreaterThan(0);
  for (const { title, category } of offered) {
    await workbench.findCommand(category === undefined ? title : `${category}: ${title}`);
    await workbench.page.keyboard.press('Escape');
  }
});

test('the extension is listed as installed', async () => {
  await workbench.palette('View: Show Extensions');
  await workbench.page.locator('.extensions-list').getByText('TRM Explorer').first().waitFor();
  await workbench.screenshot('installed');
});
