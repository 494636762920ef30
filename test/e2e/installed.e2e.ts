/** The packaged .vsix installs in a real VS Code and brings its commands with it. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Workbench } from './workbench';

interface Manifest {
  readonly contributes: {
    readonly commands: readonly { readonly command: string; readonly title: string; readonly category?: string; readonly enablement?: string }[];
    readonly menus?: { readonly commandPalette?: readonly { readonly command: string; readonly when?: string }[] };
  };
}

const read = (file: string): unknown => JSON.parse(readFileSync(path.join(__dirname, '..', '..', file), 'utf8'));
const { commands, menus } = (read('package.json') as Manifest).contributes;
const texts = read('package.nls.json') as Record<string, string>;
/** A text of the manifest as people see it: %key% stands for an entry of package.nls.json. */
const shown = (text: string): string => text.replace(/^%(.+)%$/, (whole, key: string) => texts[key] ?? whole);

let workbench: Workbench;
beforeAll(async () => { workbench = await Workbench.open(); });
afterAll(async () => { await workbench.close(); });

test('the Explorer shows the examples', async () => {
  const item = workbench.page.locator('.explorer-folders-view').getByRole('treeitem', { name: 'sudoku-4x4.trm.yaml' });
  await item.waitFor(); // the Explorer fills after the workbench is up
  expect(await item.count()).toBe(1);
});

test('the palette offers every command that the manifest offers everywhere', async () => {
  const conditional = new Set((menus?.commandPalette ?? []).filter(m => m.when !== undefined).map(m => m.command));
  const offered = commands.filter(c => !conditional.has(c.command) && c.enablement === undefined);
  expect(offered.length).toBeGreaterThan(0);
  for (const { title, category } of offered) {
    await workbench.findCommand(category === undefined ? shown(title) : `${shown(category)}: ${shown(title)}`);
    await workbench.page.keyboard.press('Escape');
  }
});

test('the extension is listed as installed', async () => {
  await workbench.palette('View: Show Extensions');
  await workbench.page.locator('.extensions-list').getByText('TRM Explorer').first().waitFor();
  await workbench.screenshot('installed');
});
