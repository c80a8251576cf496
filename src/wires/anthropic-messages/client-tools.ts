import type { JsonObject } from '../../domain/json.ts';
import type { ToolSpec } from '../../domain/transcript.ts';

/**
 * Tools that Anthropic defines and the *client* runs: the request names only their type, because the model knows them.
 * Other models are told what they take. Anthropic API reference, "Bash tool", "Text editor tool", "Memory tool" and
 * "Computer use tool", read 2026-11.
 */
const TOOLS: readonly (readonly [pattern: RegExp, description: string, inputSchema: JsonObject])[] = [
  [
    /^bash_\d+$/u,
    'Runs a command in a shell that keeps its state between calls; restart: true starts it anew.',
    {
      type: 'object',
      properties: {
        command: { type: 'string', description: 'The command to run. Needed unless restart is true.' },
        restart: { type: 'boolean', description: 'Starts the shell anew.' },
      },
    },
  ],
  [
    /^text_editor_\d+$/u,
    'Views, creates and edits files. str_replace replaces old_str, which must occur exactly once, by new_str.',
    {
      type: 'object',
      properties: {
        command: { type: 'string', enum: ['view', 'create', 'str_replace', 'insert', 'undo_edit'] },
        path: { type: 'string', description: 'Path of the file or folder.' },
        file_text: { type: 'string', description: 'create: the content of the file.' },
        old_str: { type: 'string', description: 'str_replace: the text to replace.' },
        new_str: { type: 'string', description: 'str_replace: the new text.' },
        insert_line: { type: 'integer', description: 'insert: the line behind which to insert.' },
        insert_text: { type: 'string', description: 'insert: the text to insert.' },
        view_range: { type: 'array', items: { type: 'integer' }, description: 'view: first and last line.' },
      },
      required: ['command', 'path'],
    },
  ],
  [
    /^memory_\d+$/u,
    'Keeps files under /memories that outlive this conversation. View the folder before you begin.',
    {
      type: 'object',
      properties: {
        command: { type: 'string', enum: ['view', 'create', 'str_replace', 'insert', 'delete', 'rename'] },
        path: { type: 'string', description: 'Path under /memories.' },
        view_range: { type: 'array', items: { type: 'integer' } },
        file_text: { type: 'string' },
        old_str: { type: 'string' },
        new_str: { type: 'string' },
        insert_line: { type: 'integer' },
        insert_text: { type: 'string' },
        old_path: { type: 'string', description: 'rename: from.' },
        new_path: { type: 'string', description: 'rename: to.' },
      },
      required: ['command'],
    },
  ],
  [
    /^computer_\d+$/u,
    'Uses a screen, a mouse and a keyboard; each action is answered with what the screen shows.',
    {
      type: 'object',
      properties: {
        action: {
          type: 'string',
          enum: [
            'screenshot',
            'cursor_position',
            'mouse_move',
            'left_click',
            'right_click',
            'middle_click',
            'double_click',
            'triple_click',
            'left_click_drag',
            'left_mouse_down',
            'left_mouse_up',
            'scroll',
            'key',
            'hold_key',
            'type',
            'wait',
            'zoom',
          ],
        },
        coordinate: { type: 'array', items: { type: 'integer' }, description: 'x and y in pixels.' },
        start_coordinate: { type: 'array', items: { type: 'integer' } },
        text: { type: 'string', description: 'What to type, or the keys to press.' },
        scroll_direction: { type: 'string', enum: ['up', 'down', 'left', 'right'] },
        scroll_amount: { type: 'integer' },
        duration: { type: 'number', description: 'Seconds.' },
        region: { type: 'array', items: { type: 'integer' }, description: 'zoom: x1, y1, x2, y2.' },
      },
      required: ['action'],
    },
  ],
];

/** Such a tool as a function, by the type and name of the request; `undefined`: the vendor runs it, or nobody knows it. */
export function clientTool(type: string, name: string): ToolSpec | undefined {
  const found = TOOLS.find(([pattern]) => pattern.test(type));
  return found && { name, description: found[1], inputSchema: found[2] };
}
