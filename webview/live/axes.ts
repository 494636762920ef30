/** The four things the horizontal axis can count, as the reader chooses them. */
import { clockAxis, countAxis, durationAxis } from '../charts/x-axis';
import type { XAxis } from '../charts/x-axis';
import type { XKind } from './run-store';

/** Axes by kind. */
export const axes: Readonly<Record<XKind, XAxis>> = {
  step: countAxis('step', 'Step'),
  examples: countAxis('examples', 'Examples'),
  process: durationAxis('process_seconds', 'Process time'),
  wall: clockAxis('wall_unix_seconds', 'Wall time'),
};
