/** What finds one kind of trouble in the events of a run. */
import type { NewEvent } from '../../runs/run-writer';

/** Something going wrong: a word for programs, what was seen, and what to do. */
export interface Finding { readonly code: string; readonly message: string; readonly next: string }

/** One kind of trouble. */
export interface Detector {
  /** Takes the next event of the run, in order; says what has begun to go wrong. */
  look(event: NewEvent): Finding | null;
}
