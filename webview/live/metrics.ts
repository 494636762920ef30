/**
 * Which quantities of a run are drawn together, and how one run or several become lines. One run: a line per quantity, each with
 * its own look, to be switched on and off in the legend. Several runs: one quantity at a time, a line per run in the
 * run's own look.
 */
import { formatBytes, formatCount, formatNumber, formatPercent, formatTick } from '../shared/format';
import type { Theme } from '../shared/theme';
import type { Line, LineChartOptions, LineModel } from '../charts/line-chart';
import type { Guide } from '../charts/marks';
import { fade } from '../charts/scales';
import { lineStyle } from '../charts/style';
import type { LineStyle } from '../charts/style';
import type { Column } from '../charts/column';
import type { Series } from '../charts/series';
import { runMarks } from './run-marks';
import type { RunStore, XKind } from './run-store';

/** Where a quantity is found in a run. */
interface Source {
  readonly x: Column;
  readonly y: Series;
  readonly band?: { low: Series; high: Series };
  readonly say?: (index: number) => string;
}

/** One quantity. */
export interface Metric {
  readonly key: string;
  readonly label: string;
  readonly title: string;
  /** Metrics of one choice are shown together when runs are compared. */
  readonly choice: string;
  /** Number of its look when a single run is shown. */
  readonly look: number;
  readonly smooth: boolean;
  readonly points: boolean;
  /** Drawn paler: it stands behind another line of the same look. */
  readonly quiet?: boolean;
  of(run: RunStore, x: XKind): Source;
}

/** One chart of the page. */
export interface ChartSpec extends LineChartOptions {
  readonly metrics: readonly Metric[];
  /** Whether the reader's wish for a logarithmic axis applies. */
  readonly log: boolean;
  /** The runs with which the chart is there; without it, all. */
  seenWith?(run: RunStore): boolean;
  guides?(run: RunStore, theme: Theme): Guide[];
  /** What to say beside the unit. */
  note?(run: RunStore): string;
}

type TrainKey = keyof RunStore['train']['y'];
const train = (key: TrainKey) => (run: RunStore, x: XKind): Source => ({ x: run.train.x[x], y: run.train.y[key] });
const evaluated = (value: 'accuracy' | 'exact_accuracy') => (run: RunStore, x: XKind): Source => {
  const low = value === 'accuracy' ? 'accuracy_low' : 'exact_low';
  const high = value === 'accuracy' ? 'accuracy_high' : 'exact_high';
  return {
    x: run.evals.x[x], y: run.evals.y[value], band: { low: run.evals.y[low], high: run.evals.y[high] },
    say: index => {
      const event = run.evalEvents[index];
      if (event === undefined) return formatPercent(Number.NaN);
      const [from, to] = value === 'accuracy' ? event.accuracy_interval : event.exact_interval;
      return `${formatPercent(event[value])} (${(from * 100).toFixed(1)}–${(to * 100).toFixed(1)})`;
    },
  };
};
const system = (key: keyof RunStore['system']['y']) => (run: RunStore, x: XKind): Source => ({ x: run.system.x[x], y: run.system.y[key] });
const plain = { smooth: true, points: false };
const percentTick = (value: number): string => `${Math.round(value * 100)} %`;

