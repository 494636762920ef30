/** `trm runs show` and `trm runs metrics`: one run in full, and what it measured in few numbers. */
import { accuracyText, durationText, runStatusLine } from '../runs/describe';
import { metricsReport } from '../runs/metrics-digest';
import { readRun } from '../runs/read-run';
import { runReport } from '../runs/report';
import type { ExitCode } from './errors';
import { print, printJson, table } from './output';
import { findRun } from './runs';

/** `trm runs show RUN`. */
export async function showCommand(named: string, { runsDir, json }: { runsDir: string; json?: boolean }): Promise<ExitCode> {
  const run = await readRun(findRun(named, runsDir));
  const { manifest } = run;
  const report = runReport(run);
  if (json) {
    printJson(report);
    return 0;
  }
  const { engine, failure, parameters } = manifest;
  const checkpoints = (report['checkpoints'] as { checkpoint: string }[]).map(({ checkpoint }) => checkpoint);
  print(table([
    ['name', manifest.name], ['state', runStatusLine(run)], ['time', durationText(manifest.process_seconds)],
    ...(engine ? [['engine', `${engine.name} on ${engine.device}, ${engine.why}`]] : []), ...(parameters ? [['parameters', (parameters.dense + parameters.puzzle_emb).toLocaleString('en-US')]] : []),
    ['config', manifest.config_path], ['overrides', manifest.overrides.join(' ') || 'none'], ['checkpoints', checkpoints.join(', ') || 'none'],
    ...(failure ? [['failure', `${failure.message} ${failure.next}`]] : []), ['folder', run.dir],
  ]));
  return 0;
}

/** `trm runs metrics RUN [--points N]`. */
export async function metricsCommand(named: string, { runsDir, points, json }: { runsDir: string; points: number; json?: boolean }): Promise<ExitCode> {
  const report = await metricsReport(await readRun(findRun(named, runsDir)), points);
  if (json) {
    printJson(report);
    return 0;
  }
  const number = (value: number | null): string => (value === null ? '–' : String(Number(value.toPrecision(4))));
  print(table([
    ['step', 'loss', 'exact', 'cells', 'halting steps', 'seconds'],
    ...report.train.map(({ step, loss, exact_accuracy, accuracy, steps, seconds }) => [String(step), ...[loss, exact_accuracy, accuracy, steps, seconds].map(number)]),
  ]));
  for (const evaluation of report.evals) print(`step ${evaluation.step}: ${accuracyText({ ...evaluation, exact_interval: [...evaluation.exact_interval] })}`);
  for (const { step, level, message } of report.alerts) print(`step ${step}: ${level}: ${message}`);
  return 0;
}
