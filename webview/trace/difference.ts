/** Where two traces differ at a frame: per cell both tokens, and which of them the solution agrees with. */
import { isAsked } from './decode';
import { cellPlace } from './labels';
import { panelProbabilities, panelTokens, type Stage } from './stage';
import { tokenWord, type Kind } from './tokens';

/** What a cell says about the two. `differ`: they do, and what is right is not known. */
export type Agreement = 'same' | 'first-right' | 'second-right' | 'both-wrong' | 'differ';

/** A cell of the difference. */
export interface DifferenceCell {
  readonly first: number;
  readonly second: number;
  readonly agreement: Agreement;
  /** How far the probabilities of the shown tokens are apart. */
  readonly apart: number;
}

/** Words for each agreement. */
export const agreementWords: Readonly<Record<Agreement, string>> = {
  same: 'the same', 'first-right': 'A is right', 'second-right': 'B is right', 'both-wrong': 'both are wrong', differ: 'they differ',
};

function agreementOf(first: number, second: number, wanted: number | null): Agreement {
  if (first === second) return 'same';
  if (wanted === null) return 'differ';
  return first === wanted ? 'first-right' : second === wanted ? 'second-right' : 'both-wrong';
}

/** The difference of a stage of two traces, [L]. The solution of either one counts for both. */
export function differenceCells({ panels: [first, second] }: Stage, frame: number): DifferenceCell[] {
  const solution = first!.source.decoded.solution ?? second!.source.decoded.solution;
  const [a, b] = [panelTokens(first!, frame), panelTokens(second!, frame)];
  const [p, q] = [panelProbabilities(first!, frame), panelProbabilities(second!, frame)];
  return Array.from(a, (token, cell) => {
    const wanted = solution && isAsked(solution[cell]!) ? solution[cell]! : null;
    return { first: token, second: b[cell]!, agreement: agreementOf(token, b[cell]!, wanted), apart: Math.abs(p[cell]! - q[cell]!) };
  });
}

/** How many cells differ, and in whose favour. */
export interface DifferenceCounts { readonly differ: number; readonly firstRight: number; readonly secondRight: number }

/** Counts of a difference. */
export function countDifference(cells: readonly DifferenceCell[]): DifferenceCounts {
  const having = (agreement: Agreement): number => cells.filter(cell => cell.agreement === agreement).length;
  return { differ: cells.length - having('same'), firstRight: having('first-right'), secondRight: having('second-right') };
}

/** The counts in a sentence. */
export function differenceWords({ differ, firstRight, secondRight }: DifferenceCounts): string {
  if (differ === 0) return 'A and B agree in every cell';
  const whose = [firstRight ? `A right in ${firstRight}` : '', secondRight ? `B right in ${secondRight}` : ''].filter(Boolean).join(', ');
  return `A and B differ in ${differ} ${differ === 1 ? 'cell' : 'cells'}${whose && `: ${whose}`}`;
}

/** A cell in words. */
export function differenceLabel(kind: Kind, cols: number, cell: number, { first, second, agreement }: DifferenceCell): string {
  const what = agreement === 'same' ? `A and B: ${tokenWord(kind, first)}` : `A: ${tokenWord(kind, first)}, B: ${tokenWord(kind, second)}, ${agreementWords[agreement]}`;
  return `${cellPlace(cell, cols)}, ${what}`;
}
