/** One inspector's measuring of accuracy against depth: what is known so far, how far it is, and how long it will take. */
import * as vscode from 'vscode';
import type { CurveState } from '../protocol/inspector';
import type { RunSummary } from '../runs/read-run';
import type { DepthCurves } from './depth-curves';
import { isCancelled, problemOf } from './problem';
import { secondsLeft } from './trainer-output';

const nameOf = (run: RunSummary, checkpoint: string, puzzles: number): string => JSON.stringify([run.manifest.id, checkpoint, puzzles]);

/** See the file's header. `tell` is called with every new state. */
export class CurveWork {
  private work: AbortController | null = null;
  /** Which curve `present` is about. */
  private of = '';
  private present: CurveState = { curve: null, working: null, cancelled: false, problem: null };

  constructor(private readonly curves: DepthCurves, private readonly tell: (state: CurveState) => void) {}

  /** What is known of a checkpoint without measuring anew; ends what is measured of another. */
  look(run: RunSummary, checkpoint: string, puzzles: number): CurveState {
    const of = nameOf(run, checkpoint, puzzles);
    if (of === this.of) return this.present;
    this.of = of;
    this.cancel();
    this.work = null; // what the other one still says is not news here
    this.present = { curve: this.curves.kept(run, checkpoint, puzzles), working: null, cancelled: false, problem: null };
    return this.present;
  }

  /** Measures; every news goes to `tell`. */
  async measure(run: RunSummary, checkpoint: string, puzzles: number): Promise<void> {
    this.cancel();
    this.of = nameOf(run, checkpoint, puzzles);
    const own = this.work = new AbortController();
    const began = Date.now();
    const say = (part: Partial<CurveState>): void => {
      if (this.work !== own) return;
      this.present = { ...this.present, ...part };
      this.tell(this.present);
    };
    say({ curve: null, working: { text: vscode.l10n.t('Starting the model of {0}', checkpoint), fraction: null, secondsLeft: null }, cancelled: false, problem: null });
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
