// One file: the table of all commands, an entry each; whoever adds one adds it here alone.

import type { LaunchedName } from '../gateway/connect/harness.ts';
import type { CliCommand } from './input/command.ts';

export interface CommandEntry {
  /** Its arguments are another program's, but for options of ours in front. */
  readonly passesOn?: true;
  /** So much is loaded that it pays to keep what was compiled: a cache is written in the user's own folder. */
  readonly keepsCompiled?: true;
  readonly summary: string;
  /** Loaded only when called, so that `--help` and light commands start fast and load nothing native. */
  readonly load: () => Promise<{ readonly command: CliCommand }>;
}

async function launched(harness: LaunchedName): Promise<{ readonly command: CliCommand }> {
  const { launchCommand } = await import('./launch/launch-command.ts');
  return { command: launchCommand(harness) };
}

async function changing(name: 'diff' | 'undo' | 'apply'): Promise<{ readonly command: CliCommand }> {
  const { changeCommand } = await import('./jobs/change-command.ts');
  return { command: changeCommand(name) };
}

type Commands = Readonly<Record<string, CommandEntry>>;

const first: Commands = {
  overview: {
    summary:
      'Show what is on this machine (logs, keys, harnesses), what it cost, and what to do next; also without a command.',
    load: () => import('./commands/overview-command.ts'),
  },
  demo: {
    summary: 'Mend a small failing workspace with scripted models; everything but their words is real.',
    load: () => import('./commands/demo-command.ts'),
  },
  doctor: {
    summary: 'Check Node, keys, endpoints, tool servers, policies and the store.',
    load: () => import('./commands/doctor-command.ts'),
  },
};

const ofJobs: Commands = {
  run: {
    keepsCompiled: true,
    summary: 'Run a job: plan it, send each step to the model that earns it, check the results.',
    load: () => import('./commands/run-command.ts'),
  },
  plan: {
    summary: 'Show what steps a job should have, where each would go, and what it should cost; --ask has a model plan.',
    load: () => import('./commands/plan-command.ts'),
  },
  resume: {
    keepsCompiled: true,
    summary: 'Go on with a job that paused, failed or was killed.',
    load: () => import('./commands/resume-command.ts'),
  },
  submit: {
    summary: 'Put a job into the queue of a PostgreSQL store, now, later or by a schedule, for a worker to run.',
    load: () => import('./jobs/submit-command.ts'),
  },
  worker: {
    keepsCompiled: true,
    summary: 'Run jobs from the queue, on as many machines as there are workers.',
    load: () => import('./jobs/worker-command.ts'),
  },
  answer: {
    summary: 'Answer what a job asks, from any machine of its store; a worker goes on with it.',
    load: () => import('./jobs/answer-command.ts'),
  },
  cancel: {
    summary: 'Cancel a job, from any machine of its store.',
    load: () => import('./jobs/cancel-command.ts'),
  },
  jobs: {
    summary: 'List the latest jobs, where they stand and what they billed.',
    load: () => import('./commands/jobs-command.ts'),
  },
  explain: {
    summary: 'Show why a step went to its model: the candidates in USD.',
    load: () => import('./commands/explain-command.ts'),
  },
  autopsy: {
    summary:
      'Say what most likely made a job or a harness’s session fail: step, cause, evidence and the cheapest thing to change.',
    load: () => import('./jobs/autopsy-command.ts'),
  },
  diff: {
    summary: 'Show what a job did to files, as a patch for git apply.',
    load: () => changing('diff'),
  },
  undo: {
    summary: 'Take back what a job did to files, unless somebody else has changed them since.',
    load: () => changing('undo'),
  },
  apply: {
    summary: 'Do again what a job did to files, after it was taken back.',
    load: () => changing('apply'),
  },
  export: {
    summary: 'Write the records of a job as JSON lines, for replay, training or other tools.',
    load: () => import('./commands/export-command.ts'),
  },
};

