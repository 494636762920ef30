/** One inspector's measuring of accuracy against depth: what is known so far, how far it is, and how long it will take. */
import * as vscode from 'vscode';
import type { CurveState } from '../protocol/inspector';
import type { RunSummary } from '../runs/read-run';
import type { DepthCurves } from './depth-curves';
import { isCancelled, problemOf } from './problem';
import { secondsLeft } from './trainer-output';

const nameOf = (run: RunSummary, checkpoint: string): string => JSON.stringify([run.manifest.id, checkpoint]);

/** Nothing is known of a curve over this many puzzles. */
export const noCurve = (puzzles: number): CurveState => ({ puzzles, curve: null, working: null, cancelled: false, problem: null });

/** See the file's header. `tell` is called with every new state. */
export class CurveWork {
  private work: AbortController | null = null;
  /** Which checkpoint `present` is about. */
  private of = '';
  private present: CurveState = noCurve(1);

  constructor(private readonly curves: DepthCurves, private readonly tell: (state: CurveState) => void) {}

  /** What is known of a checkpoint without measuring anew. What is measured of it goes on, over however many puzzles; what is measured of another ends. */
  look(run: RunSummary, checkpoint: string, puzzles: number): CurveState {
    const of = nameOf(run, checkpoint);
    if (of === this.of && (this.work || puzzles === this.present.puzzles)) return this.present;
    this.leave();
    this.of = of;
    this.present = { ...noCurve(puzzles), curve: this.curves.kept(run, checkpoint, puzzles) };
    return this.present;
  }

  /** No checkpoint is looked at: ends what is measured, and what it still says is no news. */
  leave(): void {
    this.cancel();
    this.work = null;
    this.of = '';
  }

  /** Measures; every news goes to `tell`. */
  async measure(run: RunSummary, checkpoint: string, puzzles: number): Promise<void> {
    this.cancel();
    this.of = nameOf(run, checkpoint);
    const own = this.work = new AbortController();
    const began = Date.now();
    const say = (part: Partial<CurveState>): void => {
      if (this.work !== own) return;
      this.present = { ...this.present, ...part };
      this.tell(this.present);
    };
    say({ ...noCurve(puzzles), working: { text: vscode.l10n.t('Starting the model of {0}', checkpoint), fraction: null, secondsLeft: null } });
    try {
      const curve = await this.curves.measure(run, checkpoint, puzzles, {
        onProgress: ({ text, fraction }) => say({ working: { text, fraction, secondsLeft: secondsLeft(fraction, (Date.now() - began) / 1000) } }),
        onPartial: partial => say({ curve: partial }),
      }, own.signal);
      say({ curve, working: null });
    } catch (error) {
      const { message, next } = problemOf(error);
      say({ working: null, ...(isCancelled(error) || own.signal.aborted ? { cancelled: true } : { problem: { message, next } }) });
    } finally {
      if (this.work === own) this.work = null;
    }
  }

  cancel(): void { this.work?.abort(); }
}