/** The line charts of the page, in order. */
export const lineCharts: readonly ChartSpec[] = [
  {
    id: 'loss', title: 'Loss', unit: 'per slot', hint: 'Training losses per slot: total = lm + ½ (q_halt + q_continue).', format: formatNumber, tick: formatTick, log: true,
    metrics: [
      { key: 'loss', label: 'total', title: 'total loss', choice: 'total', look: 0, ...plain, of: train('loss') },
      { key: 'lm_loss', label: 'lm', title: 'language-model loss over the cells', choice: 'lm', look: 1, ...plain, of: train('lm_loss') },
      { key: 'q_halt_loss', label: 'q_halt', title: 'loss of the halting head', choice: 'q_halt', look: 2, ...plain, of: train('q_halt_loss') },
      { key: 'q_continue_loss', label: 'q_continue', title: 'loss of the continue head', choice: 'q_continue', look: 3, ...plain, of: train('q_continue_loss') },
    ],
  },
  {
    id: 'accuracy', title: 'Accuracy', unit: '%', hint: 'Share of cells right, and of puzzles right in every cell (exact). Evaluation: points with their 95 % interval; training: over the slots that halted.',
    format: formatPercent, tick: percentTick, min: 0, max: 1, log: false,
    metrics: [
      { key: 'eval exact', label: 'eval exact', title: 'evaluation, puzzle accuracy (exact)', choice: 'exact', look: 0, smooth: false, points: true, of: evaluated('exact_accuracy') },
      { key: 'train exact', label: 'train exact', title: 'training, puzzle accuracy (exact)', choice: 'exact', look: 0, quiet: true, ...plain, of: train('exact_accuracy') },
      { key: 'eval cell', label: 'eval cell', title: 'evaluation, cell accuracy', choice: 'cell', look: 1, smooth: false, points: true, of: evaluated('accuracy') },
      { key: 'train cell', label: 'train cell', title: 'training, cell accuracy', choice: 'cell', look: 1, quiet: true, ...plain, of: train('accuracy') },
    ],
    note: run => { const last = run.evalEvents.at(-1); return last === undefined ? '' : `eval: ${formatCount(last.count)} puzzles`; },
  },
  {
    id: 'halting-decisions', title: 'Halting decisions', unit: '% right', hint: 'Training: share of halted slots whose halting head was right about the answer being exact.', format: formatPercent, tick: percentTick, min: 0, max: 1, log: false,
    metrics: [{ key: 'q_halt_accuracy', label: 'right', title: 'share of right halting decisions', choice: 'right', look: 0, ...plain, of: train('q_halt_accuracy') }],
  },
  {
    id: 'steps', title: 'Supervision steps', unit: 'mean until halting', hint: 'Mean number of supervision steps of the training slots that halted.', format: formatNumber, tick: formatTick, min: 0, log: false,
    metrics: [{ key: 'steps', label: 'mean steps', title: 'mean supervision steps', choice: 'steps', look: 0, ...plain, of: train('steps') }],
    guides: (run, theme) => [{ y: run.header.haltMaxSteps, text: `halt_max_steps ${run.header.haltMaxSteps}`, color: theme.muted }],
  },
  {
    id: 'learning-rate', title: 'Learning rate', hint: 'Learning rate of the optimiser step.', format: formatNumber, tick: formatTick, min: 0, log: true,
    metrics: [{ key: 'lr', label: 'lr', title: 'learning rate', choice: 'lr', look: 0, smooth: false, points: false, of: train('lr') }],
  },
  {
    id: 'gradient-norm', title: 'Gradient norm', hint: 'Euclidean norm of the gradient over all parameters.', format: formatNumber, tick: formatTick, log: true,
    metrics: [{ key: 'grad_norm', label: 'norm', title: 'gradient norm', choice: 'norm', look: 0, ...plain, of: train('grad_norm') }],
  },
  {
    id: 'solver-residual', title: 'Solver residual', unit: 'relative', hint: 'How far the solver stayed from its fixed point, ||f(z) − z|| / ||f(z)||, mean over the slots: of z, and of the gradient.', format: formatNumber, tick: formatTick, log: true, seenWith: run => run.hasSolver,
    metrics: [
      { key: 'solver_residual', label: 'z', title: 'relative residual of the fixed point z', choice: 'z', look: 0, ...plain, of: train('solver_residual') },
      { key: 'adjoint_residual', label: 'gradient', title: 'relative residual of the fixed point of the gradient', choice: 'gradient', look: 1, ...plain, of: train('adjoint_residual') },
    ],
  },
  {
    id: 'solver-iterations', title: 'Solver iterations', unit: 'mean until converged', hint: 'Applications of the network until the residual was below solver_tolerance, at most solver_iterations; mean over the slots.', format: formatNumber, tick: formatTick, min: 0, log: false, seenWith: run => run.hasSolver,
    metrics: [
      { key: 'solver_iterations', label: 'z', title: 'iterations to the fixed point z', choice: 'z', look: 0, ...plain, of: train('solver_iterations') },
      { key: 'adjoint_iterations', label: 'gradient', title: 'iterations to the fixed point of the gradient', choice: 'gradient', look: 1, ...plain, of: train('adjoint_iterations') },
    ],
  },
  {
    id: 'throughput', title: 'Throughput', unit: 'steps/s', hint: 'Optimiser steps per second.', format: value => `${formatNumber(value)} /s`, tick: formatTick, min: 0, log: false,
    metrics: [{ key: 'rate', label: 'steps/s', title: 'optimiser steps per second', choice: 'rate', look: 0, ...plain, of: train('rate') }],
  },
  {
    id: 'load', title: 'Processor', unit: '%', hint: 'Processor time of the trainer, where 100 % is one core kept busy; and the share of the time in which something ran on the GPU.', format: formatPercent, tick: percentTick, min: 0, log: false,
    metrics: [
      { key: 'cpu', label: 'CPU', title: 'processor time of the trainer (100 %: one core)', choice: 'CPU', look: 0, smooth: false, points: false, of: system('cpu_share') },
      { key: 'gpu', label: 'GPU', title: 'share of the time in which something ran on the GPU', choice: 'GPU', look: 1, smooth: false, points: false, of: system('gpu_share') },
    ],
  },
  {
    id: 'memory', title: 'Memory', hint: 'Memory of the trainer process, of the tensors its engine holds, and in use on the GPU.', format: formatBytes, tick: formatBytes, min: 0, log: false,
    metrics: [
      { key: 'rss', label: 'process', title: 'resident memory of the process', choice: 'process', look: 0, smooth: false, points: false, of: system('rss') },
      { key: 'engine_bytes', label: 'engine', title: 'memory held by the engine', choice: 'engine', look: 1, smooth: false, points: false, of: system('engine_bytes') },
      { key: 'gpu_memory', label: 'GPU', title: 'memory in use on the GPU, by everybody', choice: 'GPU', look: 2, smooth: false, points: false, of: system('gpu_memory') },
    ],
  },
  {
    id: 'gpu-temperature', title: 'GPU temperature', unit: '°C', hint: 'Temperature of the GPU.', format: value => `${formatNumber(value)} °C`, tick: formatTick, log: false, seenWith: run => run.hasGpu,
    metrics: [{ key: 'temperature', label: 'GPU', title: 'temperature of the GPU', choice: 'temperature', look: 0, smooth: false, points: false, of: system('gpu_temperature') }],
  },
  {
    id: 'gpu-power', title: 'GPU power', unit: 'W', hint: 'Power that the GPU draws.', format: value => `${formatNumber(value)} W`, tick: formatTick, min: 0, log: false, seenWith: run => run.hasGpu,
    metrics: [{ key: 'power', label: 'GPU', title: 'power drawn by the GPU', choice: 'power', look: 0, smooth: false, points: false, of: system('gpu_power') }],
  },
];