const ofHarnesses: Commands = {
  claude: {
    summary: 'Start Claude Code through a gateway of its own; nothing of its settings is written.',
    passesOn: true,
    keepsCompiled: true,
    load: () => launched('claude-code'),
  },
  cline: {
    summary: 'Start Cline through a gateway of its own; nothing of its settings is written.',
    passesOn: true,
    keepsCompiled: true,
    load: () => launched('cline'),
  },
  cn: {
    summary: 'Start Continue’s command line through a gateway of its own; nothing of its settings is written.',
    passesOn: true,
    keepsCompiled: true,
    load: () => launched('continue'),
  },
  codex: {
    summary: 'Start Codex through a gateway of its own; nothing of its settings is written.',
    passesOn: true,
    keepsCompiled: true,
    load: () => launched('codex'),
  },
  copilot: {
    summary: 'Start GitHub Copilot CLI through a gateway of its own; nothing of its settings is written.',
    passesOn: true,
    keepsCompiled: true,
    load: () => launched('copilot'),
  },
  crush: {
    summary: 'Start Crush through a gateway of its own; nothing of its settings is written.',
    passesOn: true,
    keepsCompiled: true,
    load: () => launched('crush'),
  },
  droid: {
    summary: 'Say why droid cannot be started so, and what to do instead.',
    load: () => import('./launch/droid-command.ts'),
  },
  gemini: {
    summary: 'Start Gemini CLI through a gateway of its own; nothing of its settings is written.',
    passesOn: true,
    keepsCompiled: true,
    load: () => launched('gemini'),
  },
  openclaw: {
    summary: 'Start OpenClaw through a gateway of its own; nothing of its settings is written.',
    passesOn: true,
    keepsCompiled: true,
    load: () => launched('openclaw'),
  },
  opencode: {
    summary: 'Start opencode through a gateway of its own; nothing of its settings is written.',
    passesOn: true,
    keepsCompiled: true,
    load: () => launched('opencode'),
  },
  pi: {
    summary: 'Start pi through a gateway of its own; nothing of its settings is written.',
    passesOn: true,
    keepsCompiled: true,
    load: () => launched('pi'),
  },
  qwen: {
    summary: 'Start Qwen Code through a gateway of its own; nothing of its settings is written.',
    passesOn: true,
    keepsCompiled: true,
    load: () => launched('qwen'),
  },
  serve: {
    keepsCompiled: true,
    summary: 'Serve the gateway: Anthropic Messages, OpenAI Chat and Responses, Gemini.',
    load: () => import('./commands/serve-command.ts'),
  },
  connect: {
    summary: 'Point a harness at the gateway in its own configuration: shows the change, and asks.',
    load: () => import('./commands/connect-command.ts'),
  },
  disconnect: {
    summary: 'Put back, to the byte, what "connect" changed.',
    load: () => import('./commands/disconnect-command.ts'),
  },
  tail: {
    summary: 'Watch the calls of a running gateway: model, reason, tokens, bill.',
    load: () => import('./running/tail-command.ts'),
  },
  ui: {
    summary: 'Look at spending, calls, sessions and decisions in a browser: of the running gateway, or of the store.',
    load: () => import('./running/ui-command.ts'),
  },
  bypass: {
    summary: 'Switch routing off and on again at a running gateway, for a bad day.',
    load: () => import('./running/bypass-command.ts'),
  },
  statusline: {
    summary: 'Say in one line how a session stands: model, share of the prompt from the cache, bill. For status lines.',
    load: () => import('./launch/statusline-command.ts'),
  },
  session: {
    summary:
      'Show where a session or job stands: model, cache, latest decision and why, money. Without an id: the latest.',
    load: () => import('./running/session-command.ts'),
  },
  hook: {
    summary: 'Report to the router how the work of a Claude Code session went; for hooks, which hand in what happened.',
    load: () => import('./launch/hook-command.ts'),
  },
  mcp: {
    keepsCompiled: true,
    summary: 'Serve pointsman as an MCP server, over standard input and output or over HTTP.',
    load: () => import('./commands/mcp-command.ts'),
  },
};

const ofBills: Commands = {
  spend: {
    summary:
      'Show what was spent by day, project, model, harness, key or session: jobs, gateway and logs of other clients.',
    load: () => import('./commands/spend-command.ts'),
  },
  replay: {
    keepsCompiled: true,
    summary: 'Price your own recorded sessions under any policy, every rival rule and the optimum.',
    load: () => import('./commands/replay-command.ts'),
  },
  store: {
    summary: 'Copy a store, from a folder to PostgreSQL or back; or merge the one of a folder into the one for all.',
    load: () => import('./stores/store-command.ts'),
  },
  audit: {
    summary:
      'Show what was done to the store (keys, promises, copies, the switch) and what proved a step’s endpoint, and check it.',
    load: () => import('./stores/audit-command.ts'),
  },
  records: {
    summary: 'Show how much is recorded and since when, or remove what is old.',
    load: () => import('./commands/records-command.ts'),
  },
};

const ofSettings: Commands = {
  models: {
    summary: 'List the models with prices, cache rules and whether their key is there.',
    load: () => import('./commands/models-command.ts'),
  },
  memory: {
    summary: 'List, add, forget and carry what is remembered of a project and of you: plain files that are yours.',
    load: () => import('./memory/memory-command.ts'),
  },
  policies: {
    summary: 'List the policies, show one, check a file, or measure the dial.',
    load: () => import('./commands/policies-command.ts'),
  },
  login: {
    summary: 'Sign in at a tool server that wants its user to (OAuth), or out again; tokens stay on this machine.',
    load: () => import('./commands/login-command.ts'),
  },
  trust: {
    summary: 'Show what a folder brings (configuration, tool servers, agents) and say yes to it.',
    load: () => import('./commands/trust-command.ts'),
  },
  keys: {
    summary: 'Make access keys for the gateway, and keep provider keys in an encrypted file.',
    load: () => import('./keys/keys-command.ts'),
  },
  teams: {
    summary:
      'Show what each organisation, team and project has spent and may spend, and which access keys are charged to it.',
    load: () => import('./keys/teams-command.ts'),
  },
  evaluate: {
    summary:
      'Find out what a model of your own can do: small graded suites, speed, what its server understands; writes its row.',
    load: () => import('./evaluate/evaluate-command.ts'),
  },
  learn: {
    summary: 'Fit a policy to a reward in one line, on own records; propose, promote and take back what was learned.',
    load: () => import('./learn/learn-command.ts'),
  },
  certify: {
    summary:
      'Prove on held-out outcomes how thrifty a policy may be: at most so much worse than always the ablest model.',
    load: () => import('./commands/certify-command.ts'),
  },
  train: {
    summary: 'Learn abilities, step kinds and forecasts from outcomes, labelled prompts, sessions or own records.',
    load: () => import('./commands/train-command.ts'),
  },
  eval: {
    summary: 'Run the evaluation suites and hold their figures against the accepted ones.',
    load: () => import('./commands/eval-command.ts'),
  },
};

/** Every command under the heading that `--help` shows it under, in that order. */
export const commandGroups: readonly (readonly [heading: string, commands: Commands])[] = [
  ['First', first],
  ['Jobs', ofJobs],
  ['Your coding agent', ofHarnesses],
  ['What it cost', ofBills],
  ['What you decide', ofSettings],
];

export const commands: Commands = Object.assign({}, ...commandGroups.map(([, group]) => group)) as Commands;
