/** Tests of one file, each by the words of its name (a `describe` or `test`, or the start of them). */
type Tests = readonly [file: string, ...names: readonly string[]];

/** What a newcomer once met, and what keeps it from coming back. */
export interface Defect {
  readonly number: number;
  readonly what: string;
  readonly heldBy: readonly Tests[];
}

const WALK: Tests = ['evals/sight/first-afternoon.e2e.ts', 'does what it says for somebody who installed the package'];

export const DEFECTS: readonly Defect[] = [
  {
    number: 1,
    what: 'installing changes the Node of the host, and costs 403 MB',
    heldBy: [
      ['evals/sight/package.e2e.ts', 'it brings nothing but itself', 'it is small', 'it says what it is'],
      ['src/app/node-version.test.ts', 'Node %s'],
    ],
  },
  {
    number: 2,
    what: 'the store lies in whatever folder one stands in, and git takes it',
    heldBy: [
      ['src/config/load-config.test.ts', 'the store is that of the user for every folder'],
      ['src/cli/bad-input.test.ts', 'who only looks makes no store'],
      [
        'src/trust/folder-gate.test.ts',
        'a store in a folder is ignored by git',
        'a folder that kept a store of its own',
      ],
    ],
  },
  {
    number: 3,
    what: 'connect writes without asking, and warns afterwards',
    heldBy: [
      [
        'src/cli/gateway-commands.test.ts',
        'asks before it writes, after what speaks against it',
        '%s: shows the change',
      ],
    ],
  },
  {
    number: 4,
    what: 'subscription tokens are refused at the gateway alone',
    heldBy: [
      ['src/gateway/hostile.test.ts', 'subscription tokens are refused in every form'],
      ['evals/sight/afternoon/afternoon.test.ts', 'a subscription token leaves by no command'],
    ],
  },
  {
    number: 5,
    what: 'doctor cannot see a wrong key',
    heldBy: [['src/cli/doctor/key-check.test.ts', 'a wrong key of Google', 'offline, nothing is sent']],
  },
  {
    number: 6,
    what: 'what the gateway spends is in no report',
    heldBy: [
      ['src/cli/commands/spend-command.test.ts', 'jobs and gateway calls by project, key and harness'],
      ['src/cli/gateway-commands.test.ts', 'rotates and revokes them, and shows what was spent and is left'],
      ['src/orchestrator/job/usage-report.test.ts', 'calls of a gateway count'],
      ['src/gateway/core/metrics.test.ts', 'are told apart by model, endpoint, access key and harness'],
      ['src/gateway/page.e2e.ts', '%s: says what it is about'],
    ],
  },
  {
    number: 7,
    what: 'the headline of a replay says "saved" where the interval holds a loss',
    heldBy: [
      [
        'src/replay/verdict.test.ts',
        'where the interval holds zero nothing is said about why',
        'a simple rule that saves is named',
        'an amount in the headline is of the rule that it names',
        'nothing "would have saved" whose interval holds zero',
      ],
      ['src/replay/html/page.test.ts', 'says in the same place and size'],
      ['src/cli/text/replay-verdict.test.ts', 'the three lines of a verdict are the same words'],
    ],
  },
  {
    number: 8,
    what: 'with one vendor the default is no router, and the dial is a switch',
    heldBy: [
      ['src/replay/verdict.test.ts', 'what does as well as routing is what does as well'],
      ['src/policy/dial-scale.test.ts', 'every notch moves the same share'],
      ['src/cli/settings-commands.test.ts', 'the dial measured on a pool goes from the abler to the cheaper'],
    ],
  },
  {
    number: 9,
    what: 'run never asks at a terminal',
    heldBy: [
      ['src/cli/job-commands.test.ts', '"%s" goes on with the job at once', 'a machine is asked nothing'],
      ['src/orchestrator/job-trouble.test.ts', 'a yes is for what was shown'],
    ],
  },
  {
    number: 10,
    what: 'cut calls vanish from the bill',
    heldBy: [
      ['src/gateway/unknown-bills.test.ts', 'tries that were cut before the last are on its bill as unknown'],
      ['src/orchestrator/job-budget.test.ts', 'no job bills more than its budget and one call'],
      ['src/orchestrator/asked-needs.test.ts', 'records what a question that nobody answered may have billed'],
    ],
  },
  {
    number: 11,
    what: 'explain calls the price of failure a cost',
    heldBy: [['evals/sight/afternoon/afternoon.test.ts', 'what a failure is taken to cost is called no cost']],
  },
  {
    number: 12,
    what: 'a question about the budget names no figure',
    heldBy: [['src/cli/job-commands.test.ts', 'a budget that is spent is asked about in dollars']],
  },
  {
    number: 13,
    what: 'one weak model, one malformed plan: a dead job that says "resume"',
    heldBy: [
      [
        'src/cli/rejected-job.test.ts',
        'a plan that the only model writes wrongly',
        'a job whose only change was rejected says so',
      ],
    ],
  },
  {
    number: 14,
    what: 'plan wants --dry-run, which bills and leaves a job',
    heldBy: [['src/cli/job-commands.test.ts', 'unasked, no model is']],
  },
  {
    number: 15,
    what: 'a report does not say which files a job changed, nor how to take them back',
    heldBy: [
      ['src/cli/jobs/change-command.test.ts', 'what a job did is shown as a patch, taken back and done again'],
      ['src/cli/job-commands.test.ts', 'what is no answer is asked for again; none leaves the job paused'],
    ],
  },
  {
    number: 16,
    what: '--json is not everywhere, and has many shapes',
    heldBy: [
      [
        'src/cli/text/json-text.test.ts',
        'carries the command, its data, and USD',
        'a failure has the same envelope',
        '"%s" has --json',
      ],
      ['src/cli/exit-codes.test.ts', '%s: an option that does not exist'],
    ],
  },
  {
    number: 17,
    what: 'MCP answers are walls of JSON',
    heldBy: [
      [
        'src/mcp/server.test.ts',
        'a replay is answered with its verdict, then a table',
        'the list of tools is the same bytes',
      ],
    ],
  },
  {
    number: 18,
    what: 'a replay is a wall of 121 lines, 124 columns wide, full of names of rivals',
    heldBy: [
      [
        'src/cli/commands/replay-command.test.ts',
        'every line of text fits 80 columns',
        'prints what was billed, ours, rivals and the optimum',
      ],
    ],
  },
  {
    number: 19,
    what: 'the README is for clones, and its links are dead on npm',
    heldBy: [
      WALK,
      ['evals/sight/package.e2e.ts', 'it says what it is and where it comes from', 'every link of its pages leads'],
    ],
  },
  {
    number: 20,
    what: 'two strangers with the same first words are one session',
    heldBy: [['src/gateway/tenants.test.ts', 'two strangers with the same first words are two sessions']],
  },
  {
    number: 21,
    what: 'keys add locks out connected harnesses without a word',
    heldBy: [['src/cli/gateway-commands.test.ts', 'the first one says whom it locks out']],
  },
  {
    number: 22,
    what: 'no Bedrock, Vertex, Azure, no Gemini wire',
    heldBy: [
      ['src/app/bedrock.test.ts', 'answers a job, and callers of every format'],
      ['src/app/vertex.test.ts', 'answers a job, and callers of every format'],
      ['src/app/azure.test.ts', '%s answers a job, and callers of every format'],
      ['src/gateway/gemini-callers.test.ts', 'reads a whole answer with its usage'],
    ],
  },
];
