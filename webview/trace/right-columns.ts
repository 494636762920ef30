/** The lines of cells right over the frames, as columns of a table by supervision step. */
import { lineLetter, rightCounts } from './overview-scene';
import type { Panel } from './stage';
import type { Span } from './timeline';

/** A column: its name, and what it says of a supervision step. */
export interface RightColumn { readonly name: string; readonly at: (step: Span) => string }

/** A column for each large board; none when the solution is unknown. */
export function rightColumns(panels: readonly Panel[]): RightColumn[] {
  return panels.flatMap(panel => {
    const counts = rightCounts(panel);
    if (!counts) return [];
    const { asked } = panel.source.decoded;
    return [{ name: `${lineLetter(panel)} right, first to last frame`, at: ({ first, last }) => `${counts[first]! === counts[last]! ? '' : `${counts[first]!} to `}${counts[last]!} of ${asked}` }];
  });
}
