/**
 * The run that charts show when nobody chose any: the one started last, for as long as it goes on; then the newest that is live, or,
 * while none is, the one that was followed last. Without any of them it is the newest run.
 */
import type { Runs } from './runs';
import { isLive } from './run-text';

/** Where its id is kept over reloads: a part of VS Code's Memento. */
export interface FollowedMemory {
  get(): string | null;
  set(id: string): void;
}

/** See the file's head. */
export class FollowedRun {
  /** The run has been live since it was started here. */
  private wasLive = true;
  /** Runs that were live already when it was started. */
  private before: ReadonlySet<string> = new Set();

  constructor(private readonly runs: Pick<Runs, 'get' | 'list' | 'listStarting'>, private readonly memory: FollowedMemory) {}

  /** A run was started or resumed from this window; it may not be live yet. */
  started(id: string): void {
    this.before = new Set(this.live());
    this.wasLive = false;
    this.memory.set(id);
  }

  /** The id of the run to show now, which is followed from now on; null when there is none. */
  current(): string | null {
    const live = this.live();
    const followed = this.memory.get();
    if (followed !== null && live.includes(followed)) {
      this.wasLive = true;
      return followed;
    }
    const gone = followed === null || this.runs.get(followed) === undefined;
    const next = live.find(id => gone || this.wasLive || !this.before.has(id));
    if (next === undefined) return gone ? this.runs.list()[0]?.manifest.id ?? null : followed;
    this.wasLive = true;
    this.memory.set(next);
    return next;
  }

  /** Runs that are starting or live, newest first. */
  private live(): string[] {
    return [...this.runs.listStarting().map(({ id }) => id), ...this.runs.list().filter(({ state }) => isLive(state)).map(({ manifest }) => manifest.id)];
  }
}
