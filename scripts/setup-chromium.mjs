// A Chromium for the tests that drive the editor: one that is there, or Debian's.
import { fileURLToPath } from 'node:url';
import { aptInstall, asScript, which } from './processes.mjs';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/**
 * Finds Chromium ($CHROMIUM, then the PATH) or installs it.
 * @returns {Promise<string>} path of the executable
 * @throws Unavailable when there is none and it cannot be installed
 */
export async function setUpChromium() {
  const find = () => process.env.CHROMIUM ?? names.map(which).find(Boolean);
  if (!find()) await aptInstall('Chromium', 'chromium');
  return find();
}

await asScript(process.argv[1] === fileURLToPath(import.meta.url), async () => console.log(await setUpChromium()));
