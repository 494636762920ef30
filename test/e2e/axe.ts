/** axe-core over a page of ours: what keeps somebody from using it. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Frame } from 'playwright-core';

interface Results { readonly violations: readonly { readonly id: string; readonly help: string; readonly nodes: readonly { readonly target: readonly unknown[]; readonly failureSummary?: string }[] }[] }

/**
 * Violations of any rule that axe-core has, as lines "rule: what it asks (element; why)"; empty when all is well. The frame of a view is
 * transparent, and what is painted behind it belongs to the workbench, so contrasts are taken against that colour of the theme.
 */
export async function violations(frame: Frame, behind: 'sideBar' | 'editor'): Promise<string[]> {
  const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  await frame.evaluate(source);
  await frame.locator('body').evaluate((body, color) => { (body as unknown as { style: { backgroundColor: string } }).style.backgroundColor = color; }, `var(--vscode-${behind}-background)`);
  // preload would fetch stylesheets, which the page's policy forbids
  const found = await frame.evaluate(() => (globalThis as unknown as { axe: { run(options: object): Promise<Results> } }).axe.run({ preload: false, resultTypes: ['violations'] }));
  return found.violations.flatMap(({ id, help, nodes }) => nodes.map(({ target, failureSummary = '' }) => `${id}: ${help} (${target.join(' ')}; ${failureSummary.replaceAll(/\s+/g, ' ')})`));
}
