/** The GPU waits: over six samples (a minute of training) something ran on it for less than a tenth of the time. */
import type { NewEvent } from '../../runs/run-writer';
import type { Detector, Finding } from './detector';

const samples = 6;
const idleBelow = 0.1, busyFrom = 0.2;

/** See the file's head. */
export class IdleGpu implements Detector {
  private shares: number[] = [];
  private idle = false;

  look(event: NewEvent): Finding | null {
    if (event.kind === 'marker' && (event.marker === 'paused' || event.marker === 'continued')) this.shares = [];
    if (event.kind !== 'system' || typeof event.gpu_share !== 'number') return null;
    this.shares = [...this.shares, event.gpu_share].slice(-samples);
    if (this.shares.length < samples) return null;
    const mean = this.shares.reduce((sum, share) => sum + share, 0) / samples;
    const was = this.idle;
    this.idle = mean < (was ? busyFrom : idleBelow);
    if (!this.idle || was) return null;
    return {
      code: 'gpu_idle', message: `The GPU is idle most of the time: in the last minute it was busy ${Math.round(100 * mean)} % of it.`,
      next: 'A model this small gives it too little to do at a time: raise micro_batch_size (and global_batch_size), or train with device: cpu, which may be faster.',
    };
  }
}
