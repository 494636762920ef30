/** A trace with what is worked out once for it: its arrays, its frames in time, and cells right at every frame. */
import { decodeTrace, type DecodedTrace, type FeatureName, type Trace } from './decode';
import { questionCells, rightOverFrames, solutionCells, type CellView } from './marks';
import { Timeline } from './timeline';

/** See the file's header. */
export interface ShownTrace {
  readonly decoded: DecodedTrace;
  readonly timeline: Timeline;
  /** Cells right per frame; null where there is no such feature, or the solution is unknown. */
  readonly right: Readonly<Record<FeatureName, Uint16Array | null>>;
  readonly question: readonly CellView[];
  readonly solution: readonly CellView[] | null;
}

/**
 * Works out what a trace is shown with.
 * @throws TraceFormatError when it is damaged
 */
export function showTrace(trace: Trace): ShownTrace {
  const decoded = decodeTrace(trace);
  return {
    decoded, timeline: new Timeline(trace.frames),
    right: { y: rightOverFrames(decoded, 'y'), z: decoded.z && rightOverFrames(decoded, 'z') },
    question: questionCells(decoded), solution: solutionCells(decoded),
  };
}
