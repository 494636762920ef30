/**
 * Whether ARC folders trained together give the answers away: ARC-AGI-2's training tasks contain evaluation tasks of
 * ARC-AGI-1, whose test pairs are then training data. Told from the identifiers, which carry the tasks' names.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseName } from './arc-augment';
import { readArcTasks } from './arc-tasks';
import { readIdentifiers } from './identifiers';

/**
 * A warning when training folders hold test tasks of another folder; undefined when they do not, or are no ARC folders.
 * Throws DatasetError for a file that cannot be read.
 */
export function arcLeak(trainFolders: readonly string[], testFolders: readonly string[]): string | undefined {
  if (trainFolders.length < 2 && trainFolders.join() === testFolders.join()) return undefined;
  for (const tested of testFolders) {
    const file = join(tested, 'test_puzzles.json');
    if (!existsSync(file)) continue;
    const tasks = new Set(readArcTasks(file).tasks.map(({ id }) => id));
    for (const trained of trainFolders) {
      if (trained === tested) continue;
      const shared = new Set((readIdentifiers(trained) ?? []).flatMap(name => parseName(name)?.task ?? []).filter(task => tasks.has(task)));
      if (shared.size > 0) return `${shared.size} of the ${tasks.size} test tasks of ${tested} are also tasks of ${trained}, where their solutions may be training data: ARC-AGI-1 and ARC-AGI-2 must not be trained together. The scores will not mean what they say.`;
    }
  }
  return undefined;
}
