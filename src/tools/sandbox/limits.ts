import { totalmem } from 'node:os';

/** What a command may take of the machine, each process of it alike. */
export interface SandboxLimits {
  readonly processCount: number;
  /** Of one process: what it has asked for and may write to. */
  readonly memoryBytes: number;
}

const GIB = 1024 ** 3;

export function defaultLimits(): SandboxLimits {
  return { processCount: 4096, memoryBytes: Math.max(2 * GIB, Math.floor(totalmem() * 0.75)) };
}

/** Lines of a POSIX shell. What this system's shell cannot limit stays as it is. */
export function limitLines({ processCount, memoryBytes }: SandboxLimits): readonly string[] {
  return [
    // Shells spell it differently (bash -u, dash -p).
    `ulimit -u ${processCount} 2>/dev/null || ulimit -p ${processCount} 2>/dev/null || :`,
    `ulimit -d ${Math.floor(memoryBytes / 1024)} 2>/dev/null || :`,
    'ulimit -c 0 2>/dev/null || :',
  ];
}

/** One word of a shell, whatever stands in it. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
