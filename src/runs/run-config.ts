/**
 * The config of a run as text: to be looked at beside another one's, and to begin another run with. The user's own file, with
 * its comments, where it says everything; else, when overrides or included files decided with it, the resolved config.
 */
import { isDeepStrictEqual } from 'node:util';
import { stringify } from 'yaml';
import { parseConfig } from '../config/load';
import { RunFolderError } from './errors';
import { insideRun } from './paths';
import { oneLine, readSmallFileSync } from './read-json';
import type { RunSummary } from './read-run';

type RunWithConfig = Pick<RunSummary, 'dir' | 'manifest'>;

/** The resolved config as YAML, its keys in the order of the alphabet, so that two of them can be laid side by side. */
export function resolvedYaml({ manifest }: Pick<RunWithConfig, 'manifest'>): string {
  return stringify(manifest.config, { sortMapEntries: true, lineWidth: 0, aliasDuplicateObjects: false });
}

/** The text that makes a run of the same config when it is trained from the folder of the run's config. */
export function trainableText(run: RunWithConfig): string {
  return ownText(run) ?? `# The resolved config of run ${run.manifest.id} (${oneLine(run.manifest.name, 60)}): all defaults filled in, overrides applied.\n${resolvedYaml(run)}`;
}

/** The user's file when it alone gives the config that the run was trained with, else null. */
function ownText({ dir, manifest }: RunWithConfig): string | null {
  try {
    const text = readSmallFileSync(insideRun(dir, 'config.trm.yaml'));
    const { config, included } = parseConfig(text);
    const plain: unknown = config && JSON.parse(JSON.stringify(config));
    return included.length === 0 && isDeepStrictEqual(plain, manifest.config) ? text : null;
  } catch (error) {
    if (error instanceof RunFolderError) return null; // no such file, or none that can be read: run.json has all of it
    throw error;
  }
}
