/**
 * The data behind one run's charts. Events go in as they are read from the run folder; columns come out, those that
 * are new since a view's cursor. A resume supersedes what earlier attempts wrote beyond
 * its step: those points are cut off here, and the marker that says so is part of the next delta, so that the view cuts the
 * same points before it appends.
 */
import type { Numbers, RunData, RunHeader, SystemColumns, TrainColumns } from '../protocol/charts';
import type { AlertEvent, EvalEvent, HaltingEvent, MarkerEvent, MetricEvent, SystemEvent, TrainEvent } from '../runs/schema';

/** How much of a run's data a view has been sent. */
export interface DataCursor {
  train: number; system: number; evals: number; halting: number; markers: number; alerts: number;
  /** Cuts applied. */
  cuts: number;
}

const gpuKeys = ['gpu_share', 'gpu_memory', 'gpu_temperature', 'gpu_power'] as const;
const solverKeys = ['solver_residual', 'solver_iterations', 'adjoint_residual', 'adjoint_iterations'] as const;

/** The columns of train events, without data. */
export function emptyTrainColumns(): TrainColumns<number[]> {
  return {
    step: [], examples: [], wall: [], process: [], loss: [], lm_loss: [], q_halt_loss: [], q_continue_loss: [],
    accuracy: [], exact_accuracy: [], q_halt_accuracy: [], steps: [], lr: [], grad_norm: [], seconds: [],
  };
}

/** The columns of system events, without data. */
export function emptySystemColumns(): SystemColumns<number[]> {
  return { step: [], examples: [], wall: [], process: [], rss: [], engine_bytes: [], cpu_share: [], gpu_share: [], gpu_memory: [], gpu_temperature: [], gpu_power: [] };
}

/** The columns of a table, as a list the compiler knows to be complete. */
function columns<T extends TrainColumns<number[]> | SystemColumns<number[]>>(table: T): [keyof T & string, number[]][] {
  return Object.entries(table) as [keyof T & string, number[]][];
}

