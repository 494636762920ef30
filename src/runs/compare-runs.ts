/** Runs side by side: what each came to, and which keys of their resolved configs differ. One table for the editor and the command line. */
import { isDeepStrictEqual } from 'node:util';
import { durationText, shareText } from './describe';
import { lastEvents } from './metrics-tail';
import { oneLine } from './read-json';
import type { RunSummary } from './read-run';
import type { EvalSummary, MetricEvent, RunState } from './schema';

/** A run as it stands in a comparison. */
export interface ComparedRun {
  readonly run: string;
  readonly name: string;
  readonly dir: string;
  readonly state: RunState;
  readonly step: number;
  readonly total_steps: number | null;
  /** Seconds of training, evaluation and checkpointing. */
  readonly seconds: number;
  /** Parameters trained, puzzle embeddings among them. */
  readonly parameters: number | null;
  readonly engine: string | null;
  /** Loss of the last step. */
  readonly loss: number | null;
  readonly best: EvalSummary | null;
  readonly last: EvalSummary | null;
  /** Run and step it was forked from. */
  readonly parent: { readonly run: string; readonly step: number } | null;
}

/** A key of the config with its value in each run; undefined where a run does not have it. */
export interface ChangedKey { readonly key: string; readonly values: readonly unknown[] }

/** Several runs, in the order asked for. */
export interface Comparison { readonly runs: readonly ComparedRun[]; readonly changed: readonly ChangedKey[] }

/** A config's values by key, `arch.L_cycles`; lists are values. */
function flat(config: Readonly<Record<string, unknown>>, prefix = ''): [string, unknown][] {
  return Object.entries(config).flatMap(([key, value]): [string, unknown][] => {
    const isMapping = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isMapping ? flat(value as Record<string, unknown>, `${prefix}${key}.`) : [[`${prefix}${key}`, value]];
  });
}

/** The keys in which resolved configs differ, in the order in which they come. */
export function changedKeys(configs: readonly Readonly<Record<string, unknown>>[]): ChangedKey[] {
  const maps = configs.map(config => new Map(flat(config)));
  const keys = [...new Set(maps.flatMap(map => [...map.keys()]))];
  return keys.map(key => ({ key, values: maps.map(map => map.get(key)) })).filter(({ values }) => values.some(value => !isDeepStrictEqual(value, values[0])));
}

/** Compares runs. The loss is read from the end of each one's metrics; where that cannot be read it is null. */
export async function compareRuns(runs: readonly RunSummary[]): Promise<Comparison> {
  const compared = runs.map(async ({ dir, manifest, state, best }): Promise<ComparedRun> => {
    const events: MetricEvent[] = await lastEvents(dir).catch(() => []);
    const last = events.findLast(event => event.kind === 'train');
    return {
      run: manifest.id, name: manifest.name, dir, state, step: manifest.step, total_steps: manifest.total_steps, seconds: manifest.process_seconds,
      parameters: manifest.parameters && manifest.parameters.dense + manifest.parameters.puzzle_emb,
      engine: manifest.engine && `${manifest.engine.name} on ${manifest.engine.device}, ${manifest.engine.forward_dtype}`,
      loss: last?.loss ?? null, best: best && best.eval, last: manifest.last_eval, parent: manifest.parent,
    };
  });
  return { runs: await Promise.all(compared), changed: changedKeys(runs.map(run => run.manifest.config)) };
}

const exact = (e: EvalSummary): string => `${shareText(e.exact_accuracy)} (${e.exact_count} of ${e.count}; ${(100 * e.exact_interval[0]).toFixed(1)}-${(100 * e.exact_interval[1]).toFixed(1)} %), step ${e.step}`;
const missing = '-';
const valueText = (value: unknown): string => (value === undefined ? missing : oneLine(typeof value === 'string' ? value : JSON.stringify(value), 60));

/**
 * A comparison in words: the first row has the runs' names, the first column what is compared. Rows that no run has anything for are left
 * out. Texts come from files: show them as text, never as markup.
 */
export function comparisonTable({ runs, changed }: Comparison): string[][] {
  const row = (title: string, of: (run: ComparedRun) => string | null): string[] => [title, ...runs.map(run => of(run) ?? missing)];
  const rows = [
    row('run', ({ run }) => run),
    row('state', ({ state }) => state),
    row('best puzzle accuracy (exact)', ({ best }) => best && exact(best)),
    row('last puzzle accuracy (exact)', ({ last }) => last && exact(last)),
    row('last cell accuracy', ({ last }) => last && `${shareText(last.accuracy)} (${(100 * last.accuracy_interval[0]).toFixed(1)}-${(100 * last.accuracy_interval[1]).toFixed(1)} %)`),
    row('loss of the last step', ({ loss }) => (loss === null ? null : loss.toPrecision(4))),
    row('steps', ({ step, total_steps }) => `${step}${total_steps === null ? '' : ` of ${total_steps}`}`),
    row('process time', ({ seconds }) => durationText(seconds)),
    row('parameters', ({ parameters }) => (parameters === null ? null : parameters.toLocaleString('en-US'))),
    row('engine', ({ engine }) => (engine === null ? null : oneLine(engine, 80))),
    row('forked from', ({ parent }) => parent && `${oneLine(parent.run, 80)}, step ${parent.step}`),
    ...changed.map(({ key, values }) => [oneLine(key, 80), ...values.map(valueText)]),
  ];
  return [['', ...runs.map(({ name }) => oneLine(name, 60))], ...rows.filter(([, ...cells]) => cells.some(cell => cell !== missing))];
}
