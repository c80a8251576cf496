import type { JobPauseKind } from './record.ts';

/** What is typed for a job that waits, with what an answer to it looks like. Pure. */
export function commandToGoOn(jobId: string, kind: JobPauseKind | undefined): string {
  const command = `pointsman resume ${jobId}`;
  switch (kind) {
    case 'permission':
      return `${command} --allow`;
    case 'question':
      return `${command} --answer TEXT`;
    case 'budget':
      return `${command} --add-budget USD`;
    case 'failure':
    case 'plan':
    case 'gone':
    case 'queued':
    case undefined:
      return command;
  }
}
