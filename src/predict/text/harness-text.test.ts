import { describe, expect, test } from 'vitest';
import { harnessOrder, isContextMark, isHarnessText, systemOrder } from './harness-text.ts';

describe('orders of harnesses in wordings that nobody recorded', () => {
  test.each([
    'Briefly summarize this partial conversation about programming.\nInclude less detail about older parts.',
    'Please summarize the conversation so far, so that another agent can pick up the work. Include open tasks.',
    'You have reached the context limit. Write a handoff note for the next agent: goal, progress, next steps.',
    'Your context window is almost full. Summarize everything that matters to continue, then stop.',
    'Condense the conversation above into a summary. Keep file names, commands and unresolved errors.',
    'Compact the conversation: produce a summary that lets the assistant continue without the earlier messages.',
    'Summarize the above conversation for context continuity. Preserve key decisions and code.',
    'Before the history is cleared, record the state of the task: what was asked, done, and what remains.',
    'Write a continuation prompt that captures the complete state of this session.',
  ])('compaction: %s', (text) => expect(harnessOrder(text)).toBe('compaction'));

  test.each([
    'Generate a concise title for this chat based on the first message.',
    'Suggest a title for this thread',
    'Summarize this conversation in 3-5 words for a tab name.',
    'What would be a good name for this session? Reply with the name only.',
  ])('title: %s', (text) => expect(harnessOrder(text)).toBe('title'));

  test.each([
    ['safety-check', 'Decide if the shell command below may run without asking the user. Answer YES or NO.'],
    ['safety-check', 'You review proposed tool calls of a coding agent for safety. Respond ALLOW or BLOCK.'],
    ['safety-check', 'Act as a guard: would this command damage the system? Output safe/unsafe.'],
    ['title', 'You produce thread titles.'],
    ['compaction', 'You condense long agent transcripts so that the agent can resume.'],
  ] as const)('%s by its system text: %s', (task, system) => expect(systemOrder(system, false)).toBe(task));

  test.each([
    '<summary>\n## Goal\nfix it',
    '# Context from earlier\nThe parser was fixed.',
    '[Earlier messages were condensed]\nGoal: fix the parser',
    'The previous messages were removed to free up context. Here is what happened so far:',
    '## Conversation summary (auto-generated)\n1. Goal',
    'Summary of previous conversation:\n- the user asked',
  ])('what is left of a cut conversation: %s', (text) => expect(isContextMark(text)).toBe(true));
});

test.each([
  'summarize the conversation with the customer in mail.txt so that the next agent can continue',
  'give the chat page a title',
  'write a title for the talk',
  'please generate a title tag for the conversation page in our app',
  'the session is about to be removed from the db, write a note to the users',
  'compact the layout of the conversation list',
  'condense the readme',
  'summarize what we did today',
  'write a handoff note for the night shift nurse',
  'your context menu is almost full, remove two entries',
  'create a summary component for the chat history',
  'check whether this command is safe: rm -rf build',
  'the messages will be truncated at 80 chars, make a summary line below',
  'Conversation summary page is empty on mobile',
  'previous messages vanish when I scroll',
  'the context window of the editor shows no summary of the file',
  'State from before the reload leaks into the new component',
  'Notes from earlier are lost when I save',
  'previous messages were removed from the list after I refreshed, find out why',
  'Older messages were dropped from the queue when the consumer restarted.\nFix it.',
  '<summary>Details</summary> does not open in Safari',
  'compress the session cookies so that users can resume after a restart',
  'compact the history table, then resume the import',
  'We hit the context window limit in prod whenever the summary job runs; fix it',
  'You should raise the context limit in config.ts. Summarize the change in the README',
  'Because the context is reset on every render, the state is lost',
  'Before the history is cleared, write a confirmation dialog',
  'Since the conversation was removed from the sidebar, record an audit entry for it',
  'create a handoff summary page for each session',
  'generate a continuation prompt component for the conversation screen',
])('a person’s words are nobody else’s: %s', (text) => expect(isHarnessText(text)).toBe(false));

test.each([
  'You are a tutor of the shell. Warn of commands that could harm or destroy the system, and say why.',
  'If the user asks for an action that may damage data, explain the risk first.',
])('a person’s assistant without tools keeps its own work: %s', (system) =>
  expect(systemOrder(system, false)).toBeUndefined(),
);
