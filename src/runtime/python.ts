/** Finds a Python to fetch wheels with: its version, whether it has pip, and the TensorFlow it has, if any. */
import { RuntimeError } from './errors';
import { lastWords, runProcess } from './run-process';

/** A Python that answered. */
export interface Python {
  readonly executable: string;
  /** E.g. "3.11.7". */
  readonly version: string;
  readonly hasPip: boolean;
  /** Folder of its installed `tensorflow` package; null when there is none. */
  readonly tensorflowDir: string | null;
}

const QUESTION = `
import importlib.util as u, json, os, platform, sys
t = u.find_spec("tensorflow")
print(json.dumps({"executable": sys.executable, "version": platform.python_version(), "hasPip": u.find_spec("pip") is not None,
  "tensorflowDir": os.path.realpath(list(t.submodule_search_locations)[0]) if t and t.submodule_search_locations else None}))
`;

/**
 * The Python asked for, else `python3` or `python` on the PATH. Throws RuntimeError `missing_tool` when none answers.
 */
export async function findPython(explicit?: string, signal?: AbortSignal): Promise<Python> {
  const tried: string[] = [];
  for (const candidate of explicit === undefined ? ['python3', 'python'] : [explicit]) {
    const answer = await runProcess(candidate, ['-c', QUESTION], { signal, timeoutMs: 30_000 });
    if (answer.code === 0) {
      try {
        return JSON.parse(answer.stdout.trim().split('\n').at(-1) ?? '') as Python;
      } catch {
        tried.push(`${candidate}: answered "${lastWords(answer, 1)}"`);
        continue;
      }
    }
    tried.push(`${candidate}: ${answer.notFound ? 'not found' : lastWords(answer, 1)}`);
  }
  throw new RuntimeError('missing_tool', `Python 3 is missing (${tried.join('; ')}).`, 'Install Python 3.10 or newer with pip (Debian, Ubuntu: `apt install python3 python3-pip`), or name one with `--python PATH`. Training on `--engine wasm` needs none.');
}

/** Throws RuntimeError `missing_tool` when this Python has no pip. */
export function requirePip(python: Python): void {
  if (!python.hasPip)
    throw new RuntimeError('missing_tool', `${python.executable} (Python ${python.version}) has no pip.`, 'Install pip for it (Debian, Ubuntu: `apt install python3-pip`; elsewhere: `python3 -m ensurepip`), or name another Python with `--python PATH`.');
}
