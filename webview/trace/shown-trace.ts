/** A trace with what is worked out once for it: its arrays, its frames in time, and cells right at every frame. */
import { arcWindow, cutBoard } from './arc-window';
import { decodeTrace, type DecodedTrace, type FeatureName, type Trace } from './decode';
import { questionCells, rightOverFrames, solutionCells, type CellView } from './marks';
import { Timeline } from './timeline';

/** See the file's header. */
export interface ShownTrace {
  /** As the host sent it; `decoded` may hold a part of its board. */
  readonly sent: Trace;
  readonly decoded: DecodedTrace;
  readonly timeline: Timeline;
  /** Cells right per frame; null where there is no such feature, or the solution is unknown. */
  readonly right: Readonly<Record<FeatureName, Uint16Array | null>>;
  readonly question: readonly CellView[];
  readonly solution: readonly CellView[] | null;
}

/**
 * Works out what traces of one question are shown with.
 * @throws TraceFormatError when one is damaged
 */
export function showTraces(traces: readonly Trace[]): ShownTrace[] {
  const whole = traces.map(decodeTrace);
  const window = arcWindow(whole);
  return whole.map((all, k) => showTrace(traces[k]!, window ? cutBoard(all, window) : all));
}

function showTrace(sent: Trace, decoded: DecodedTrace): ShownTrace {
  return {
    sent, decoded, timeline: new Timeline(sent.frames), right: { y: rightOverFrames(decoded, 'y'), z: decoded.z && rightOverFrames(decoded, 'z') },
    question: questionCells(decoded), solution: solutionCells(decoded),
  };
}