/** First index whose step is beyond `step`; steps only grow within what was kept. */
function firstBeyond(length: number, stepAt: (i: number) => number, step: number): number {
  let low = 0, high = length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (stepAt(middle) > step) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Cuts a list of events, or a table's columns, after the last entry at or before `step`. */
function cut(events: { step: number }[], step: number): void {
  events.length = firstBeyond(events.length, i => events[i]!.step, step);
}

/** From this many values on a column is sent as a typed array. */
const longFrom = 1000;
/** Counts and times need more digits than single precision has. */
const exact: ReadonlySet<string> = new Set(['step', 'examples', 'wall', 'process', 'rss', 'engine_bytes', 'gpu_memory']);

function packed(name: string, values: number[]): Numbers {
  if (values.length < longFrom) return values;
  return exact.has(name) ? Float64Array.from(values) : Float32Array.from(values);
}

function slice(table: TrainColumns<number[]>, from: number, to: number): TrainColumns;
function slice(table: SystemColumns<number[]>, from: number, to: number): SystemColumns;
function slice(table: TrainColumns<number[]> | SystemColumns<number[]>, from: number, to: number): TrainColumns | SystemColumns {
  return Object.fromEntries(columns(table).map(([name, values]) => [name, packed(name, values.slice(from, to))])) as unknown as TrainColumns | SystemColumns;
}

/** A series value as it is kept: rounded to seven digits, which is all a float32 has, and shorter to send. */
const short = (value: number | null): number => (value === null ? NaN : Number(value.toPrecision(7)));

/** Columns and events of one run, in order, without what a resume superseded. */
export class RunDataStore {
  private readonly train = emptyTrainColumns();
  private readonly system = emptySystemColumns();
  private readonly evals: EvalEvent[] = [];
  private readonly halting: HaltingEvent[] = [];
  private readonly markers: MarkerEvent[] = [];
  private readonly alerts: AlertEvent[] = [];
  /** Every supersession so far: what was kept of each list, for cursors that are further. */
  private readonly cuts: { attempt: number; step: number; kept: Omit<DataCursor, 'cuts'> }[] = [];

  /** The last train event's step, examples and time, for a status line. */
  get last(): { step: number; seconds: number } | null {
    const at = this.train.step.length - 1;
    return at < 0 ? null : { step: this.train.step[at]!, seconds: this.meanSeconds() };
  }

  /** Points in the train columns. */
  get points(): number { return this.train.step.length; }

  /** Share of the train points that a cursor has passed, 0 to 1. */
  passed(cursor: DataCursor): number { return this.points === 0 ? 1 : cursor.train / this.points; }

  /** Takes events in the order in which they were written. */
  append(events: readonly MetricEvent[]): void {
    for (const event of events) this.take(event);
  }

  /** A cursor of a view that has been sent nothing. */
  start(): DataCursor {
    return { train: 0, system: 0, evals: 0, halting: 0, markers: 0, alerts: 0, cuts: this.cuts.length };
  }

  /** What came since the cursor, of each kind at most `most`; the cursor moves on. Null when nothing came. */
  delta(header: RunHeader, cursor: DataCursor, most = Infinity): RunData | null {
    for (; cursor.cuts < this.cuts.length; cursor.cuts++) {
      const { kept } = this.cuts[cursor.cuts]!;
      for (const list of Object.keys(kept) as (keyof typeof kept)[]) cursor[list] = Math.min(cursor[list], kept[list]);
    }
    const now = this.lengths();
    const fresh = (Object.keys(now) as (keyof typeof now)[]).some(list => cursor[list] < now[list]);
    return fresh ? this.since(cursor, header, most) : null;
  }

  private since(cursor: DataCursor, header: RunHeader, most: number): RunData {
    const from = { ...cursor };
    const now = this.lengths();
    for (const list of Object.keys(now) as (keyof typeof now)[]) cursor[list] = Math.min(now[list], from[list] + most);
    return {
      header, loaded: this.passed(cursor),
      train: slice(this.train, from.train, cursor.train), system: slice(this.system, from.system, cursor.system),
      evals: this.evals.slice(from.evals, cursor.evals), halting: this.halting.slice(from.halting, cursor.halting),
      markers: this.markers.slice(from.markers, cursor.markers), alerts: this.alerts.slice(from.alerts, cursor.alerts),
    };
  }

  private lengths(): Omit<DataCursor, 'cuts'> {
    return {
      train: this.train.step.length, system: this.system.step.length, evals: this.evals.length,
      halting: this.halting.length, markers: this.markers.length, alerts: this.alerts.length,
    };
  }

  private take(event: MetricEvent): void {
    if (this.cuts.some(c => event.attempt < c.attempt && event.step > c.step)) return;
    switch (event.kind) {
      case 'train': this.takeTrain(event); break;
      case 'system': this.takeSystem(event); break;
      case 'eval': this.evals.push(event); break;
      case 'halting': this.halting.push(event); break;
      case 'alert': this.alerts.push(event); break;
      case 'marker':
        if (event.supersedes !== undefined) this.supersede(event.attempt, event.supersedes);
        this.markers.push(event);
        break;
      default: event satisfies never;
    }
  }

  private takeTrain(event: TrainEvent): void {
    const t = this.train;
    t.step.push(event.step); t.examples.push(event.examples); t.wall.push(event.wall); t.process.push(event.process);
    t.loss.push(short(event.loss)); t.lm_loss.push(short(event.lm_loss));
    t.q_halt_loss.push(short(event.q_halt_loss)); t.q_continue_loss.push(short(event.q_continue_loss));
    t.accuracy.push(short(event.accuracy)); t.exact_accuracy.push(short(event.exact_accuracy));
    t.q_halt_accuracy.push(short(event.q_halt_accuracy)); t.steps.push(short(event.steps));
    t.lr.push(short(event.lr)); t.grad_norm.push(short(event.grad_norm)); t.seconds.push(short(event.seconds));
    for (const key of solverKeys) if (event[key] !== undefined) (t[key] ??= []).push(short(event[key]));
  }

  private takeSystem(event: SystemEvent): void {
    const s = this.system;
    s.step.push(event.step); s.examples.push(event.examples); s.wall.push(event.wall); s.process.push(event.process);
    s.rss.push(event.rss); s.engine_bytes.push(event.engine_bytes); s.cpu_share.push(short(event.cpu_share));
    for (const key of gpuKeys) s[key].push(event[key] ?? NaN);
  }

  private supersede(attempt: number, step: number): void {
    for (const table of [this.train, this.system]) {
      const kept = firstBeyond(table.step.length, i => table.step[i]!, step);
      for (const [, values] of columns<TrainColumns<number[]> | SystemColumns<number[]>>(table)) values.length = kept;
    }
    for (const events of [this.evals, this.halting, this.markers, this.alerts]) cut(events, step);
    this.cuts.push({ attempt, step, kept: this.lengths() });
  }

  /** Mean seconds per step over the last points. */
  private meanSeconds(): number {
    const last = this.train.seconds.slice(-20);
    return last.reduce((sum, s) => sum + s, 0) / last.length;
  }
}
