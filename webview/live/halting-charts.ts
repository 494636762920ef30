/**
 * The charts of the halting head: mean p_halt per supervision step over training time (heat strip), the same over the latest steps beside
 * what was decided and what stopping there would have been worth (bars), and how far its probabilities can be believed
 * (calibration). They show the run in focus.
 */
import { formatCount, formatPercent } from '../shared/format';
import type { Theme } from '../shared/theme';
import { BarChart } from '../charts/bar-chart';
import type { BarModel } from '../charts/bar-chart';
import type { ExportFile } from '../charts/export';
import type { ChartGroup } from '../charts/group';
import { HeatChart } from '../charts/heat-chart';
import { lineStyle } from '../charts/style';
import { latestHaltingSteps } from './halting-steps';
import { runMarks } from './run-marks';
import type { RunStore, XKind } from './run-store';

const tick = (share: number): string => `${Math.round(share * 100)} %`;
const waiting = 'Nothing measured yet.';

/**
 * The three charts, in order.
 * @param suffix what to put after the unit: the name of the run, when several are shown.
 */
export function haltingCharts(group: ChartGroup, focus: () => RunStore | undefined, x: () => XKind, suffix: () => string, save: (file: ExportFile) => void): { strip: HeatChart; bars: BarChart; calibration: BarChart } {
  const strip = new HeatChart({
    id: 'halting-strip', title: 'Halting probability', unit: 'mean p_halt',
    hint: 'Mean sigmoid(q_halt) at every supervision step k, over training, among the puzzles that had not halted before k.',
    rows: 'supervision step k', row: 'k', among: 'among puzzles still running', weights: 'slots', format: formatPercent, tick, threshold: { at: 0.5, text: 'first k ≥ 50 %' },
  }, group, () => {
    const run = focus();
    return run === undefined ? null : { x: run.halting.x[x()], data: run.halting.heat, marks: runMarks(run, x(), group.theme, 'halting-strip'), empty: waiting, unit: `mean p_halt${suffix()}` };
  }, save);
  const shared = { categories: 'supervision step k', category: 'k =', format: formatPercent, tick, max: 1 };
  const bars = new BarChart({
    id: 'halting-latest', title: 'Halting now', unit: '% of puzzles at k', hint: 'For every supervision step k, over the training steps measured last: share of puzzles that halted there and mean p_halt; from the latest evaluation: exact accuracy if all were stopped at k.', ...shared,
  }, group, () => ({ ...latestHalting(focus(), group.theme), unit: `% of puzzles at k${suffix()}` }), save);
  const calibration = new BarChart({
    id: 'halting-calibration', title: 'Halting calibration', unit: 'share right by p_halt', hint: 'Puzzles of the latest evaluation in ten bins of predicted p_halt: share that is right against what was predicted. Equal heights are perfect.',
    ...shared, categories: 'predicted p_halt', category: 'bin',
  }, group, () => ({ ...calibrated(focus(), group.theme), unit: `share right by p_halt${suffix()}` }), save);
  return { strip, bars, calibration };
}

function latestHalting(run: RunStore | undefined, theme: Theme): Omit<BarModel, 'unit'> {
  const halting = run?.haltingEvents.at(-1);
  const window = run === undefined ? null : latestHaltingSteps(run);
  const evaluation = run?.evalEvents.at(-1);
  const steps = Math.max(run?.header.haltMaxSteps ?? 0, evaluation?.per_step.at(-1)?.k ?? 0);
  const perStep = <E extends { k: number }>(events: readonly E[] | undefined, value: (event: E) => number): number[] => {
    const values = new Array<number>(steps).fill(Number.NaN);
    for (const event of events ?? []) values[event.k - 1] = value(event);
    return values;
  };
  const share = (part: 'halted_by_q' | 'halted_by_max'): number[] => perStep(halting?.per_step, step => (step.slots > 0 ? step[part] / step.slots : Number.NaN));
  const slots = halting?.per_step.reduce((sum, step) => sum + step.halted_by_q + step.halted_by_max, 0) ?? 0;
  const notes = [
    window === null ? '' : `Training ${stepsText(window)}: ${formatCount(slots)} slots halted`,
    evaluation === undefined ? '' : `evaluation at step ${formatCount(evaluation.step)}: ${formatCount(evaluation.count)} puzzles`,
  ];
  return {
    categories: Array.from({ length: steps }, (_, i) => String(i + 1)), empty: waiting, note: notes.filter(note => note !== '').join(' · '),
    series: [
      { key: 'halted', label: 'halted by q_halt', style: lineStyle(0, theme.palette), look: 'bar', values: share('halted_by_q') },
      { key: 'limit', label: 'halted at the limit', style: lineStyle(0, theme.palette), look: 'outline', values: share('halted_by_max') },
      { key: 'p', label: 'mean p_halt', style: { ...lineStyle(1, theme.palette), shape: 'rectRot' }, look: 'points', values: perStep(halting?.per_step, step => (step.slots > 0 ? step.mean_p_halt : Number.NaN)) },
      { key: 'accuracy', label: 'exact if stopped at k', title: 'exact accuracy of the evaluation if every puzzle were stopped at k', style: { ...lineStyle(2, theme.palette), dash: [] }, look: 'points', values: perStep(evaluation?.per_step, step => step.exact_accuracy) },
    ],
  };
}

const stepsText = ({ from, to }: { from: number; to: number }): string => (from === to ? `step ${formatCount(to)}` : `steps ${formatCount(from)} to ${formatCount(to)}`);

const bins = 10;

/** The bins that hold no puzzle are not written: each of the others is known by its mean prediction, which lies inside it. */
function calibrated(run: RunStore | undefined, theme: Theme): Omit<BarModel, 'unit'> {
  const evaluation = run?.evalEvents.at(-1);
  const filled = new Map((evaluation?.calibration ?? []).map(bin => [Math.min(bins - 1, Math.floor(bin.predicted * bins + 1e-9)), bin]));
  const all = Array.from({ length: bins }, (_, i) => filled.get(i));
  return {
    categories: all.map((_, i) => `${(i * 100) / bins}–${((i + 1) * 100) / bins} %`), empty: waiting,
    note: evaluation === undefined ? '' : `Evaluation at step ${formatCount(evaluation.step)}: ${formatCount(evaluation.count)} puzzles, by bin above`,
    counts: { label: 'puzzles', values: all.map(bin => bin?.count ?? 0) },
    series: [
      { key: 'right', label: 'right', title: 'share of the puzzles in the bin that are right, with its 95 % interval', style: lineStyle(0, theme.palette), look: 'bar', values: all.map(bin => bin?.right ?? Number.NaN), intervals: all.map(bin => bin?.interval) },
      { key: 'predicted', label: 'predicted', title: 'mean p_halt of the puzzles in the bin', style: { ...lineStyle(1, theme.palette), dash: [2, 3] }, look: 'points', values: all.map(bin => bin?.predicted ?? Number.NaN) },
    ],
  };
}
