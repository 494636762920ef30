/** A stage at a frame summed up for people who do not see the boards. */
import { countDifference, differenceCells, differenceWords } from './difference';
import { countWords, frameLabel, frameSummary, haltingWords } from './labels';
import { countBoard } from './marks';
import { wayArrives, wayWords } from './maze-way';
import { hasEnded, panelCells, panelLetter, panelTokens, type Panel, type Stage } from './stage';

/** The summary. */
export function stageSummary(stage: Stage, frame: number): string {
  const { lead, panels, compared } = stage;
  const counts = (panel: Panel) => countBoard(panelCells(panel, frame), panel.source.decoded.solution !== null);
  const [first, second] = panels;
  const way = (panel: Panel): string => wayWords(wayArrives(lead.decoded, panelTokens(panel, frame)));
  const ways = panels.map(panel => (way(panel) ? ` In ${panelLetter(panel, frame)} ${way(panel)}.` : '')).join('');
  if (!compared) return frameSummary(lead.decoded, frame, counts(first!), second ? counts(second) : null) + ways;
  const { trace } = lead.decoded;
  const { m } = lead.timeline.at(frame);
  const said = panels.map(panel => {
    const own = panel.source.decoded.trace;
    return `${panelLetter(panel, frame)}, ${panel.feature} of ${panel.caption}: ${countWords(counts(panel))}; ${hasEnded(panel, stage, frame) ? `ended at supervision step ${own.depth}` : `after ${haltingWords(own, m)}`}. `;
  });
  return `${frameLabel(trace, lead.timeline.at(frame))}. ${differenceWords(countDifference(differenceCells(stage, frame)))}. ${said.join('').trim()}${ways}`;
}
