/**
 * The data side of the live charts with seven runs of 100,000 points each: taking everything in, taking in one more point per run,
 * and choosing what to draw. Painting is the browser's and not measured here.
 */
import { RunDataStore } from '../src/host/run-data';
import type { RunData } from '../src/protocol/charts';
import { median } from '../src/statistics/median';
import { RunStore } from '../webview/live/run-store';
import { headerOf, points, runs, trainEvent } from './charts-runs';
import { peakMemory, repeated, round, timed } from './statistics';
import type { Row } from './task';

const pixels = 1000;
const smoothing = 0.9;

/** Measures it. */
export async function chartsData(): Promise<Row> {
  const whole = Array.from({ length: runs }, (_, run) => trainData(run, 0, points));
  let stores: RunStore[] = [];
  const hydrate = await timed(() => (stores = whole.map(data => new RunStore(data))));
  let total = points;
  const extend = (): void => {
    stores.forEach((store, run) => store.append(trainData(run, total, 1)));
    total++;
  };
  const draw = (weight: number, share: number): number =>
    stores.reduce((drawn, { train: { x, y } }) => drawn + y.loss.points(x.step, { min: total * (1 - share), max: total }, pixels, weight).length, 0);
  const often = { warmUp: 5, least: 20, most: 200, seconds: 3 };
  const first = await timed(() => draw(smoothing, 1));
  return {
    runs, points_per_run: points, take_all_in_ms: round(hydrate),
    first_smoothed_draw_ms: round(first),
    draw_all_ms: round(median(await repeated(() => draw(0, 1), often))),
    draw_a_tenth_ms: round(median(await repeated(() => draw(0, 0.1), often))),
    add_a_point_and_draw_ms: round(median(await repeated(() => { extend(); draw(smoothing, 1); }, often))),
    points_drawn: draw(0, 1), peak_mb: round(peakMemory()),
  };
}

/** A message with `count` train events from step `from` + 1 on. */
function trainData(run: number, from: number, count: number): RunData {
  const store = new RunDataStore();
  for (let step = from + 1; step <= from + count; step++) store.append([trainEvent(run, step)]);
  return store.delta(headerOf(run), store.start())!;
}
