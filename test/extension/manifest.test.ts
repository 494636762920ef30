/** What the manifest promises is there: commands behind menus, texts behind keys, files behind paths, sensible defaults. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';

interface Entry { readonly command: string; readonly when?: string; readonly group?: string }
interface Contributions {
  readonly commands: readonly { readonly command: string }[];
  readonly menus: Readonly<Record<string, readonly Entry[]>>;
  readonly views: Readonly<Record<string, readonly { readonly id: string; readonly name: string }[]>>;
  readonly viewsContainers: { readonly activitybar: readonly { readonly id: string; readonly icon: string }[] };
  readonly walkthroughs: readonly { readonly steps: readonly { readonly id: string; readonly media: { readonly svg: string }; readonly description: string }[] }[];
}

describe('the manifest', () => {
  const { extensionPath } = vscode.extensions.getExtension('trm-explorer.trm-explorer')!;
  const text = readFileSync(path.join(extensionPath, 'package.json'), 'utf8');
  const { contributes, icon } = JSON.parse(text) as { contributes: Contributions; icon: string };
  const texts = JSON.parse(readFileSync(path.join(extensionPath, 'package.nls.json'), 'utf8')) as Record<string, string>;
  const commands = new Set(contributes.commands.map(c => c.command));

  it('puts only its own commands into menus', () => {
    const used = Object.values(contributes.menus).flat().map(entry => entry.command);
    assert.deepEqual(used.filter(c => !commands.has(c)), []);
  });

  it('offers Train TRM on configs in the Explorer, on tabs and in the editor', () => {
    for (const menu of ['explorer/context', 'editor/title/context', 'editor/context']) {
      const [entry] = contributes.menus[menu]!.filter(e => e.command === 'trm.train');
      assert.match(entry?.when ?? '', /resourceLangId == trm/, menu);
    }
  });

  it('has a text for every key, and no text without a use', () => {
    const keys = new Set([...text.matchAll(/"%([\w.]+)%"/g)].map(m => m[1]!));
    assert.deepEqual([...keys].filter(key => !(key in texts)), []);
    assert.deepEqual(Object.keys(texts).filter(key => !keys.has(key)), []);
  });

  it('links only to commands there are', async () => {
    const registered = new Set(await vscode.commands.getCommands(true));
    const linked = Object.values(texts).flatMap(t => [...t.matchAll(/\(command:([\w.]+)/g)].map(m => m[1]!));
    assert.notEqual(linked.length, 0);
    assert.deepEqual(linked.filter(c => !registered.has(c)), []);
  });

  it('names files that are there', () => {
    const files = [icon, ...contributes.viewsContainers.activitybar.map(c => c.icon), ...contributes.walkthroughs.flatMap(w => w.steps.map(s => s.media.svg))];
    assert.deepEqual(files.filter(file => !existsSync(path.join(extensionPath, file))), []);
  });

  it('leads from a config to a trained model and its trace', () => {
    assert.deepEqual(contributes.walkthroughs.map(w => w.steps.map(s => s.id)), [['config', 'runtime', 'train', 'charts', 'trace']]);
  });

  it('has both views in its own container', () => {
    const [container] = contributes.viewsContainers.activitybar;
    assert.deepEqual(contributes.views[container!.id]!.map(v => v.id), ['trm.runs', 'trm.liveCharts']);
  });

  it('keeps runs in `runs`, and lets no untrusted folder choose programs or places', () => {
    const settings = vscode.workspace.getConfiguration('trm');
    assert.equal(settings.get('runsDir'), 'runs');
    assert.equal(settings.get('nodePath'), '');
    const { capabilities } = JSON.parse(text) as { capabilities: { untrustedWorkspaces: { supported: string; restrictedConfigurations: string[] } } };
    assert.equal(capabilities.untrustedWorkspaces.supported, 'limited');
    assert.deepEqual(capabilities.untrustedWorkspaces.restrictedConfigurations.sort(), ['trm.device', 'trm.nodePath', 'trm.runsDir', 'trm.runtimeDir']);
  });
});
