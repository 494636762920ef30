/**
 * The training loss jumps: the median of the last five steps is twice that of the hundred before, and further from it than
 * those scatter. A jump within the last tenth of what the loss began with is noise of a model that has learned, and is not told.
 */
import type { NewEvent } from '../../runs/run-writer';
import { median } from '../../statistics/median';
import type { Detector, Finding } from './detector';

const recent = 5, before = 100, least = 50, beginning = 20;
const times = 2;
/** In standard deviations, estimated by 1.4826 x the median distance from the median. */
const deviations = 5;
const telling = 0.1;

/** See the file's head. */
export class LossSpike implements Detector {
  private readonly losses: number[] = [];
  private readonly first: number[] = [];
  private high = false;

  look(event: NewEvent): Finding | null {
    if (event.kind !== 'train') return null;
    if (this.first.length < beginning) this.first.push(event.loss);
    this.losses.push(event.loss);
    if (this.losses.length > before + recent) this.losses.shift();
    if (this.losses.length < least + recent) return null;
    const usual = median(this.losses.slice(0, -recent));
    const now = median(this.losses.slice(-recent));
    const was = this.high;
    this.high = now > times * usual && now > telling * median(this.first) && now > usual + deviations * this.scatter(usual);
    if (!this.high || was) return null;
    return {
      code: 'loss_spike', message: `The training loss jumped from about ${usual.toPrecision(2)} to ${now.toPrecision(2)}.`,
      next: 'Often it comes down again within some hundred steps. If not, train again with a lower lr or a longer lr_warmup_steps.',
    };
  }

  private scatter(usual: number): number {
    return 1.4826 * median(this.losses.slice(0, -recent).map(loss => Math.abs(loss - usual)));
  }
}
