/**
 * Runs folders that no open folder names: those of configs outside the workspace that were trained. The window that began a run there lists
 * them until it is closed; every other one finds them until their runs have ended, since a run goes on without a window.
 */
import type * as vscode from 'vscode';

const key = 'trm.outsideRunsDirs';

/** Runs folders outside the workspace. */
export class OutsideDirs {
  private readonly dirs: Set<string>;

  /** `state` is that of all windows. */
  constructor(private readonly state: vscode.Memento) {
    this.dirs = new Set(this.stored());
  }

  /** Absolute paths. */
  list(): readonly string[] { return [...this.dirs]; }

  /** A run is begun in the folder. */
  add(dir: string): void {
    this.dirs.add(dir);
    this.keep(this.dirs);
  }

  /** Other windows find no folders of this one any more but those with open runs in them. */
  keep(open: Iterable<string>): void {
    const kept = new Set([...open].filter(dir => this.dirs.has(dir)));
    const stored = this.stored();
    const now = [...new Set([...stored.filter(dir => !this.dirs.has(dir)), ...kept])].sort();
    if (now.join('\0') !== [...stored].sort().join('\0')) void this.state.update(key, now);
  }

  private stored(): string[] {
    const value = this.state.get<unknown>(key);
    return Array.isArray(value) ? value.filter(dir => typeof dir === 'string') : [];
  }
}
