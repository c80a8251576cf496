import type { Command } from './command.ts';

export interface CommandEntry {
  readonly summary: string;
  /** Loaded only when called, so that `--help` and light commands start fast and load nothing native. */
  readonly load: () => Promise<{ readonly command: Command }>;
}

/** Every command, in the order `--help` shows them. */
export const commands: Readonly<Record<string, CommandEntry>> = {};
