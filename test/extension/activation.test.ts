/** The extension is there, activates, and keeps every promise its manifest makes about commands. */
import assert from 'node:assert/strict';
import * as vscode from 'vscode';

interface Manifest {
  readonly contributes: { readonly commands?: readonly { readonly command: string; readonly title: string }[] };
}

describe('activation', () => {
  const extension = vscode.extensions.getExtension('trm-explorer.trm-explorer');

  it('finds the extension', () => {
    assert.ok(extension, 'trm-explorer.trm-explorer is not installed in this VS Code');
  });

  it('activates without an error, and soon', async () => {
    const isFirst = !extension!.isActive; // else something woke it before, and there is nothing to measure
    const began = performance.now();
    await extension!.activate();
    const took = performance.now() - began;
    assert.equal(extension!.isActive, true);
    if (isFirst) console.log(`    activated in ${took.toFixed(0)} ms, loading included`);
    assert.ok(took < 1000, `${took.toFixed(0)} ms: meant are 100; this bound is for machines that are busy with other things`);
  });

  it('has registered every command its manifest lists', async () => {
    await extension!.activate();
    const listed = (extension!.packageJSON as Manifest).contributes.commands ?? [];
    assert.notEqual(listed.length, 0, 'the manifest lists no command');
    const registered = new Set(await vscode.commands.getCommands(true));
    const missing = listed.map(c => c.command).filter(c => !registered.has(c));
    assert.deepEqual(missing, []);
  });
});
