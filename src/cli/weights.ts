/** `trm import` and `trm export`: weights from and for the published code. */
import path from 'node:path';
import { exportWeights } from '../trainer/export-weights';
import type { ExportOptions } from '../trainer/export-weights';
import { importCheckpoint } from '../trainer/import-checkpoint';
import type { ExitCode } from './errors';
import { Progress, note, print, printJson } from './output';
import { findRun } from './runs';

/** `trm import FILE --config C`. */
export async function importCommand(file: string, overrides: readonly string[], { config, runsDir, out, json }: { config: string; runsDir: string; out?: string; json?: boolean }): Promise<ExitCode> {
  const progress = new Progress(null);
  const place = out === undefined ? { runsDir: path.resolve(runsDir) } : { runsDir: path.dirname(path.resolve(out)), id: path.basename(path.resolve(out)) };
  const imported = await importCheckpoint({ file, configPath: config, overrides, ...place, onProgress: (text, fraction) => progress.update(Math.round(100 * fraction), 100, text) });
  progress.end();
  imported.notes.forEach(note);
  if (json) printJson(imported);
  else print(`${imported.run}: ${imported.checkpoint}, in ${imported.dir}\nEvaluate it with \`trm eval\`, look inside with \`trm trace\`, train on with load_checkpoint=${imported.dir}.`);
  return 0;
}

/** `trm export RUN|CHECKPOINT --out F`. */
export async function exportCommand(target: string, { runsDir, json, ...options }: Omit<ExportOptions, 'target'> & { runsDir: string; json?: boolean }): Promise<ExitCode> {
  const exported = await exportWeights({ ...options, target: findRun(target, runsDir) });
  if (json) printJson(exported);
  else print(`${exported.out}: ${exported.tensors} tensors (${exported.weights} weights) of ${exported.run} ${exported.checkpoint}, ${exported.format}`);
  return 0;
}
