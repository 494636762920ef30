/** The config that a model names: a YAML file in an open folder, and nothing else on this machine. */
import { existsSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import { HostError } from '../problem';

const isInside = (folder: string, file: string): boolean => {
  const below = path.relative(folder, file);
  return below !== '' && below !== '..' && !below.startsWith(`..${path.sep}`) && !path.isAbsolute(below);
};

/**
 * The absolute path of a config.
 * @param folders the open folders, absolute
 * @throws HostError `no_config` when there is no such file, or it lies elsewhere, also by a link
 */
export function workspaceConfig(named: string, folders: readonly string[]): string {
  const refuse = (what: string): HostError => new HostError('no_config', `${JSON.stringify(named)}: ${what}`, 'Name a .yaml file in the workspace.');
  if (!/\.ya?ml$/i.test(named) || named.includes('\0')) throw refuse('no YAML file.');
  const open = folders.filter(folder => existsSync(folder));
  const found = open.map(folder => path.resolve(folder, named)).find(file => existsSync(file) && statSync(file).isFile());
  if (found === undefined) throw refuse('there is no such file in the workspace.');
  if (!open.some(folder => isInside(realpathSync(folder), realpathSync(found)))) throw refuse('it lies outside the workspace.');
  return found;
}
