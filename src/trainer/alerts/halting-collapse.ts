/**
 * The halting head says the same of every puzzle. That is right while none is solved, when all run to the last supervision step, and
 * when all are solved at the first: so it is told only when the answers say otherwise. Looked at over ten `halting` events, more when
 * slots are few, since the head learns what is right a little after the answers are.
 */
import type { NewEvent } from '../../runs/run-writer';
import type { HaltingEvent } from '../../runs/schema';
import type { Detector, Finding } from './detector';

interface Window {
  /** Slots that halted; at the limit; at the first step by themselves, and of how many that were free to. */
  readonly halted: number; readonly atLimit: number; readonly atFirst: number; readonly free: number;
  /** Answers known to be right or wrong, and how many are right. */
  readonly answers: number; readonly right: number;
}

const windows = 10, leastHalted = 100;
const nearlyAll = 0.95;
/** Answers wrong in most cases, or right. */
const half = 0.5;
const percent = (share: number): string => `${Math.round(100 * share)} %`;

/** See the file's head. */
export class HaltingCollapse implements Detector {
  private answers = 0;
  private right = 0;
  private readonly last: Window[] = [];
  private collapsed: 'first' | 'last' | null = null;

  look(event: NewEvent): Finding | null {
    if (event.kind === 'train' && event.exact_accuracy !== null) {
      this.answers += event.count;
      this.right += event.count * event.exact_accuracy;
    }
    if (event.kind !== 'halting') return null;
    this.last.push(windowOf(event.per_step, this.answers, this.right));
    this.answers = this.right = 0;
    while (this.last.length > windows && halted(this.last.slice(1)) >= leastHalted) this.last.shift();
    return this.last.length >= windows && halted(this.last) >= leastHalted ? this.judge() : null;
  }

  private judge(): Finding | null {
    const sum = (key: keyof Window): number => this.last.reduce((total, window) => total + window[key], 0);
    const right = sum('answers') > 0 ? sum('right') / sum('answers') : 0;
    const before = this.collapsed;
    const first = sum('atFirst') / sum('free'), last = sum('atLimit') / sum('halted');
    this.collapsed = first >= nearlyAll && right < half ? 'first' : last >= nearlyAll && right >= half ? 'last' : null;
    if (this.collapsed === null || this.collapsed === before) return null;
    return this.collapsed === 'first'
      ? { code: 'halting_first', message: `Halting collapsed to the first supervision step: ${percent(first)} of the puzzles halt there, and only ${percent(right)} of the answers are right.`, next: 'The model gets no further steps to improve its answers. Train again with a larger halt_exploration_prob or a lower lr.' }
      : { code: 'halting_last', message: `Halting collapsed to the last supervision step: ${percent(last)} of the puzzles run to halt_max_steps, though ${percent(right)} of the answers are right.`, next: 'Steps are spent on puzzles that are solved. The halting head often catches up; if its loss (q_halt) stays high, train again with a lower lr.' };
  }
}

const halted = (windows: readonly Window[]): number => windows.reduce((sum, window) => sum + window.halted, 0);

function windowOf(perStep: HaltingEvent['per_step'], answers: number, right: number): Window {
  const atLimit = perStep.reduce((sum, step) => sum + step.halted_by_max, 0);
  const byQ = perStep.reduce((sum, step) => sum + step.halted_by_q, 0);
  const first = perStep.find(({ k }) => k === 1);
  return { halted: atLimit + byQ, atLimit, atFirst: first?.halted_by_q ?? 0, free: first ? first.slots - first.held_by_exploration : 0, answers, right };
}
