import { cpSync, mkdirSync } from 'node:fs';
import path from 'node:path';

const SAMPLES = path.resolve(import.meta.dirname, '../../../../fixtures/sessions');

/** Where each client keeps the logs that stand in `fixtures/sessions/CLIENT`, below its user's home. */
const PLACES: Readonly<Record<string, string>> = {
  'claude-code': '.claude/projects/-home-dev-project',
  codex: '.codex/sessions/2026/11/21',
  opencode: '.local/share/opencode',
  pi: '.pi/agent/sessions/--home-dev-project--',
  qwen: '.qwen/projects/-home-dev-project/chats',
  gemini: '.gemini/tmp/project/chats',
  copilot: '.copilot/session-state/session-1',
  cline: '.cline/data/sessions',
  continue: '.continue/sessions',
};

/** Puts the sample sessions where their clients would have put them, as on the machine of somebody who has worked with all nine. */
export function layOutLogs(home: string): void {
  for (const [client, place] of Object.entries(PLACES)) {
    const folder = path.join(home, place);
    mkdirSync(folder, { recursive: true });
    // opencode's export repeats what its database holds, and no client puts it there.
    cpSync(path.join(SAMPLES, client), folder, { recursive: true, filter: (file) => !file.includes('export-') });
  }
}
