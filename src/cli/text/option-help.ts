import type { Command } from '../input/command.ts';

/** What an option means wherever it occurs; `command --option` where a command means something of its own. */
const MEANINGS: Readonly<Record<string, string>> = {
  '--accept': 'take the figures of this run as the accepted ones',
  '--add-budget': 'raise the limit by this much, in USD',
  '--against': 'the artifact that it is compared with; the shipped one where nothing is said',
  '--all': 'every candidate, model and rejection, not only the ten best',
  '--allow': 'let it do what it asked for, as it was shown, whenever this job wants the same',
  '--always': 'with --allow: for every job in this folder',
  '--once': 'with --allow: this one call',
  'keys --allow': 'a model that this key may ask for; repeat for more',
  '--allow-host': 'another host name that callers may use; repeat for more',
  '--allow-origin': 'a web page that may call; repeat for more',
  '--allow-weaker-fallback': 'when a provider fails, a weaker model may answer',
  '--as-of': 'the day that the artifact bears, as 2026-11-22; today where nothing is said',
  '--budget': 'pause and ask before more than this is billed, in USD',
  '--budget-usd': 'what this key may spend, in USD',
  '--calibrate': 'measure what each notch of the dial changes on your models',
  '--config': 'another configuration than pointsman.config.yaml',
  '--cross-check': 'hold the prices against a second source',
  '--data': 'outcomes or labelled prompts to learn from, or "records" for your own; repeat for more',
  'eval --data': 'the folder of data sets',
  '--deny': 'go on without the tool that it asked for',
  '--dial': '0 is the most capable, 10 the cheapest; the policy’s own where nothing is said',
  '--dry-run': 'only show what would be done',
  '--fail-under': 'exit 1 when the best of our policies saves less than this share of the bill, as 0.1 or 10%',
  '--forget': 'take the yes back',
  '--from': 'read the logs as those of this client',
  '--host': 'the address to listen on; loopback where nothing is said',
  '--html': 'write one page to look at',
  '--http': 'listen on this port instead of standard input and output',
  '--json': 'one JSON value for machines instead of text',
  'eval --json': 'write the figures to this file',
  '--limit': 'how many; 20 where nothing is said',
  '--list': 'name the suites and run none',
  '--model': 'one model for every step, by exact name: obeyed or refused',
  '--name': 'what the artifact is called',
  '--no-dial': 'leave out the ladder of dial positions, which takes longest',
  '--with-text': 'show what the person asked for beside each avoidable event, keys masked',
  '--no-encoder': 'learn from words alone, without the sentence encoder',
  '--offline': 'try no connection',
  '--older-than': 'remove what started longer ago than this, as 30d, 36h or 4w',
  '--onto': 'keep what this artifact knows where nothing new was learned',
  '--out': 'the folder to write the artifact to',
  '--per-minute': 'calls per minute that this key may make',
  '--policy': 'the policy to route by: an id of "pointsman policies" or a file',
  'records --dry-run': 'only count what would be removed',
  'replay --policy': 'only these policies or rival rules; repeat for more',
  'keys --policy': 'the policy that calls with this key are routed by',
  'replay --json': 'the whole report as JSON, to standard output or to a file',
  '--pool': 'the models to choose from: all, ready (their key is there), or a pool of the configuration',
  '--port': 'the port to listen on',
  '--quick': 'a smaller sample of each suite',
  '--response-cache': 'answer repeated requests from memory: off, marked ones, or all that only read',
  '--seed': 'the seed of every random choice',
  '--sessions': 'recorded sessions to learn the forecast from; repeat for more',
  '--show': 'only show it',
  '--since': 'only sessions of this age, as 30d',
  '--step-model': 'one model for one kind of step, as review=NAME; repeat for more',
  '--token': 'the access key that the harness sends',
  '--undo': 'put the configuration back as it was',
  '--url': 'the address of the gateway; the usual one where nothing is said',
  '--why-not': 'what this model would have come to, in this mode or its best',
  '--workspace': 'the folder to work in; this one where nothing is said',
  '--yes': 'allow every tool without asking',
};

/** One line per option of a command, in the order of its usage. */
export function optionLines(command: Pick<Command, 'name' | 'usage'>): readonly string[] {
  const names = [...new Set([...command.usage.matchAll(/--[a-z][a-z-]*/gu)].map(([name]) => name))];
  const width = Math.max(0, ...names.map((name) => name.length));
  return names.map((name) => `  ${name.padEnd(width)}  ${meaningOf(command.name, name) ?? ''}`.trimEnd());
}

export function meaningOf(command: string, option: string): string | undefined {
  return MEANINGS[`${command} ${option}`] ?? MEANINGS[option];
}
