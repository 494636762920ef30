/**
 * The run that charts show when nobody chose any: the one started last, until it has ended and another goes live; then that one, and so on.
 * Those that were live before it was started are left where they are. Without any of them it is the newest run.
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
  /** Runs that have been live since before it was started. */
  private before: ReadonlySet<string> = new Set();

  constructor(private readonly runs: Pick<Runs, 'get' | 'list' | 'listStarting'>, private readonly memory: FollowedMemory) {}

  /** A run was started or resumed from this window; it may not be live yet. */
  started(id: string): void {
    this.before = new Set(this.live());
    this.memory.set(id);
  }

  /** The id of the run to show now, which is followed from now on; null when there is none. */
  current(): string | null {
    const live = this.live();
    this.before = new Set(live.filter(id => this.before.has(id)));
    const followed = this.memory.get();
    if (followed !== null && live.includes(followed)) return followed;
    const gone = followed === null || this.runs.get(followed) === undefined;
    const next = live.find(id => gone || !this.before.has(id));
    if (next === undefined) return gone ? this.runs.list()[0]?.manifest.id ?? null : followed;
    this.memory.set(next);
    return next;
  }

  /** Runs that are starting or live, newest first. */
  private live(): string[] {
    return [...this.runs.listStarting().map(({ id }) => id), ...this.runs.list().filter(({ state }) => isLive(state)).map(({ manifest }) => manifest.id)];
  }
}
