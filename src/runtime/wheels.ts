/**
 * Fetches and unpacks pip wheels. Finished wheels stay in a cache folder until the whole set-up has succeeded, so a
 * set-up that was stopped goes on where it was. Only the libraries (and the few headers the binding needs) are
 * unpacked, and each is compared with the checksum its wheel states.
 */
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RuntimeError } from './errors';
import type { RuntimeFile } from './manifest';
import type { Python } from './python';
import { lastWords, runProcess } from './run-process';
import type { Finished } from './run-process';

/** Progress of one phase; `fraction` in 0..1 when it is known. */
export type PhaseProgress = (text: string, fraction?: number) => void;

interface Context {
  readonly python: Python;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress: PhaseProgress;
}

/** The interpreters a wheel may be made for do not matter (only its C libraries are used): any of these will do. */
const OTHER_INTERPRETERS = ['3.12', '3.11', '3.13', '3.10'];
const PLATFORM_TAGS = ['manylinux_2_28', 'manylinux_2_27', 'manylinux_2_17', 'manylinux2014'];
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'x86_64', arm64: 'aarch64' };

/**
 * Downloads the wheel for the first requirement that has one into `cache` and returns its path; a wheel that is there
 * and whole is taken as it is. Throws RuntimeError.
 */
export async function fetchWheel(requirements: readonly string[], cache: string, context: Context): Promise<string> {
  const known = await readIndex(cache);
  for (const requirement of requirements) {
    const file = known[requirement];
    if (file !== undefined && (await isWhole(join(cache, file), context))) return join(cache, file);
  }
  const architecture = ARCHITECTURES[process.arch] ?? process.arch;
  const targets = [[], ...OTHER_INTERPRETERS.map(version => ['--implementation', 'cp', '--python-version', version, ...PLATFORM_TAGS.flatMap(tag => ['--platform', `${tag}_${architecture}`])])];
  let refusal: Finished | undefined;
  for (const requirement of requirements) {
    for (const target of targets) {
      const before = new Set(await readdir(cache));
      const finished = await pipDownload(requirement, target, cache, context);
      if (finished.code === 0) {
        const file = (await readdir(cache)).find(name => name.endsWith('.whl') && !before.has(name)) ?? savedName(finished);
        if (file === undefined) throw new RuntimeError('does_not_run', `pip said it saved a wheel for ${requirement}, but there is none in ${cache}: ${lastWords(finished)}`, 'Update pip (`python3 -m pip install --upgrade pip`) and try again.');
        await writeFile(join(cache, INDEX), JSON.stringify({ ...(await readIndex(cache)), [requirement]: file }));
        return join(cache, file);
      }
      refusal = finished;
      if (!/No matching distribution|Could not find a version/i.test(finished.stderr + finished.stdout)) throw pipError(requirement, finished);
      if (/Connection|resolution|timed out|Max retries|ProxyError/i.test(finished.stderr + finished.stdout)) throw pipError(requirement, finished);
    }
  }
  throw new RuntimeError('unsupported', `There is no wheel of ${requirements.join(' or ')} for ${process.platform} ${architecture}: ${refusal ? lastWords(refusal, 2) : ''}`, 'Adopt a TensorFlow that is installed here (`trm setup --adopt PYTHON`), or train on `--engine wasm`.');
}

const INDEX = 'wheels.json';

async function readIndex(cache: string): Promise<Record<string, string>> {
  try {
    return JSON.parse(await readFile(join(cache, INDEX), 'utf8')) as Record<string, string>;
  } catch {
    return {}; // none yet, or cut short by a crash: the wheels are looked at anew
  }
}

function savedName(finished: Finished): string | undefined {
  return /(?:Saved|already downloaded)\s.*?([^/\s]+\.whl)/.exec(finished.stdout)?.[1];
}

/** A wheel's directory is at its end: one that was cut short does not open. */
async function isWhole(wheel: string, { python, signal }: Context): Promise<boolean> {
  return (await runProcess(python.executable, ['-c', 'import sys, zipfile; zipfile.ZipFile(sys.argv[1]).namelist()', wheel], { signal })).code === 0;
}

