/** What an argument's key says about its text: whether it is run, written somewhere, or may name anything. */
export type ArgumentRole =
  /** Run, by a shell for all we know. */
  | 'shell'
  /** Run by an interpreter of another language. */
  | 'code'
  /** Written to a place that the call names beside it. */
  | 'content'
  /** Words by its key, and nothing beside it says where they go: they may say it themselves. */
  | 'words'
  /** Nobody knows: it may name a place, in any form. */
  | 'unknown';

const SHELL =
  /^(?:commands?(?:line)?|cmd(?:line)?|scripts?|shell|bash|zsh|sh|powershell|exec|execute|run|eval|args?|argv|arguments|stdin|keystrokes)$/iu;
const CODE = /^(?:code|program|sql)$/iu;
/** What is typed into one of these is run, whatever its own key. */
const TYPED_INTO = /^(?:terminal|pane|tty|pty|tmux|repl|kernel|console|process|pid|ssh)$/iu;
const CONTENT =
  /^(?:contents?|text|body|message|markdown|html|comments?|description|summary|title|notes?|prompt|question|answer|query|reason|thought|observations?|details|replacement|replace|find|search|needle|old|new|string|str|insert|subject|caption)$/iu;
/** Keys that say where something goes. */
const ADDRESS =
  /^(?:path|file|filename|filepath|name|dir|directory|folder|uri|url|href|endpoint|id|key|title|subject|to|recipients?|channel|thread|page|issue|repo|repository|owner|project|team|board|doc|document|collection|table|database|target|destination|location|symbol|entity|element|selector|node|block|parent|number|line)$/iu;

/** How an object's keys are read: that of one of them depends on what stands beside it. */
export interface RoleContext {
  /** What holds the object is run. */
  readonly isRun: boolean;
  /** The call says somewhere around it where its texts go. */
  readonly isAddressed: boolean;
}

/** The context of an object's values. `entries`: of the object, a short text, a number or what holds more counts as an address. */
export function contextIn(outer: RoleContext, entries: readonly (readonly [string, unknown])[]): RoleContext {
  const isAddress = ([key, value]: readonly [string, unknown]): boolean =>
    (typeof value === 'string'
      ? value !== '' && !/[\n\r]/u.test(value)
      : value !== null && typeof value !== 'boolean') && wordsOfKey(key).some((word) => ADDRESS.test(word));
  return {
    isRun: outer.isRun || entries.some(([key]) => wordsOfKey(key).some((word) => TYPED_INTO.test(word))),
    isAddressed: outer.isAddressed || entries.some(isAddress),
  };
}

/** The role of what stands under a key, itself or at any depth. */
export function roleOf(key: string, { isRun, isAddressed }: RoleContext): ArgumentRole {
  const words = wordsOfKey(key);
  if (words.some((word) => CODE.test(word))) return 'code';
  if (isRun || words.some((word) => SHELL.test(word))) return 'shell';
  const isContent =
    words.some((word) => CONTENT.test(word)) &&
    words.every((word) => CONTENT.test(word) || /^(?:file|commit)$/iu.test(word));
  // Under the name of a file stands what it is to hold.
  if (isFileName(key)) return 'content';
  if (isContent) return isAddressed ? 'content' : 'words';
  return 'unknown';
}

function isFileName(key: string): boolean {
  return /[./\\]/u.test(key) && !/\s/u.test(key);
}

/** `shellCommand`, `bash_script` */
function wordsOfKey(key: string): readonly string[] {
  return key
    .replaceAll(/(?<=[a-z\d])(?=[A-Z])/gu, ' ')
    .split(/[^\p{L}\d]+/u)
    .filter((word) => word !== '');
}
