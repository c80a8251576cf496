import { asRow, textAt } from './fields.ts';
import { hashText } from './hash-text.ts';
import type { ToolAction } from './session-trace.ts';

/** Names of built-in tools over all clients, lower case, separators removed. */
const ACTION_OF_NAME: Readonly<Record<string, ToolAction>> = {
  read: 'read',
  readfile: 'read',
  readmanyfiles: 'read',
  view: 'read',
  cat: 'read',
  readresource: 'read',
  notebookread: 'read',
  viewimage: 'read',
  readtextfile: 'read',
  readmultiplefiles: 'read',
  grep: 'search',
  glob: 'search',
  ls: 'search',
  list: 'search',
  listdirectory: 'search',
  listfiles: 'search',
  listdir: 'search',
  find: 'search',
  search: 'search',
  searchfiles: 'search',
  searchfilecontent: 'search',
  codesearch: 'search',
  grepsearch: 'search',
  toolsearch: 'search',
  lsp: 'search',
  rg: 'search',
  directorytree: 'search',
  edit: 'edit',
  write: 'edit',
  writefile: 'edit',
  multiedit: 'edit',
  notebookedit: 'edit',
  replace: 'edit',
  create: 'edit',
  applypatch: 'edit',
  patch: 'edit',
  editfile: 'edit',
  strreplace: 'edit',
  strreplaceeditor: 'edit',
  writetofile: 'edit',
  replaceinfile: 'edit',
  createnewfile: 'edit',
  editexistingfile: 'edit',
  insert: 'edit',
  movefile: 'edit',
  deletefile: 'edit',
  todowrite: 'plan',
  updateplan: 'plan',
  writetodos: 'plan',
  exitplanmode: 'plan',
  enterplanmode: 'plan',
  todoread: 'plan',
  taskcreate: 'plan',
  taskupdate: 'plan',
  tasklist: 'plan',
  plan: 'plan',
  reportintent: 'plan',
  task: 'delegate',
  agent: 'delegate',
  subagent: 'delegate',
  spawnagent: 'delegate',
  delegate: 'delegate',
  newtask: 'delegate',
  webfetch: 'web',
  websearch: 'web',
  fetch: 'web',
  googlewebsearch: 'web',
  browser: 'web',
  askuserquestion: 'ask',
  askuser: 'ask',
  question: 'ask',
  askfollowupquestion: 'ask',
};

const SHELL_NAME =
  /^(?:bash|shell|sh|exec|execcommand|executecommand|runcommand|runcommands|runshellcommand|runterminalcommand|localshell|powershell|terminal|run|writestdin|shellcommand)$/u;
const TEST_COMMAND =
  /\b(?:vitest|jest|mocha|ava|pytest|tox|unittest|rspec|phpunit|ctest|go test|cargo (?:test|nextest)|mvn (?:\S+ )*(?:test|verify)|gradle\w* (?:\S+ )*test|dotnet test|(?:npm|pnpm|yarn|bun)(?: run)? (?:\S+ )*test\S*|make (?:\S+ )*(?:test|check)|node --test|deno test|swift test|mix test|playwright test)\b/u;
const SEARCH_COMMAND = /^\s*(?:cd \S+ && )?(?:rg|grep|find|ls|tree|fd|git (?:ls-files|grep))\b/u;
const READ_COMMAND = /^\s*(?:cd \S+ && )?(?:cat|head|tail|sed -n|less|nl|wc|bat)\b/u;
const DIFF_COMMAND = /\bgit (?:\S+ )*(?:diff|show|log|blame)\b/u;
const EDIT_COMMAND = /(?:\bsed -i|\bapply_patch\b|\btee \S|cat > ?\S|cat <<\S+ ?> ?\S|\bgit apply\b)/u;

export interface ToolUse {
  readonly action: ToolAction;
  readonly inputHash: number;
  readonly fileHash: number | undefined;
}

/** Classifies a tool call by name, and a shell call by what it runs. `input` is the object or the JSON text of it. */
export function describeToolUse(toolName: string, input: unknown): ToolUse {
  const row = asRow(typeof input === 'string' ? parsedOr(input) : input);
  const file = ['file_path', 'path', 'filePath', 'absolute_path', 'filepath', 'filename']
    .map((key) => textAt(row, key))
    .find((path) => path !== undefined);
  return {
    action: actionOf(toolName, commandOf(row, input)),
    inputHash: hashText(`${toolName}\0${typeof input === 'string' ? input : JSON.stringify(input ?? null)}`),
    fileHash: file === undefined ? undefined : hashText(file),
  };
}

function actionOf(toolName: string, command: string): ToolAction {
  const bare = toolName.replace(/^(?:default_api|functions|mcp)[.:_]+/u, '').replace(/:\d+$/u, '');
  const plain = bare.toLowerCase().replaceAll(/[^a-z]/gu, '');
  if (SHELL_NAME.test(plain)) return commandAction(command);
  const known = Object.hasOwn(ACTION_OF_NAME, plain) ? ACTION_OF_NAME[plain] : undefined;
  if (known !== undefined) return known;
  const last =
    bare
      .split(/__|[.:/]/u)
      .at(-1)
      ?.toLowerCase()
      .replaceAll(/[^a-z]/gu, '') ?? '';
  return Object.hasOwn(ACTION_OF_NAME, last) ? (ACTION_OF_NAME[last] ?? 'other') : 'other';
}

function commandAction(command: string): ToolAction {
  if (TEST_COMMAND.test(command)) return 'test';
  if (EDIT_COMMAND.test(command)) return 'edit';
  if (DIFF_COMMAND.test(command)) return 'diff';
  if (SEARCH_COMMAND.test(command)) return 'search';
  if (READ_COMMAND.test(command)) return 'read';
  return 'run';
}

const COMMAND_CHARS = 2000;

function commandOf(row: ReturnType<typeof asRow>, input: unknown): string {
  const raw = row?.['command'] ?? row?.['cmd'] ?? row?.['commands'] ?? row?.['script'];
  if (Array.isArray(raw))
    return raw
      .filter((part) => typeof part === 'string')
      .join(' ')
      .slice(0, COMMAND_CHARS);
  if (typeof raw === 'string') return raw.slice(0, COMMAND_CHARS);
  return row === undefined && typeof input === 'string' ? input.slice(0, COMMAND_CHARS) : '';
}

function parsedOr(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** Runners of their own words: `ℹ pass 3` and `# fail 1` are Node's, as a list and as TAP. */
const RED =
  /\b(?:[1-9]\d* (?:failed|failing|failures?|errors?)|FAILED|FAIL:|Tests? failed|not ok \d|AssertionError|test result: FAILED)\b|✗|✖ [1-9]|^[ℹ#] fail [1-9]/mu;
const GREEN =
  /\b(?:[1-9]\d* (?:passed|passing)|0 fail(?:ed|ures?)?|test result: ok|All tests passed|OK \([1-9]\d* tests?\))|✓|^[ℹ#] pass [1-9]/mu;
const RESULT_TAIL_CHARS = 4000;

/** What a test run's output says; `undefined` when it cannot be told. A red sign outweighs a green one. */
export function readTestsState(output: string, isError: boolean | undefined): 'red' | 'green' | undefined {
  const tail = output.slice(-RESULT_TAIL_CHARS);
  if (RED.test(tail)) return 'red';
  if (GREEN.test(tail)) return 'green';
  return isError === true ? 'red' : undefined;
}
