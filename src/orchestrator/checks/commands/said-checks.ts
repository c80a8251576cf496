import { check, type CheckCommand, type Folder } from './check-command.ts';

/** Where people write down for agents how a project is worked on. */
const NOTES = ['AGENTS.md', 'CLAUDE.md'];
/** A line of its own, plain, in a list, bold, or in front matter: `check: make test`. Longer than that is no command. */
const LINE = /^[ \t]*(?:[-*+][ \t]+)?[`*_]*(check|types|lint|build)[`*_]*:[`*_]*[ \t]+(\S.{0,999})$/gimu;
/** What only a shell understands. */
const SHELL = /[|&;<>$`(){}*?!\\~]|^\w+=/u;

/** What the user has said of how the workspace is checked: settings first, then the first of the files for agents that says it. */
export function saidChecks(folder: Folder, settings: readonly string[]): readonly CheckCommand[] {
  if (settings.length > 0)
    return settings.map((line) => ({ ...toCheck(folder, 'tests', line), saidIn: 'pointsman.config.yaml' }));
  for (const name of NOTES) {
    const found = [...(folder.read(name) ?? '').matchAll(LINE)].map(([, role = '', line = '']) => ({
      ...toCheck(
        folder,
        role.toLowerCase() === 'check' ? 'tests' : (role.toLowerCase() as 'types' | 'lint' | 'build'),
        unquoted(line.trim()),
      ),
      saidIn: name,
    }));
    if (found.length > 0) return found;
  }
  return [];
}

function unquoted(line: string): string {
  return /^(`{1,3}|"|')(.*)\1$/u.exec(line)?.[2]?.trim() ?? line;
}

/** One program where that is all there is; what needs a shell gets one. */
function toCheck(folder: Folder, role: CheckCommand['role'], line: string): CheckCommand {
  if (SHELL.test(line)) return check(folder, role, [['sh', '-c', line]]);
  const words = [...line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/gu)].map(
    ([, double, single, plain]) => double ?? single ?? plain ?? '',
  );
  return check(folder, role, [words]);
}
