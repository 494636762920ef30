/** The companion extension of the end-to-end tests (test/e2e/companion), packaged as VS Code installs extensions. */
import path from 'node:path';
import { createVSIX } from '@vscode/vsce';

/** Packages it into a folder; the path of the .vsix. */
export async function packageCompanion(into: string): Promise<string> {
  const packagePath = path.join(into, 'companion.vsix');
  await createVSIX({ cwd: path.join(__dirname, 'companion'), packagePath, dependencies: false, allowMissingRepository: true, skipLicense: true });
  return packagePath;
}
