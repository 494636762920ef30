/** Notices, once, that the user's config file is no longer the one the run began with. The run keeps its own copy. */
import { existsSync, readFileSync, statSync } from 'node:fs';

/** Compares the user's file with the run's copy, by content. */
export class EditedConfig {
  private told = false;

  /** `file`: the user's; `copy`: config.trm.yaml in the run folder, which a fork may have begun with another text than the file's. */
  constructor(private readonly file: string, private readonly copy: string) {}

  /** What to tell the user, the first time the two differ; null otherwise, also when either cannot be read. */
  notice(): { message: string; next: string } | null {
    if (this.told || !existsSync(this.file)) return null;
    try {
      if (statSync(this.file).mtimeMs <= statSync(this.copy).mtimeMs || readFileSync(this.file).equals(readFileSync(this.copy))) return null;
    } catch {
      return null;
    }
    this.told = true;
    return { message: `${this.file} was edited; this run goes on with the copy it began with.`, next: 'Train the edited config as a new run.' };
  }
}
