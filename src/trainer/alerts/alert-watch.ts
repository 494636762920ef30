/**
 * Looks at everything a run measures and says when it goes wrong without failing. Each kind of trouble has a detector of its own
 * that sees every event and speaks once when the trouble begins; a kind that comes and goes is told once in ten minutes.
 */
import type { Halting } from '../../model/halting';
import type { NewEvent } from '../../runs/run-writer';
import type { EvalSummary } from '../../runs/schema';
import type { Detector, Finding } from './detector';
import { EvalFalling } from './eval-falling';
import { HaltingCollapse } from './halting-collapse';
import { IdleGpu } from './idle-gpu';
import { LossSpike } from './loss-spike';
import { LowDisk } from './low-disk';

/** What detectors know of a run besides its events. */
export interface WatchedRun {
  readonly halting: Pick<Halting, 'inTraining'>;
  /** The best evaluation before it was resumed. */
  readonly best: EvalSummary | null;
  /** Bytes of its next checkpoint, as far as known. */
  checkpointBytes(): number;
}

/** Seconds of training in which a kind is told once at most. */
const quietSeconds = 600;

/** See the file's head. */
export class AlertWatch {
  private readonly detectors: readonly Detector[];
  /** Process time of the last alert, by code. */
  private readonly told = new Map<string, number>();

  constructor(run: WatchedRun) {
    this.detectors = [new LossSpike(), new EvalFalling(run.best), ...(run.halting.inTraining ? [new HaltingCollapse()] : []), new IdleGpu(), new LowDisk(run)];
  }

  /** Takes the next event of the run, in order; gives what is to be told now. */
  look(event: NewEvent): Finding[] {
    return this.detectors.flatMap(detector => detector.look(event) ?? []).filter(({ code }) => {
      const last = this.told.get(code);
      if (last !== undefined && event.process - last < quietSeconds) return false;
      this.told.set(code, event.process);
      return true;
    });
  }
}