/** What the page shows now. */
export interface Shown {
  /** The run in focus first. */
  readonly runs: readonly RunStore[];
  readonly x: XKind;
  readonly smoothing: number;
  readonly log: boolean;
  /** The runs with which the chart is there; without it, all. */
  seenWith?(run: RunStore): boolean;
  /** Look of each run, by id. */
  readonly looks: Readonly<Record<string, number>>;
  readonly theme: Theme;
}

/** The reader's choices in one chart. */
export interface ChartChoices {
  /** Metrics switched on or off by the reader. */
  readonly switched: Record<string, boolean>;
  /** The choice shown when runs are compared. */
  chosen: string | undefined;
}

/** The lines of a chart. `changed` is called after the reader switched something. */
export function lineModel(spec: ChartSpec, shown: Shown, choices: ChartChoices, changed: () => void): LineModel {
  const focus = shown.runs[0];
  const present = spec.metrics.filter(metric => shown.runs.some(run => metric.of(run, shown.x).y.hasValues));
  const log = spec.log && shown.log;
  const base = { marks: focus === undefined ? [] : runMarks(focus, shown.x, shown.theme, spec.id), guides: focus === undefined ? [] : spec.guides?.(focus, shown.theme) ?? [], log, namedElsewhere: shown.runs.length > 1, unit: [spec.unit, focus === undefined ? '' : spec.note?.(focus)].filter(text => text !== undefined && text !== '').join(' · '), empty: emptyText(focus) };
  if (shown.runs.length <= 1) {
    const lines = present.map((metric): Line => {
      const on = choices.switched[metric.key] ?? true;
      const toggle = (): void => { choices.switched[metric.key] = !on; changed(); };
      return { key: metric.key, label: metric.label, title: metric.title, style: look(metric, metric.look, shown.theme), smoothing: metric.smooth ? shown.smoothing : 0, points: metric.points, width: metric.points ? 2 : 1.35, shown: on, ...(present.length > 1 ? { toggle } : {}), ...metric.of(focus!, shown.x) };
    });
    return { ...base, lines, choices: [] };
  }
  const offered = [...new Set(present.map(metric => metric.choice))];
  const chosen = choices.chosen !== undefined && offered.includes(choices.chosen) ? choices.chosen : offered[0];
  const together = present.filter(metric => metric.choice === chosen);
  const lines = shown.runs.flatMap((run): Line[] => together.map((metric, i): Line => ({
    key: `${run.header.id} ${metric.key}`, label: together.length > 1 && i > 0 ? `${run.header.name} ${metric.label}` : run.header.name, title: `${run.header.name}, ${metric.title}`, id: run.header.id,
    style: look(metric, shown.looks[run.header.id] ?? 0, shown.theme), smoothing: metric.smooth ? shown.smoothing : 0, points: metric.points,
    width: metric.points || together.length === 1 ? 1.75 : 1, shown: true, legend: i === 0, ...metric.of(run, shown.x),
  })));
  return {
    ...base, lines,
    choices: offered.length < 2 ? [] : offered.map(key => ({ key, label: key, chosen: key === chosen, pick: () => { choices.chosen = key; changed(); } })),
  };
}

function look(metric: Metric, slot: number, theme: Theme): LineStyle {
  const style = lineStyle(slot, theme.palette);
  return metric.quiet === true && !theme.highContrast ? { ...style, color: fade(style.color, 0.6) } : style;
}

function emptyText(focus: RunStore | undefined): string {
  if (focus === undefined) return 'No run chosen.';
  if (focus.header.unreadable !== null) return 'What was measured cannot be read: see above.';
  if (focus.loaded < 1) return 'Reading…';
  switch (focus.header.state) {
    case 'queued': return 'In the queue: it begins when the runs before it have ended.';
    case 'pending': return 'Starting. The first values come with the first step.';
    case 'running': case 'paused': return 'Nothing measured yet.';
    case 'finished': case 'failed': case 'stopped': case 'crashed': case 'lost': return 'Nothing was measured.';
  }
}
