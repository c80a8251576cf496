import type { Environment } from '../../domain/environment.ts';
import type { LogLevel } from '../../domain/log.ts';
import type { FolderAdmission, FolderGate } from '../../trust/folder-gate.ts';

/** What a command may touch of the world outside. Tests hand in their own. */
export interface CommandIo {
  /** Lines of words go on in the next one where they are wider than the terminal; what others read on is `verbatim`. */
  readonly stdout: (text: string, form?: 'verbatim') => void;
  readonly stderr: (text: string, form?: 'verbatim') => void;
  readonly env: Environment;
  readonly cwd: string;
  /** False in pipes and CI: no colours, no cursor movement, no questions. */
  readonly isTerminal: boolean;
  /** Takes away what stands on the screen, or on the last line of standard error; absent where nobody watches. */
  readonly erase?: ((what: 'screen' | 'line') => void) | undefined;
  /** How wide a table may be; absent: as a terminal usually is. */
  readonly columns?: number;
  /** The same of standard error, where the log goes. Absent: nobody reads along. */
  readonly isErrorTerminal?: boolean;
  /** What `--log-level` says. */
  readonly logLevel?: LogLevel;
  /** `--trust`: yes to what the folders of this command bring, as they are now. */
  readonly trustFolders?: boolean;
  /** Told when somebody has said yes to what a folder brings; absent where no command is run. */
  readonly onTrusted?: (admission: FolderAdmission, gate: FolderGate) => Promise<void>;
  /** Asks the person at the terminal; absent where there is none. */
  readonly ask?: ((question: string) => Promise<string>) | undefined;
  /** All of standard input, bounded; absent where there is none to read. */
  readonly readInput?: () => Promise<string>;
  /** Aborts on Ctrl-C; a command saves what it has and returns `interrupted`. */
  readonly signal: AbortSignal;
}

/** One command in one file; what it does is said in the registry, which needs nothing loaded. `run` parses its own arguments with `node:util` parseArgs and returns an exit code. */
export interface CliCommand {
  readonly name: string;
  /** What follows the name, as in `"TASK" [--workspace DIR]`. */
  readonly usage: string;
  /** What its help says beside the options: facts that a user needs before the first call. */
  readonly facts?: string;
  /** @returns one of `EXIT`, or what a program that it started returned. */
  run(args: readonly string[], io: CommandIo): Promise<number>;
}
