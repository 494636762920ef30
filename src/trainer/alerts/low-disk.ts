/** The disk of the run folder fills up: less is free than a gigabyte, or than three more checkpoints need. */
import type { NewEvent } from '../../runs/run-writer';
import { bytesText } from '../../runs/memory-need';
import type { Detector, Finding } from './detector';

const leastFree = 1e9;
const checkpoints = 3;

/** See the file's head. */
export class LowDisk implements Detector {
  private low = false;

  /** @param run bytes of its next checkpoint, as far as known */
  constructor(private readonly run: { checkpointBytes(): number }) {}

  look(event: NewEvent): Finding | null {
    if (event.kind !== 'system' || event.disk_free === null) return null;
    const bytes = this.run.checkpointBytes();
    const needed = Math.max(leastFree, checkpoints * bytes);
    const was = this.low;
    this.low = event.disk_free < (was ? 1.5 * needed : needed);
    if (!this.low || was) return null;
    return {
      code: 'disk_low', message: `Only ${bytesText(event.disk_free)} are free on the disk of the run folder${bytes > 0 ? `, and a checkpoint takes ${bytesText(bytes)}` : ''}.`,
      next: 'Free some space: old runs and their checkpoints are a good beginning. When the disk is full training pauses and loses nothing.',
    };
  }
}
