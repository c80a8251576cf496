import type { GetPromptResult, McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';

/** One prompt per common job; each asks the client's model to call the right tool in the right way. */
export function registerPrompts(server: McpServer): void {
  server.registerPrompt(
    'fix-test',
    {
      title: 'Mend a failing test',
      description: 'Run a routed job that makes a failing test pass.',
      argsSchema: z.object({ test: z.string().optional().describe('Test file or name; absent: whatever fails.') }),
    },
    ({ test }) =>
      ask(
        `Call run_job with the task "Make ${test ?? 'the failing tests'} pass without weakening any test". While it runs, poll job_status. Then tell me what was changed, which model took each step and why, and the bill in dollars beside its alternatives.`,
      ),
  );
  server.registerPrompt(
    'implement',
    {
      title: 'Implement a change',
      description: 'Run a routed job for a change you describe.',
      argsSchema: z.object({ change: z.string(), budgetUsd: z.string().optional() }),
    },
    ({ change, budgetUsd }) =>
      ask(
        `Call run_job with the task ${JSON.stringify(change)}${budgetUsd === undefined ? '' : ` and budgetUsd ${budgetUsd}`}. Poll job_status until it ends; when it asks a question, put it to me. Then sum up what was done and what it cost.`,
      ),
  );
  server.registerPrompt(
    'which-model',
    {
      title: 'Which model does this step need?',
      description: 'Advice with reasons and dollars; nothing is run.',
      argsSchema: z.object({ step: z.string() }),
    },
    ({ step }) =>
      ask(
        `Call route_step with the text ${JSON.stringify(step)}. Tell me the model, the context mode, why, and what the two best alternatives would cost.`,
      ),
  );
  server.registerPrompt(
    'what-would-routing-save',
    {
      title: 'What would routing have saved me?',
      description: 'Price your recorded sessions under other policies.',
      argsSchema: z.object({ days: z.string().optional() }),
    },
    ({ days }) =>
      ask(
        `Call replay_sessions${days === undefined ? '' : ` with sinceDays ${days}`}. Tell me what was billed, what each policy would have billed (say which figures are measured and which modelled), the dearest avoidable events, and what replay cannot know. Report losses as plainly as gains.`,
      ),
  );
}

function ask(text: string): GetPromptResult {
  return { messages: [{ role: 'user', content: { type: 'text', text } }] };
}
