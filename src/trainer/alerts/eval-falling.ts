/**
 * Evaluation falls while training rises: two evaluations in a row lie below the best one with intervals that do not touch, and
 * the training slots answer better than they did before the best. Whole puzzles count, as long as none was right the cells.
 */
import type { NewEvent } from '../../runs/run-writer';
import type { EvalSummary } from '../../runs/schema';
import type { Detector, Finding } from './detector';

type Measure = 'exact_accuracy' | 'accuracy';
type Means = Readonly<Record<Measure, number>>;
type Evaluated = Pick<EvalSummary, 'step' | Measure | 'exact_interval' | 'accuracy_interval'> & { readonly train: Means };
type Best = Omit<Evaluated, 'train'> & { readonly train: Means | null };

const inARow = 2;
const words = { exact_accuracy: 'puzzle accuracy (exact)', accuracy: 'cell accuracy' } as const;
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
const interval = (evaluated: Best, measure: Measure): readonly [number, number] => (measure === 'accuracy' ? evaluated.accuracy_interval : evaluated.exact_interval);

/** See the file's head. */
export class EvalFalling implements Detector {
  private count = 0;
  private readonly sums = { exact_accuracy: 0, accuracy: 0 };
  private best: Best | null;
  private below = 0;

  /** @param before the best evaluation so far, of a run that is resumed: how training went then is not known, and taken to be as at first now. */
  constructor(before: EvalSummary | null) {
    this.best = before && { ...before, train: null };
  }

  look(event: NewEvent): Finding | null {
    if (event.kind === 'train' && event.accuracy !== null && event.exact_accuracy !== null) {
      this.count += event.count;
      this.sums.accuracy += event.count * event.accuracy;
      this.sums.exact_accuracy += event.count * event.exact_accuracy;
    }
    return event.kind === 'eval' && this.count > 0 ? this.compare({ ...event, train: this.takeMeans() }) : null;
  }

  private compare(now: Evaluated): Finding | null {
    const { best } = this;
    const measure: Measure = best !== null && best.exact_accuracy === 0 && now.exact_accuracy === 0 ? 'accuracy' : 'exact_accuracy';
    if (best === null || now[measure] >= best[measure]) {
      this.best = now;
      this.below = 0;
      return null;
    }
    const train = best.train ?? now.train;
    if (best.train === null) this.best = { ...best, train };
    const falls = interval(now, measure)[1] < interval(best, measure)[0] && now.train[measure] > train[measure];
    this.below = falls ? this.below + 1 : 0;
    if (this.below !== inARow) return null;
    return {
      code: 'eval_falling',
      message: `Evaluation falls while training rises: ${words[measure]} was ${percent(best[measure])} at step ${best.step} and is ${percent(now[measure])}, on training puzzles ${percent(train[measure])} and now ${percent(now.train[measure])}.`,
      next: `The model learns its training puzzles by heart. The checkpoint of step ${best.step} is kept as the best; more training puzzles, augment: on_the_fly or a larger weight_decay help.`,
    };
  }

  /** Means over the slots that halted since the last evaluation. */
  private takeMeans(): Means {
    const means = { exact_accuracy: this.sums.exact_accuracy / this.count, accuracy: this.sums.accuracy / this.count };
    this.count = this.sums.exact_accuracy = this.sums.accuracy = 0;
    return means;
  }
}
