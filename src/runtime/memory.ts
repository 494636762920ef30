/**
 * Memory of this machine as a training meets it: how much is free for this process, counting the limits of its control
 * groups (a container's) and of the process itself (`ulimit -v`), and how often the kernel has ended a process because there was none.
 */
import { readFile } from 'node:fs/promises';
import { freemem } from 'node:os';
import { posix } from 'node:path';

/** Memory now. Bytes. */
export interface MemoryFacts {
  /** What this process can still take. */
  readonly free: number;
  /** Whose room that is: the machine's, that of a control group with a limit, or of this process. */
  readonly of: 'machine' | 'group' | 'process';
  /** Processes the kernel has ended for lack of memory since the machine started, and in this control group; null where it does not say. */
  readonly oomKills: { readonly machine: number | null; readonly group: number | null };
}

const textOf = async (file: string): Promise<string> => (await readFile(file, 'utf8').catch(() => '')).trim();
const numberOf = (text: string): number | null => (/^\d+$/.test(text) ? Number(text) : null);
const entry = (text: string, name: string): number | null => numberOf(new RegExp(`^${name}:?\\s+(\\d+)`, 'm').exec(text)?.[1] ?? '');

/** Names of the files of one version of control groups. */
const versions = {
  v2: { root: '/sys/fs/cgroup', limit: 'memory.max', usage: 'memory.current', cache: 'inactive_file', events: 'memory.events' },
  v1: { root: '/sys/fs/cgroup/memory', limit: 'memory.limit_in_bytes', usage: 'memory.usage_in_bytes', cache: 'total_inactive_file', events: 'memory.oom_control' },
} as const;

interface Group { readonly room: number; readonly kills: number | null }

/** This process's group and those above it, as far as they can be seen from here. */
async function groups(): Promise<Group[]> {
  const lines = (await textOf('/proc/self/cgroup')).split('\n');
  const own = lines.map(line => /^\d+:([^:]*):(.*)$/.exec(line)).find(match => match?.[1]?.split(',').includes('memory')) ?? lines.map(line => /^0:():(.*)$/.exec(line)).find(match => match !== null);
  if (!own) return [];
  const files = own[1] === '' ? versions.v2 : versions.v1;
  const found: Group[] = [];
  for (let path = own[2]!; ; path = posix.dirname(path)) {
    const folder = posix.join(files.root, path);
    const limit = numberOf(await textOf(posix.join(folder, files.limit)));
    const usage = numberOf(await textOf(posix.join(folder, files.usage)));
    const cache = entry(await textOf(posix.join(folder, 'memory.stat')), files.cache) ?? 0;
    const kills = entry(await textOf(posix.join(folder, files.events)), 'oom_kill');
    // A limit beyond 2^60 is no limit: version 1 has no word for it.
    found.push({ room: limit === null || usage === null || limit > 2 ** 60 ? Infinity : Math.max(0, limit - usage + cache), kills });
    if (path === '/') return found;
  }
}

/** Address space this process may still take; Infinity without a limit. */
async function addressSpace(): Promise<number> {
  const limit = numberOf(/^Max address space\s+(\S+)/m.exec(await textOf('/proc/self/limits'))?.[1] ?? '');
  const taken = entry(await textOf('/proc/self/status'), 'VmSize');
  return limit === null || taken === null ? Infinity : Math.max(0, limit - taken * 1024);
}

/** Asks the system. Does not throw. */
export async function memoryFacts(): Promise<MemoryFacts> {
  const [meminfo, vmstat, above, own] = await Promise.all([textOf('/proc/meminfo'), textOf('/proc/vmstat'), groups(), addressSpace()]);
  const available = entry(meminfo, 'MemAvailable');
  const machine = available === null ? freemem() : available * 1024;
  const group = Math.min(Infinity, ...above.map(({ room }) => room));
  return {
    free: Math.min(machine, group, own),
    of: own < Math.min(machine, group) ? 'process' : group < machine ? 'group' : 'machine',
    oomKills: { machine: entry(vmstat, 'oom_kill'), group: above[0]?.kills ?? null },
  };
}
