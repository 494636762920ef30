/**
 * The data of one run as the charts read it: columns that grow, one set per kind of event, each with its own x columns (step,
 * examples, process time, wall time). A resume from a checkpoint takes back what came after it: those points are dropped when
 * its marker arrives, so a line never runs backwards.
 */
import type { ChartsSettings, RunData, RunHeader, SystemColumns, TrainColumns } from '../../src/protocol/charts';
import { maxDepth } from '../../src/protocol/control';
import { Column } from '../charts/column';
import { HeatData } from '../charts/heat-data';
import { Series } from '../charts/series';

/** What the x axis can count. */
export type XKind = ChartsSettings['xAxis'];
/** One x column per kind of axis; all of one length. */
export type XColumns = Readonly<Record<XKind, Column>>;
type Stamp = Readonly<Record<XKind, number>>;
type Eval = RunData['evals'][number];
type Halting = RunData['halting'][number];
type Marker = RunData['markers'][number];
type Alert = RunData['alerts'][number];

/** Quantities of the train events; `rate` is optimiser steps per second. */
export const trainKeys = ['loss', 'lm_loss', 'q_halt_loss', 'q_continue_loss', 'accuracy', 'exact_accuracy', 'q_halt_accuracy', 'steps', 'lr', 'grad_norm', 'rate', 'solver_residual', 'solver_iterations', 'adjoint_residual', 'adjoint_iterations'] as const;
/** Quantities of the evaluations. */
export const evalKeys = ['accuracy', 'accuracy_low', 'accuracy_high', 'exact_accuracy', 'exact_low', 'exact_high', 'q_halt_accuracy'] as const;
/** Quantities of the system events. */
export const systemKeys = ['rss', 'engine_bytes', 'cpu_share', 'gpu_share', 'gpu_memory', 'gpu_temperature', 'gpu_power'] as const;

/** Series over x columns of their own. */
export interface Table<K extends string> { readonly x: XColumns; readonly y: Readonly<Record<K, Series>> }

/** See the file's head. */
export class RunStore {
  header: RunHeader;
  /** Share of the run's metrics that is here, 0 to 1. */
  loaded = 0;
  readonly train: Table<(typeof trainKeys)[number]> = table(trainKeys);
  readonly evals: Table<(typeof evalKeys)[number]> = table(evalKeys);
  readonly system: Table<(typeof systemKeys)[number]> = table(systemKeys);
  /** Mean p_halt per supervision step (row k - 1), weighted by slots. */
  readonly halting: { readonly x: XColumns; readonly heat: HeatData };
  readonly evalEvents: Eval[] = [];
  readonly haltingEvents: Halting[] = [];
  readonly markers: Marker[] = [];
  readonly alerts: Alert[] = [];

  /** Starts with everything there is of a run. */
  constructor(data: RunData) {
    this.header = data.header;
    this.halting = { x: xColumns(), heat: new HeatData(Math.max(1, data.header.haltMaxSteps)) };
    this.append(data);
  }

  /** Takes in what is new. What was there before a resume marker, and lies beyond the step it resumed from, goes. */
  append(data: RunData): void {
    this.header = data.header;
    this.loaded = data.loaded;
    const resumes = data.markers.filter(marker => marker.supersedes !== undefined);
    for (const { supersedes } of resumes) this.#dropBeyond(supersedes!);
    // Events of one message may lie on either side of a resume in it: those written before it are told by their time.
    const stands = (step: number, wall: number): boolean => !resumes.some(marker => step > marker.supersedes! && wall < marker.wall);
    this.#pushTrain(data.train, stands);
    this.#pushSystem(data.system, stands);
    for (const event of data.evals) if (stands(event.step, event.wall)) this.#pushEval(event);
    for (const event of data.halting) if (stands(event.step, event.wall)) this.#pushHalting(event);
    for (const event of data.markers) if (stands(event.step, event.wall) || event.supersedes !== undefined) this.markers.push(event);
    for (const event of data.alerts) if (stands(event.step, event.wall)) this.alerts.push(event);
  }

  /** Whether the run's architecture has a solver, whose residuals it measures. */
  get hasSolver(): boolean {
    return this.train.y.solver_residual.hasValues;
  }

