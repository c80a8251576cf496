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
    'Generate a title for this conversation. Use the language of the user, make it short.',
    'You title chats. Use sentence case.',
    'Create a title for the session: 3 to 5 words.',
    'Suggest a title for this thread',
    'Summarize this conversation in 3-5 words for a tab name.',
    'What would be a good name for this session? Reply with the name only.',
  ])('title: %s', (text) => expect(harnessOrder(text)).toBe('title'));

  test.each([
    ['safety-check', 'Decide if the shell command below may run without asking the user. Answer YES or NO.'],
    ['safety-check', 'You review proposed tool calls of a coding agent for safety. Respond ALLOW or BLOCK.'],
    ['safety-check', 'Act as a guard: would this command damage the system? Output safe/unsafe.'],
    ['safety-check', 'Evaluate the risk of the tool call below and return JSON: {"risk": "low" | "high"}.'],
    ['safety-check', 'Classify the bash command as safe or unsafe.'],
    ['title', 'You produce thread titles.'],
    ['title', 'Given the conversation below, write a concise, 3-6 word title.'],
    ['title', 'Here is the first message of a chat. Generate a short title of it.'],
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
  ['topic', 'Analyze if this message indicates a new conversation topic. If it does, extract a 2-3 word title.'],
  ['topic', 'Decide whether the latest user message starts a new topic. Answer yes or no.'],
  ['digest', 'The user stepped away and is coming back. Recap in under 40 words.'],
] as const)('%s: %s', (task, text) => expect(harnessOrder(text)).toBe(task));

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
  'Analyze the consumer lag and decide whether we need another topic for retries',
  'Compare the throughput when we publish to a different topic in Kafka',
  'Detect messages that were sent to a different topic and reroute them',
  'Decide whether the course page needs a new subject column',
  'Generate a title for this conversation component when it is empty',
  'Create a title for the session with Playwright and check it shows in the tab bar',
  'You name session cookies inconsistently, fix it',
  'You title chat windows wrong; use the first message',
  'You label thread dumps with the wrong pid',
  'Write a handoff note for the session service outage and mail it',
  'Your context limit check is off by one, generate a handoff test for it',
  'Because the context was reset, write tests for the progress bar',
  'The user is back to the login page after a refresh. Fix it.',
  'The user has been away for 30 minutes: log them out automatically',
  'The messages are a conversation to summarize in the new digest email feature; implement it',
  'Messages in the queue are being dropped because space runs out; write a note in the changelog and fix it',
  'The session history will be cleared on logout; add a summary test for it',
  'The transcript is being truncated at 4k in the upload; find out why and note it in the README',
  'Conversation summary\nshould be shown in the sidebar. Build it.',
  'Stop hook feedback should be shown in red in the UI; implement it',
  'Read HEARTBEAT.md if it exists and fix the scheduler that writes it',
  '# AGENTS.md instructions are outdated, rewrite them',
  'CRITICAL: Respond with TEXT ONLY in the API when Accept is text/plain. Fix the handler',
  'generate a continuation prompt component for the conversation screen',
])('a person’s words are nobody else’s: %s', (text) => expect(isHarnessText(text)).toBe(false));

test.each([
  'You are a tutor of the shell. Warn of commands that could harm or destroy the system, and say why.',
  'If the user asks for an action that may damage data, explain the risk first.',
  'You are a helpful assistant. Decide which action is safe.',
  'You are a game master. Decide whether the player’s action is harmful.',
  'You are a legal assistant. Review the class action and assess the risk.',
  'You are a medical assistant. Assess which course of action may harm the patient. Answer yes or no.',
  'You are a Linux tutor. Evaluate whether a command is dangerous when the student asks.',
  'You are a code reviewer. Check actions in GitHub workflows that may be unsafe.',
  'You write blog posts. Generate a title and a text for the task at hand.',
  'You are a support bot of a shop. In each chat, give the customer a title (Mr, Ms) and be polite.',
  'You are a writer. In this session you will write book titles and blurbs.',
])('a person’s assistant without tools keeps its own work: %s', (system) =>
  expect(systemOrder(system, false)).toBeUndefined(),
);
