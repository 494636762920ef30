/** What the examples take: every small one was measured, and docs/examples.md says of each what the configs and the measurements say. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { measuredSizes } from '../../src/config/example-sizes';
import type { MeasuredSize } from '../../src/config/example-sizes';
import { parseConfig } from '../../src/config/load';
import { presets, readPreset, type Preset, type PresetGroup } from '../../src/config/presets';
import { countText, sizeOnGpu } from '../../src/host/language/summary';
import { summarise } from '../../src/reports/config-report';

const root = path.join(import.meta.dirname, '../..');
/** Where no dataset lies: the numbers are those that the configs' own words give. */
const nowhere = '/nowhere/c.trm.yaml';
const small = (group: PresetGroup): boolean => group === 'quick' || group === 'experiments';

function numbersOf(preset: Preset): { parameters: string; steps: string; gpu: string } {
  const config = parseConfig(readPreset(path.join(root, 'examples'), preset)).config!;
  const { parameters, steps } = summarise(config, nowhere)!;
  return { parameters: countText(parameters), steps: steps.toLocaleString('en-US'), gpu: sizeOnGpu(config, nowhere)!.memory };
}

/** The rows of the document, by example. */
function documented(): Map<string, string[]> {
  const lines = readFileSync(path.join(root, 'docs/examples.md'), 'utf8').split('\n').filter(line => line.startsWith('| [`'));
  return new Map(lines.map(line => {
    const cells = line.split('|').slice(1, -1).map(cell => cell.trim());
    return [/^\[`([^`]+)`\]\(\.\.\/examples\/\1\.trm\.yaml\)$/.exec(cells[0]!)![1]!, cells.slice(1)];
  }));
}

test('every small example was measured, and no other', () => {
  expect(Object.keys(measuredSizes).sort()).toEqual(presets.filter(({ group }) => small(group)).map(({ name }) => name).sort());
  for (const sizes of Object.values(measuredSizes)) {
    for (const { step_ms, peak_mb } of Object.values(sizes)) {
      expect(step_ms).toBeGreaterThan(0);
      expect(peak_mb).toBeGreaterThan(100);
    }
  }
});

test('docs/examples.md has every example, with its numbers', () => {
  const rows = documented();
  expect([...rows.keys()]).toEqual(presets.map(({ name }) => name));
  const measured = ({ step_ms, peak_mb }: MeasuredSize): string => `${step_ms.toLocaleString('en-US')} ms, ${peak_mb.toLocaleString('en-US')} MB`;
  for (const preset of presets) {
    const { parameters, steps, gpu } = numbersOf(preset);
    const sizes = measuredSizes[preset.name];
    const expected = sizes ? [measured(sizes.tensorflow), measured(sizes.wasm)] : [gpu];
    expect(rows.get(preset.name)!.slice(0, 2 + expected.length), preset.name).toEqual([parameters, steps, ...expected]);
  }
});
