/**
 * Which process is this, and does that one still live? A pid alone is no name: it is used again after a while, after a
 * restart of the machine, and in every container. So a process is named by host, boot, pid and its start time.
 *
 * `boot_id` is "<machine>:<boot>:<pid namespace>": a hash of the machine's id, the system's id of this boot, and (Linux)
 * the namespace in which the pid means something. Parts the system does not tell are empty and match nothing.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import os from 'node:os';
import { systemCode } from './errors';
import type { RunOwner } from './schema';

/** A process by name. */
export type ProcessIdentity = Pick<RunOwner, 'host' | 'boot_id' | 'pid' | 'process_start'>;

/** What can be known of a process from here: it lives, it is gone, or it cannot be seen from this machine or container. */
export type Liveness = 'alive' | 'gone' | 'elsewhere';

function tryText(read: () => string): string {
  try {
    return read().trim();
  } catch {
    return ''; // the system does not tell: an empty part, which matches nothing
  }
}

function run(command: string, ...args: string[]): string {
  return tryText(() => execFileSync(command, args, { encoding: 'utf8', timeout: 5000, stdio: ['ignore', 'pipe', 'ignore'], env: { ...process.env, LC_ALL: 'C' }, windowsHide: true }));
}

const powershell = (script: string): string => run('powershell.exe', '-NoProfile', '-NonInteractive', '-Command', script);

function machineId(): string {
  let id: string;
  if (process.platform === 'linux') id = tryText(() => readFileSync('/etc/machine-id', 'utf8'));
  else if (process.platform === 'darwin') id = /"IOPlatformUUID" = "([^"]+)"/.exec(run('ioreg', '-rd1', '-c', 'IOPlatformExpertDevice'))?.[1] ?? '';
  else id = /MachineGuid\s+REG_SZ\s+(\S+)/.exec(run('reg', 'query', 'HKLM\\SOFTWARE\\Microsoft\\Cryptography', '/v', 'MachineGuid'))?.[1] ?? '';
  return id === '' ? '' : createHash('sha256').update(`trm-explorer ${id}`).digest('hex').slice(0, 16);
}

function bootParts(): [boot: string, namespace: string] {
  if (process.platform === 'linux') {
    return [tryText(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8')), /\d+/.exec(tryText(() => readlinkSync('/proc/self/ns/pid')))?.[0] ?? ''];
  }
  if (process.platform === 'darwin') return [run('sysctl', '-n', 'kern.bootsessionuuid'), ''];
  return [powershell('(Get-CimInstance Win32_OperatingSystem).LastBootUpTime.ToFileTimeUtc()'), ''];
}

function pidExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCode(error) !== 'ESRCH';
  }
}

/** Start time of a process: null when there is no such process, '' when the system does not tell. */
function processStart(pid: number): string | null {
  if (process.platform === 'linux') {
    let stat: string;
    try {
      stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    } catch (error) {
      return ['ENOENT', 'ESRCH'].includes(systemCode(error)) ? null : '';
    }
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' '); // the name before may hold anything; fields[0] is the state, field 3 of proc(5)
    return fields[0] === 'Z' || fields[0] === 'X' ? null : fields[19] ?? '';
  }
  if (!pidExists(pid)) return null;
  return process.platform === 'win32' ? powershell(`(Get-Process -Id ${pid}).StartTime.ToFileTimeUtc()`) : run('ps', '-o', 'lstart=', '-p', String(pid));
}

let here: { host: string; boot_id: string } | undefined;
function thisMachine(): { host: string; boot_id: string } {
  return here ??= { host: os.hostname(), boot_id: [machineId(), ...bootParts()].join(':') };
}

let self: ProcessIdentity | undefined;
/** The name of this process. Asked of the system once. */
export function thisProcess(): ProcessIdentity {
  return self ??= { ...thisMachine(), pid: process.pid, process_start: processStart(process.pid) ?? '' };
}

/**
 * Whether `owner` still lives. 'gone' only when that is certain: it ran on this machine in this boot and pid namespace
 * and its pid is free or belongs to a process started at another time; or this same machine was restarted since it was
 * last seen.
 * @param lastSeen its last heartbeat, if any
 * @param quickly outside Linux, where start times cost a process each, let an existing pid count: for a fresh heartbeat
 */
export function isSameProcessAlive(owner: ProcessIdentity, lastSeen: Date | null = null, quickly = false): Liveness {
  const { host, boot_id } = thisMachine();
  if (owner.boot_id !== boot_id || boot_id.split(':')[1] === '') {
    return owner.host === host && restartedSince(owner.boot_id, boot_id, lastSeen) ? 'gone' : 'elsewhere';
  }
  if (owner.pid === process.pid && owner.process_start === thisProcess().process_start) return 'alive';
  if (process.platform !== 'linux' && !pidExists(owner.pid)) return 'gone';
  if (process.platform !== 'linux' && quickly) return 'alive';
  const start = processStart(owner.pid);
  if (start === null) return 'gone';
  return start === owner.process_start || start === '' || owner.process_start === '' ? 'alive' : 'gone';
}

function restartedSince(theirs: string, ours: string, lastSeen: Date | null): boolean {
  const [machine, boot] = theirs.split(':');
  const [ourMachine, ourBoot] = ours.split(':');
  if (!machine || machine !== ourMachine || !boot || !ourBoot || boot === ourBoot || lastSeen === null) return false;
  return lastSeen.getTime() < Date.now() - os.uptime() * 1000;
}
