import type { Command } from './command.ts';

export interface CommandEntry {
  readonly summary: string;
  /** Loaded only when called, so that `--help` and light commands start fast and load nothing native. */
  readonly load: () => Promise<{ readonly command: Command }>;
}

/** Every command, in the order `--help` shows them. */
export const commands: Readonly<Record<string, CommandEntry>> = {
  models: {
    summary: 'List the models with prices, cache rules and whether their key is there.',
    load: () => import('./models-command.ts'),
  },
  policies: {
    summary: 'List the policies, show one, or check a policy file.',
    load: () => import('./policies-command.ts'),
  },
  doctor: {
    summary: 'Check Node, keys, endpoints, tool servers, policies and the store.',
    load: () => import('./doctor-command.ts'),
  },
};
