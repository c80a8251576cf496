import type { ToolCallPart, ToolResultPart } from '../../domain/transcript.ts';

const EDIT_TOOL =
  /^(?:.*__)?(?:str_replace.*|edit.*|multi_?edit|write.*|apply_patch|create_file|patch|replace|update_file|notebook_?edit|insert.*)$/iu;
const READ_TOOL = /^(?:.*__)?(?:read.*|view|cat|grep|glob|search.*|ls|list.*|find.*|open|fetch.*|get_.*)$/iu;
const TEST_COMMAND =
  /\b(?:pytest|unittest|vitest|jest|mocha|go test|cargo (?:test|nextest)|npm (?:run )?test|pnpm (?:run )?test|yarn test|mvn test|gradle test|tox|rspec|phpunit|ctest|make (?:test|check)|runtests\.py|node --test)\b/iu;
/** Commands that may leave files, packages or a checkout otherwise than they found them. */
const CHANGING_COMMAND =
  /(?:^|[\s;&|(])(?:sed\s+(?:-\w+\s+)*-i|perl\s+-\S*i|tee|patch|mv|cp|rm|mkdir|touch|chmod|ln|truncate|dd|rsync|unzip|tar\s+-?x|git\s+(?:apply|am|checkout|switch|restore|stash|merge|rebase|revert|reset|pull|cherry-pick|commit|clean|rm|mv)|(?:npm|pnpm|yarn|bun|pip3?|uv|poetry|cargo|gem|go|apt(?:-get)?|brew|conda)\s+(?:ci|i|install|add|remove|uninstall|update|upgrade|sync|get|mod)|export|source|kill|pkill|docker|systemctl)(?=\s|$)|<<-?\s*['"]?\w|(?:^|[^0-9&>=-])>{1,2}\s*(?!\/dev\/null|&)[\w./~$"']/u;
const READING_COMMAND =
  /^(?:cd\s+\S+\s*(?:&&|;)\s*)?(?:cat|grep|rg|ag|find|fd|ls|head|tail|sed\s+-n|nl|awk|wc|diff|less|stat|tree|which|test|git\s+(?:diff|show|log|status|grep|blame|ls-files))\b/u;
/** Only the ends of a tool result are searched: errors and test totals stand there. */
const RESULT_END_CHARS = 1500;
const COMMAND_CHARS = 4000;

export function isEditTool(toolName: string): boolean {
  return EDIT_TOOL.test(toolName);
}

export function isReadTool(toolName: string): boolean {
  return READ_TOOL.test(toolName);
}

export function isTestCall(call: ToolCallPart): boolean {
  return TEST_COMMAND.test(commandOf(call));
}

/** Whether the call only looks: what it returns is somebody's text, and words of failure in it are not its own. */
export function isReadingCall(call: ToolCallPart): boolean {
  const command = commandOf(call);
  return command === '' ? isReadTool(call.toolName) : READING_COMMAND.test(command.trimStart());
}

/** Whether the call may have changed the workspace, so that running something again afterwards is a new attempt. */
export function isChangingCall(call: ToolCallPart): boolean {
  return isEditTool(call.toolName) || CHANGING_COMMAND.test(commandOf(call));
}

/** The shell command of a call; empty for a call of another tool. */
export function commandOf(call: ToolCallPart): string {
  const command = call.input['command'] ?? call.input['cmd'] ?? call.input['script'];
  const text = Array.isArray(command) ? command.join(' ') : command;
  return typeof text === 'string' ? text.slice(0, COMMAND_CHARS) : '';
}

/** The files that an editing call names. */
export function editedFiles(call: ToolCallPart): readonly string[] {
  if (!isEditTool(call.toolName)) return [];
  const file = call.input['file_path'] ?? call.input['path'] ?? call.input['filePath'] ?? call.input['absolute_path'];
  if (typeof file === 'string') return [file];
  const patch = call.input['input'] ?? call.input['patch'];
  if (typeof patch !== 'string') return [];
  return [...patch.slice(0, 20_000).matchAll(/^\*\*\* (?:Update|Add) File: (.+)$/gmu)].map((match) => match[1] ?? '');
}

/** Both ends of what a tool returned. */
export function resultText(result: ToolResultPart): string {
  let text = '';
  for (const part of result.content) {
    if (part.type !== 'text') continue;
    text += part.text.length <= 2 * RESULT_END_CHARS ? part.text : part.text.slice(0, RESULT_END_CHARS);
    if (part.text.length > 2 * RESULT_END_CHARS) text += `\n${part.text.slice(-RESULT_END_CHARS)}`;
  }
  return text;
}
