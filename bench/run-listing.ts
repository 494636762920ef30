/** Listing a runs folder of 500 runs: the first time, and again when nothing has changed, as the Runs view does. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { listRuns } from '../src/runs/read-run';
import { RunWriter } from '../src/runs/run-writer';
import type { EvalSummary } from '../src/runs/schema';
import { median } from '../src/statistics/median';
import { shapes } from './shapes';
import { repeated, round, timed } from './statistics';
import type { Row } from './task';

/** Runs in a folder. */
export const count = 500;

/** Measures it. The manifests are of the size real ones have. */
export async function runListing(): Promise<Row> {
  const runsDir = mkdtempSync(path.join(os.tmpdir(), 'trm-bench-runs-'));
  try {
    await makeRuns(runsDir);
    let found = 0;
    const list = async (): Promise<void> => void (found = (await listRuns(runsDir)).runs.length);
    const first = await timed(list);
    if (found !== count) throw new Error(`${found} of ${count} runs were listed`);
    const again = await repeated(list, { warmUp: 1, least: 10, most: 30, seconds: 5 });
    return { runs: count, first_ms: round(first), again_ms: round(median(again)) };
  } finally {
    rmSync(runsDir, { recursive: true, force: true });
  }
}

/** One run by the real writer, and copies of it under other ids: 500 in all. */
export async function makeRuns(runsDir: string): Promise<void> {
  const evaluation: EvalSummary = { step: 432, depth: 8, count: 250, total: 250, weights: 'ema', exact_accuracy: 0.96, exact_count: 240, exact_interval: [0.928, 0.978], accuracy: 0.99, accuracy_interval: [0.98, 1] };
  const writer = RunWriter.create({
    runsDir, name: 'bench', id: 'bench-0', configText: 'arch: trm\n',
    manifest: { config_path: 'bench.trm.yaml', config: { ...shapes['4x4'].config }, total_steps: 432, step: 432, state: 'finished', last_eval: evaluation },
  });
  writer.update({ state: 'finished', finished_because: 'all 432 steps done' });
  writer.writeBest({ checkpoint: 'step-432', metric: 'exact_accuracy', eval: evaluation });
  await writer.close();
  const manifest = readFileSync(path.join(writer.dir, 'run.json'), 'utf8');
  for (let i = 1; i < count; i++) {
    const dir = path.join(runsDir, `bench-${i}`);
    cpSync(writer.dir, dir, { recursive: true });
    writeFileSync(path.join(dir, 'run.json'), manifest.replace('"bench-0"', `"bench-${i}"`));
  }
}