  /** Whether it was trained on a GPU that says how it is. */
  get hasGpu(): boolean {
    return this.system.y.gpu_temperature.hasValues || this.system.y.gpu_power.hasValues;
  }

  /** Train points there are. */
  get points(): number {
    return this.train.x.step.length;
  }

  #pushTrain(columns: TrainColumns, stands: (step: number, wall: number) => boolean): void {
    const { x, y } = this.train;
    for (const column of [...Object.values(x), ...Object.values(y)]) column.reserve(columns.step.length);
    for (let i = 0; i < columns.step.length; i += 1) {
      if (!stands(columns.step[i]!, columns.wall[i]!)) continue;
      pushX(x, { step: columns.step[i]!, examples: columns.examples[i]!, process: columns.process[i]!, wall: columns.wall[i]! });
      for (const key of trainKeys) if (key !== 'rate') y[key].push(columns[key]?.[i]);
      const seconds = columns.seconds[i] as number | null | undefined;
      y.rate.push(typeof seconds === 'number' && seconds > 0 ? 1 / seconds : null);
    }
  }

  #pushSystem(columns: SystemColumns, stands: (step: number, wall: number) => boolean): void {
    const { x, y } = this.system;
    for (let i = 0; i < columns.step.length; i += 1) {
      if (!stands(columns.step[i]!, columns.wall[i]!)) continue;
      pushX(x, { step: columns.step[i]!, examples: columns.examples[i]!, process: columns.process[i]!, wall: columns.wall[i]! });
      for (const key of systemKeys) y[key].push(columns[key][i]);
    }
  }

  #pushEval(event: Eval): void {
    const { x, y } = this.evals;
    pushX(x, event);
    y.accuracy.push(event.accuracy);
    y.accuracy_low.push(event.accuracy_interval[0]);
    y.accuracy_high.push(event.accuracy_interval[1]);
    y.exact_accuracy.push(event.exact_accuracy);
    y.exact_low.push(event.exact_interval[0]);
    y.exact_high.push(event.exact_interval[1]);
    y.q_halt_accuracy.push(event.q_halt_accuracy);
    this.evalEvents.push(possible(event));
  }

  #pushHalting(event: Halting): void {
    pushX(this.halting.x, event);
    this.halting.heat.push(event.per_step.map(({ k, mean_p_halt, slots }) => ({ row: k - 1, mean: mean_p_halt, weight: slots })));
    this.haltingEvents.push(possible(event));
  }

  #dropBeyond(step: number): void {
    for (const { x, y } of [this.train, this.evals, this.system]) {
      const keep = x.step.lowerBound(step + 0.5);
      truncateX(x, keep);
      for (const series of Object.values(y)) series.truncate(keep);
    }
    this.evalEvents.length = this.evals.x.step.length;
    const keep = this.halting.x.step.lowerBound(step + 0.5);
    truncateX(this.halting.x, keep);
    this.halting.heat.truncate(keep);
    this.haltingEvents.length = keep;
    const standing = this.markers.filter(marker => marker.step <= step || marker.supersedes !== undefined);
    this.markers.splice(0, this.markers.length, ...standing);
    this.alerts.splice(0, this.alerts.length, ...this.alerts.filter(alert => alert.step <= step));
  }
}

/** An event without the supervision steps that no model has: a damaged file may name any. */
function possible<E extends { readonly per_step: readonly { readonly k: number }[] }>(event: E): E {
  return event.per_step.every(({ k }) => k <= maxDepth) ? event : { ...event, per_step: event.per_step.filter(({ k }) => k <= maxDepth) };
}

function table<K extends string>(keys: readonly K[]): Table<K> {
  return { x: xColumns(), y: Object.fromEntries(keys.map(key => [key, new Series()])) as Record<K, Series> };
}

function xColumns(): XColumns {
  return { step: new Column(), examples: new Column(), process: new Column(), wall: new Column() };
}

function pushX(x: XColumns, at: Stamp): void {
  x.step.push(at.step);
  x.examples.push(at.examples);
  x.process.push(at.process);
  x.wall.push(at.wall);
}

function truncateX(x: XColumns, length: number): void {
  for (const column of Object.values(x)) column.truncate(length);
}
