/** The four things the horizontal axis can count, as the reader chooses them. */
import type { ChartsSettings } from '../../src/protocol/charts';
import { clockAxis, countAxis, durationAxis } from '../charts/x-axis';
import type { XAxis } from '../charts/x-axis';
import type { XKind } from './run-store';

const axesOf = (log: boolean): Readonly<Record<XKind, XAxis>> => ({
  step: countAxis('step', 'Step', log),
  examples: countAxis('examples', 'Examples', log),
  process: durationAxis('process_seconds', 'Process time', log),
  wall: clockAxis('wall_unix_seconds', 'Wall time'),
});

/** Axes by kind. */
export const axes = axesOf(false);
const logAxes = axesOf(true);

/** The axis that the reader chose. That of wall time has no beginning, so it is never logarithmic. */
export function axisOf({ xAxis, logX }: Pick<ChartsSettings, 'xAxis' | 'logX'>): XAxis {
  return (logX ? logAxes : axes)[xAxis];
}
