import { expect, test } from 'vitest';
import { asId, type JobId, type StepId } from '../../domain/ids.ts';
import { createProgress } from './job-progress.ts';

const of = { jobId: asId<JobId>('job-1'), at: 0, stepId: asId<StepId>('s1'), attempt: 0 };

test.each([
  ['/home/me/space/src/deep/down/file.ts', 'src/deep/down/file.ts'],
  ['src/deep/down/file.ts', 'src/deep/down/file.ts'],
  ['/home/me/space', '.'],
  ['/etc/other/file.ts', '/etc/other/file.ts'],
  ['../beside.ts', '../beside.ts'],
])('a tool that is given %s tells where the file is: %s', (path, shown) => {
  let text = '';
  const report = createProgress({
    stdout: (more) => void (text += more),
    stderr: () => undefined,
    isTerminal: false,
  });
  report.onEvent({ ...of, type: 'job-start', task: 't', workspace: '/home/me/space', resumed: false, scripted: false });
  report.onEvent({ ...of, type: 'tool-call', toolCallId: 'c1', toolName: 'filesystem__read_file', input: { path } });
  expect(text.split('\n')[1]?.split(' ').at(-1)).toBe(shown);
});