async function pipDownload(requirement: string, target: readonly string[], cache: string, { python, signal, onProgress }: Context): Promise<Finished> {
  const unfinished = join(cache, 'unfinished');
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { recursive: true });
  let total: number | undefined;
  let name = requirement;
  onProgress(`Looking for ${requirement}`);
  // pip writes to its temporary folder first: how much is there is how far it is.
  const watch = setInterval(() => {
    void bytesUnder(unfinished).then(bytes => {
      if (bytes === 0) return;
      if (total === undefined) onProgress(`Downloading ${name} (${megabytes(bytes)})`);
      else onProgress(`Downloading ${name} (${megabytes(Math.min(bytes, total))} of ${megabytes(total)})`, Math.min(1, bytes / total));
    });
  }, 500);
  try {
    return await runProcess(
      python.executable,
      ['-m', 'pip', 'download', '--no-deps', '--only-binary=:all:', '--progress-bar', 'off', '--no-input', '--disable-pip-version-check', ...target, '--dest', cache, requirement],
      {
        signal,
        env: { ...process.env, TMPDIR: unfinished, PYTHONUNBUFFERED: '1' },
        onLine: line => {
          const found = /(?:Downloading|Using cached)\s+(\S+)(?:\s+\(([\d.]+)\s*([kMG])B\))?/.exec(line);
          if (!found) return;
          name = found[1]!.split('/').at(-1)!;
          if (found[2] !== undefined) total = Number(found[2]) * { k: 1e3, M: 1e6, G: 1e9 }[found[3] as 'k' | 'M' | 'G'];
          onProgress(`Downloading ${name}`, 0);
        },
      },
    );
  } finally {
    clearInterval(watch);
    await rm(unfinished, { recursive: true, force: true });
  }
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}

async function bytesUnder(folder: string): Promise<number> {
  let bytes = 0;
  try {
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true }))
      if (entry.isFile()) bytes += (await stat(join(entry.parentPath, entry.name))).size;
  } catch {
    return bytes; // files come and go under pip's hands
  }
  return bytes;
}

function pipError(requirement: string, finished: Finished): RuntimeError {
  const text = finished.stderr + finished.stdout;
  const words = lastWords(finished);
  if (/No space left/i.test(text)) return new RuntimeError('disk', `The disk is full: ${words}`, 'Free about 3 GB (CUDA: 12 GB), or choose another folder with TRM_RUNTIME_DIR, and start again.');
  if (/No module named pip/i.test(text)) return new RuntimeError('missing_tool', `pip is missing: ${words}`, 'Install pip for this Python and start again.');
  if (/Connection|resolution|timed out|Max retries|ProxyError|Could not fetch|SSLError|HTTP error|Read timed out|IncompleteRead/i.test(text))
    return new RuntimeError('network', `pip could not download ${requirement}: ${words}`, 'Check the network and pip\'s index settings, and start again: what is downloaded is kept.');
  return new RuntimeError('does_not_run', `pip could not download ${requirement}: ${words}`, 'Try the same with `python3 -m pip download` to see more, update pip, and start again.');
}

/**
 * What is unpacked of each wheel: TensorFlow's two libraries with the C headers, NVIDIA's libraries and tools, licences.
 */
const WANTED = [
  String.raw`tensorflow/libtensorflow_(cc|framework)\.so\.2`,
  String.raw`tensorflow/include/(tensorflow/c|xla/tsl/c|tsl/c)/.*\.h`,
  String.raw`tensorflow/include/(tensorflow/core|tsl|xla/tsl)/platform/ctstring\w*\.h`,
  String.raw`tensorflow/THIRD_PARTY_NOTICES\.txt`,
  String.raw`nvidia/(?!.*(/include/|\.py$|\.h$|\.a$)).*`,
  String.raw`[^/]*\.dist-info/(METADATA|.*LICEN[CS]E.*|licenses/.*)`,
].join('|');

