/**
 * A language model acts only as the person allows: the question before every tool that acts, in the words the person sees, and no act without a
 * yes, nor in a folder nobody trusts. Another extension calls the tools, outside of a chat, so VS Code asks in a dialog of its own.
 */
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Locator } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { packageCompanion } from './companion';
import { readManifest, runFolders, tinyConfig, trainBefore, writeTinyConfigs } from './tiny';
import { Workbench } from './workbench';

let workbench: Workbench;
const dialog = (): Locator => workbench.page.locator('.monaco-dialog-box');
const runs = (): string[] => (existsSync(path.join(workbench.folder, 'runs')) ? runFolders(workbench.folder) : []);

/** Has the other extension call a tool. */
async function call(tool: string, input: object): Promise<void> {
  await workbench.palette('Companion: Call a Tool');
  await workbench.quickInput.getByText('name and input as JSON').first().waitFor();
  const box = workbench.quickInput.locator('input').first();
  await box.fill(`${tool} ${JSON.stringify(input)}`);
  await box.press('Enter');
}
/** What the person is asked; the answer is a button. */
async function asked(words: RegExp, answer: 'Yes' | 'Cancel'): Promise<void> {
  await workbench.eventually(`The question ${String(words)}`, async () => await dialog().isVisible() && words.test((await dialog().innerText()).replaceAll('\u00a0', ' ')));
  await workbench.screenshot(`agent-asks-${answer.toLowerCase()}`);
  await dialog().getByRole('button', { name: answer }).click();
  await dialog().waitFor({ state: 'hidden' });
}
/** What the tool answered, or why it was refused. */
async function answered(text: RegExp): Promise<string> {
  const message = await workbench.notification(text, 90_000);
  const words = await message.innerText();
  await workbench.palette('Notifications: Clear All Notifications');
  await message.waitFor({ state: 'hidden' });
  return words;
}

describe('in a trusted folder', () => {
  beforeAll(async () => {
    workbench = await Workbench.open({
      companion: packageCompanion, size: { width: 1400, height: 900 },
      prepare: folder => {
        writeTinyConfigs(folder, ['long-4x4']);
        writeFileSync(path.join(folder, 'wrong-4x4.trm.yaml'), tinyConfig(4).replace('epochs', 'epochz'));
      },
    });
  });
  afterAll(async () => { await workbench.close(); });

  test('a training begins only after a yes to a question that says what and how much', async () => {
    await call('trm_start_training', { config: 'long-4x4.trm.yaml' });
    await asked(/Train TRM\s+Train long-4x4\.trm\.yaml\? [\d,]+ parameters, 75,000 optimiser steps\./, 'Cancel');
    await answered(/Refused: Cancell?ed/);
    expect(runs()).toEqual([]);
    await call('trm_start_training', { config: 'long-4x4.trm.yaml' });
    await asked(/Train long-4x4\.trm\.yaml\?/, 'Yes');
    expect(await answered(/Answer: \{"started":true/)).toContain('"state":"running"');
    expect(runs()).toHaveLength(1);
  });

  test('so does a stop, and a resume', async () => {
    const [run] = runs() as [string];
    const named = new RegExp(`long-4x4 \\(${path.basename(run)}, running\\)`);
    await call('trm_stop_run', { run: 'long-4x4' });
    await asked(new RegExp(`Stop Run\\s+Stop ${named.source}\\? It writes a checkpoint first and can be resumed\\.`), 'Cancel');
    await answered(/Refused: Cancell?ed/);
    expect(readManifest(run).state).toBe('running');
    await call('trm_stop_run', { run: 'long-4x4' });
    await asked(named, 'Yes');
    await answered(/Answer: \{.*"state":"stopped"/);
    await call('trm_resume_run', { run: 'long-4x4' });
    await asked(new RegExp(`Resume Run\\s+Resume long-4x4 \\(${path.basename(run)}, stopped\\) from its newest checkpoint\\?`), 'Yes');
    await answered(/Answer: \{.*"state":"running"/);
    expect(readManifest(run)).toMatchObject({ state: 'running', attempt: 2 });
  });

  test('a config with errors is said to be one before the yes, and what is no input is refused', async () => {
    await call('trm_start_training', { config: 'wrong-4x4.trm.yaml' });
    await asked(/Train wrong-4x4\.trm\.yaml\? It has errors, so nothing would start\./, 'Yes');
    await answered(/Answer: \{"started":false.*"key":"epochz"/);
    await call('trm_start_training', { config: 'long-4x4.trm.yaml', force: true });
    await answered(/Refused: .*trm_start_training: .*force/);
    expect(runs()).toHaveLength(1);
  });
});

describe('in a folder nobody trusts', () => {
  beforeAll(async () => {
    workbench = await Workbench.open({
      companion: packageCompanion, settings: { 'security.workspace.trust.enabled': true, 'security.workspace.trust.startupPrompt': 'never' },
      prepare: async folder => {
        writeTinyConfigs(folder, ['brief-4x4']);
        await trainBefore(folder, 'brief-4x4');
      },
    });
  }, 240_000);
  afterAll(async () => { await workbench.close(); });

  test('looking is allowed, acting is refused without a question', async () => {
    await workbench.page.getByText('Restricted Mode').first().waitFor();
    await call('trm_list_runs', {});
    await answered(/Answer: .*"name":"brief-4x4"/);
    for (const [tool, input] of [['trm_start_training', { config: 'brief-4x4.trm.yaml' }], ['trm_resume_run', { run: 'brief-4x4' }], ['trm_stop_run', { run: 'brief-4x4' }]] as const) {
      await call(tool, input);
      await answered(/Refused: .*this folder is not trusted yet\. Trust the folder/);
    }
    expect(await dialog().count()).toBe(0);
    expect(runs()).toHaveLength(1);
  });
});
