/**
 * Runs as programs read them: the documents that `trm --json` prints and that the editor's tools for language models answer with. Texts
 * of a run come from files: each is one line here, and short.
 */
import { listCheckpoints } from './checkpoints';
import { oneLine } from './read-json';
import type { BrokenRun, RunSummary } from './read-run';
import type { EvalSummary } from './schema';

/** An evaluation in a few numbers. Accuracies in 0..1, the interval of the share of whole puzzles right at 95 %. */
export interface EvaluationReport {
  readonly exact_accuracy: number;
  readonly cell_accuracy: number;
  readonly count: number;
  readonly exact_count: number;
  readonly exact_interval: readonly [number, number];
  readonly step: number;
}

/** An evaluation as it is reported. */
export function evaluationReport(e: EvalSummary): EvaluationReport {
  return { exact_accuracy: e.exact_accuracy, cell_accuracy: e.accuracy, count: e.count, exact_count: e.exact_count, exact_interval: e.exact_interval, step: e.step };
}

const bestReport = ({ best }: Pick<RunSummary, 'best'>): (EvaluationReport & { checkpoint: string }) | null => best && { checkpoint: oneLine(best.checkpoint), ...evaluationReport(best.eval) };

/** A run in a list of runs. */
export function runEntry(run: RunSummary): Record<string, unknown> {
  const { dir, manifest, pinned, state } = run;
  return { run: manifest.id, name: oneLine(manifest.name), pinned, tags: manifest.tags.map(tag => oneLine(tag)), notes: oneLine(manifest.notes, 2000), dir, state, created: manifest.created, engine: manifest.engine?.name ?? null, step: manifest.step, total_steps: manifest.total_steps, best: bestReport(run) };
}

/** How a run stands, as `trm train --json` ends with it. */
export function runOutcome(run: RunSummary): Record<string, unknown> {
  const { dir, manifest, state } = run;
  return {
    run: manifest.id, dir, state, engine: manifest.engine?.name ?? null, step: manifest.step, total_steps: manifest.total_steps, seconds: manifest.process_seconds,
    eval: manifest.last_eval && evaluationReport(manifest.last_eval), best: bestReport(run),
    ...(manifest.failure ? { failure: manifest.failure } : {}), ...(manifest.finished_because ? { finished_because: manifest.finished_because } : {}),
  };
}

/** Everything about a run but what it measured on the way. @throws RunFolderError when its checkpoints cannot be listed. */
export function runReport(run: RunSummary): Record<string, unknown> {
  const { dir, manifest, warnings } = run;
  const { engine } = manifest;
  return {
    ...runOutcome(run), name: oneLine(manifest.name), created: manifest.created, attempt: manifest.attempt, config_path: manifest.config_path, overrides: manifest.overrides,
    engine: engine && { name: engine.name, device: oneLine(engine.device), threads: engine.threads, forward_dtype: engine.forward_dtype, why: oneLine(engine.why) },
    parameters: manifest.parameters, dataset: manifest.dataset, config: manifest.config,
    checkpoints: listCheckpoints(dir).filter(c => !c.superseded && c.problem === null).map(({ name, step, best, pinned }) => ({ checkpoint: name, step, best, pinned })),
    notes: oneLine(manifest.notes, 2000), tags: manifest.tags.map(tag => oneLine(tag)), parent: manifest.parent, warnings: warnings.map(warning => oneLine(warning)),
  };
}

/** A list of runs, and of folders that cannot be read. */
export function runList(runs: readonly RunSummary[], broken: readonly BrokenRun[]): { runs: Record<string, unknown>[]; broken: readonly BrokenRun[] } {
  return { runs: runs.map(runEntry), broken };
}
