// `npm run package`: trm-explorer-VERSION.vsix with everything the extension and its trainer need at run time.
// What goes in is the list in .vscodeignore. Without g++ or TensorFlow's headers the file is complete except for the
// compiled binding; it then compiles its own where it is installed.
import { readFileSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureInstalled, root } from './ensure-installed.mjs';
import { asScript, Unavailable } from './processes.mjs';

/**
 * Builds and packages the extension.
 * @returns {Promise<string>} path of the .vsix
 */
export async function packageExtension() {
  ensureInstalled();
  const { build } = await import('../esbuild.mjs');
  const { createVSIX } = await import('@vscode/vsce');
  await build({ production: true });
  try {
    const { compileBinding } = await import('./native-binding.mjs');
    const { floors } = await compileBinding();
    console.error(`Native binding for linux-x64: needs ${floors} or newer.`);
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    console.error(`Without the native binding for linux-x64: ${error.message}.`);
    rmSync(path.join(root, 'dist', 'native'), { recursive: true, force: true });
  }
  const { name, version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  const file = path.join(root, `${name}-${version}.vsix`);
  await createVSIX({ cwd: root, packagePath: file, dependencies: false, allowMissingRepository: true, skipLicense: true, rewriteRelativeLinks: false });
  console.error(`${path.basename(file)}: ${(statSync(file).size / 1e6).toFixed(1)} MB`);
  return file;
}

await asScript(process.argv[1] === fileURLToPath(import.meta.url), async () => { await packageExtension(); });
