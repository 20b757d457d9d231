import { readdirSync, readFileSync } from 'node:fs';

/** USER_HZ, which Linux reports to programs on every architecture that Node runs on. */
const ticksPerSecond = 100;

interface Stat {
  readonly pid: number;
  readonly parent: number;
  readonly name: string;
  /** Seconds of CPU time, its own and that of ended children that it has waited for. */
  readonly cpu: number;
}

/** A process and its descendants. */
function family(pid: number): Stat[] {
  const stats = readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? (statOf(name) ?? []) : []));
  const own = new Set([pid]);
  // A parent may have a higher id than its child, since ids wrap around.
  for (let size = 0; size !== own.size; ) {
    size = own.size;
    for (const stat of stats) if (own.has(stat.parent)) own.add(stat.pid);
  }
  return stats.filter((stat) => own.has(stat.pid));
}

/** The CPU time of a process and its descendants in seconds, in steps of 10 ms. */
export const cpuSeconds = (pid: number): number => family(pid).reduce((sum, { cpu }) => sum + cpu, 0);

/** Null if the process has ended. */
function statOf(pid: string): Stat | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The program's name, in parentheses, may contain spaces.
    const [begin, end] = [text.indexOf('('), text.lastIndexOf(')')];
    const fields = text.slice(end + 2).split(' ');
    const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
    return {
      pid: Number(pid),
      parent: Number(fields[1]),
      name: text.slice(begin + 1, end),
      cpu: ticks / ticksPerSecond,
    };
  } catch {
    return null;
  }
}

/** The parent of a process. */
export const parentOf = (pid: number): number => statOf(String(pid))?.parent ?? 0;

/** The resident sets of a process and its descendants in MB, now and at their peaks, without the shells that run them. */
export function megabytes(pid: number): { readonly now: number; readonly peak: number } {
  const programs = family(pid).filter(({ name }) => name !== 'bash');
  const sum = (field: string) => programs.reduce((all, stat) => all + statusField(stat.pid, field), 0) / 1024;
  return { now: sum('VmRSS'), peak: sum('VmHWM') };
}

/** In kB; 0 if the process has ended. */
function statusField(pid: number, field: string): number {
  try {
    const text = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0);
  } catch {
    return 0;
  }
}