const UNPACK = String.raw`
import base64, csv, hashlib, io, json, os, re, sys, zipfile
wheel, to, wanted = sys.argv[1], sys.argv[2], re.compile(sys.argv[3])
z = zipfile.ZipFile(wheel)
record = next(n for n in z.namelist() if n.endswith(".dist-info/RECORD"))
sums = {r[0]: r[1] for r in csv.reader(io.StringIO(z.read(record).decode())) if len(r) > 1}
names = [i for i in z.infolist() if wanted.fullmatch(i.filename) and not i.is_dir()]
total = sum(i.file_size for i in names) or 1
done = 0
def stated(name):
    s = sums.get(name, "")
    s = s[7:] if s.startswith("sha256=") else ""
    return base64.urlsafe_b64decode(s + "=" * (-len(s) % 4)).hex() if s else None
def hexsum(path):
    h = hashlib.sha256()
    with open(path, "rb") as f:
        for c in iter(lambda: f.read(1 << 20), b""):
            h.update(c)
    return h.hexdigest()
files = []
for i in names:
    path, want = os.path.join(to, i.filename), stated(i.filename)
    if not os.path.realpath(path).startswith(os.path.realpath(to) + os.sep):
        sys.exit("BAD " + i.filename)
    if os.path.exists(path) and os.path.getsize(path) == i.file_size and want is not None and hexsum(path) == want:
        got = want
        done += i.file_size
    else:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        h = hashlib.sha256()
        with z.open(i) as a, open(path + ".part", "wb") as b:
            for c in iter(lambda: a.read(1 << 22), b""):
                h.update(c)
                b.write(c)
                done += len(c)
                print("AT", done, total, flush=True)
            b.flush()
            os.fsync(b.fileno())
        got = h.hexdigest()
        if want is not None and got != want:
            sys.exit("BAD " + i.filename)
        os.replace(path + ".part", path)
        if (i.external_attr >> 16) & 0o111:
            os.chmod(path, 0o755)
    print("AT", done, total, flush=True)
    if re.search(r"\.so(\.|$)", i.filename):
        files.append({"path": i.filename, "bytes": i.file_size, "sha256": got})
print(json.dumps(files))
`;

/**
 * Unpacks the wanted files of a wheel under `folder`; those already there with the stated checksum stay. Returns the
 * libraries, with paths relative to `folder`. Throws RuntimeError `corrupt` when a file is not what the wheel states.
 */
export async function unpackWheel(wheel: string, folder: string, { python, signal, onProgress }: Context): Promise<RuntimeFile[]> {
  const name = wheel.split('/').at(-1)!;
  const finished = await runProcess(python.executable, ['-c', UNPACK, wheel, folder, WANTED], {
    signal,
    onLine: line => {
      const at = /^AT (\d+) (\d+)$/.exec(line);
      if (at) onProgress(`Unpacking ${name}`, Number(at[1]) / Number(at[2]));
    },
  });
  if (finished.code === 0) return JSON.parse(finished.stdout.trim().split('\n').at(-1)!) as RuntimeFile[];
  if (/No space left/i.test(finished.stderr)) throw new RuntimeError('disk', `The disk is full while unpacking ${name} into ${folder}.`, 'Free about 3 GB (CUDA: 12 GB), or choose another folder with TRM_RUNTIME_DIR, and start again.');
  if (/BAD |BadZipFile|Bad CRC|zlib\.error|StopIteration/.test(finished.stderr)) {
    await rm(wheel, { force: true });
    throw new RuntimeError('corrupt', `${name} is damaged: ${lastWords(finished, 1)}`, 'It has been thrown away: start again to download it anew.');
  }
  throw new RuntimeError('does_not_run', `${name} could not be unpacked into ${folder}: ${lastWords(finished, 1)}`, 'Check that the folder is writable, and start again.');
}

/** The NVIDIA packages, as pip requirements, that a TensorFlow wheel names for CUDA. Throws RuntimeError when it names none. */
export async function cudaRequirements(wheel: string, { python, signal }: Context): Promise<string[]> {
  const script = 'import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); print(z.read(next(n for n in z.namelist() if n.endswith(".dist-info/METADATA"))).decode())';
  const { stdout } = await runProcess(python.executable, ['-c', script, wheel], { signal });
  const requirements = parseCudaRequirements(stdout);
  if (requirements.length === 0) throw new RuntimeError('unsupported', `${wheel.split('/').at(-1)!} names no CUDA libraries.`, 'Set up the CPU runtime instead (`trm setup --cpu`).');
  return requirements;
}

/** From a wheel's METADATA: `nvidia-cublas-cu12<13.0,>=12.5; extra == "and-cuda"` gives `nvidia-cublas-cu12<13.0,>=12.5`. */
export function parseCudaRequirements(metadata: string): string[] {
  return [...metadata.matchAll(/^Requires-Dist:\s*(nvidia-[^;\n]+?)\s*;[^\n]*extra\s*==\s*['"]and-cuda['"]/gm)].map(m => m[1]!.replace(/[()\s]/g, ''));
}
