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
  run: {
    summary: 'Run a job: plan it, send each step to the model that earns it, check the results.',
    load: () => import('./run-command.ts'),
  },
  plan: {
    summary: 'Make the plan of a job and show where each step would go and what it should cost.',
    load: () => import('./plan-command.ts'),
  },
  resume: {
    summary: 'Go on with a job that paused, failed or was killed.',
    load: () => import('./resume-command.ts'),
  },
  jobs: {
    summary: 'List the latest jobs, where they stand and what they billed.',
    load: () => import('./jobs-command.ts'),
  },
  records: {
    summary: 'Show how much is recorded and since when, or remove what is old.',
    load: () => import('./records-command.ts'),
  },
  explain: {
    summary: 'Show why a step went to its model: the candidates in USD.',
    load: () => import('./explain-command.ts'),
  },
  replay: {
    summary: 'Price your own recorded sessions under any policy, every rival rule and the optimum.',
    load: () => import('./replay-command.ts'),
  },
  models: {
    summary: 'List the models with prices, cache rules and whether their key is there.',
    load: () => import('./models-command.ts'),
  },
  policies: {
    summary: 'List the policies, show one, check a file, or measure the dial.',
    load: () => import('./policies-command.ts'),
  },
  mcp: {
    summary: 'Serve pointsman as an MCP server, over standard input and output or over HTTP.',
    load: () => import('./mcp-command.ts'),
  },
  serve: {
    summary: 'Serve the gateway: Anthropic Messages, OpenAI Chat and Responses on one address.',
    load: () => import('./serve-command.ts'),
  },
  tail: {
    summary: 'Watch the calls of a running gateway: model, reason, tokens, bill.',
    load: () => import('./tail-command.ts'),
  },
  connect: {
    summary: 'Point a harness at the gateway in its own configuration, and take it back.',
    load: () => import('./connect-command.ts'),
  },
  keys: {
    summary: 'Make access keys for the gateway, and keep provider keys in an encrypted file.',
    load: () => import('./keys-command.ts'),
  },
  train: {
    summary: 'Learn abilities, step kinds and forecasts from outcomes, labelled prompts, sessions or own records.',
    load: () => import('./train-command.ts'),
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
