import type { Command } from './command.ts';

export interface CommandEntry {
  readonly summary: string;
  /** Loaded only when called, so that `--help` and light commands start fast and load nothing native. */
  readonly load: () => Promise<{ readonly command: Command }>;
}

/** Every command, in the order `--help` shows them. */
export const commands: Readonly<Record<string, CommandEntry>> = {
  demo: {
    summary: 'Mend a small failing workspace with scripted models; everything but their words is real.',
    load: () => import('./demo-command.ts'),
  },
  models: {
    summary: 'List the models with prices, cache rules and whether their key is there.',
    load: () => import('./models-command.ts'),
  },
  policies: {
    summary: 'List the policies, show one, check a file, or measure the dial.',
    load: () => import('./policies-command.ts'),
  },
  eval: {
    summary: 'Run the evaluation suites and hold their figures against the accepted ones.',
    load: () => import('./eval-command.ts'),
  },
  doctor: {
    summary: 'Check Node, keys, endpoints, tool servers, policies and the store.',
    load: () => import('./doctor-command.ts'),
  },
};
