/** A harness whose own configuration can point it at the gateway. */
export interface Harness {
  readonly name: HarnessName;
  /** The one file that is changed, below the user's home. */
  readonly file: string;
  /**
   * The file's text with the gateway in it. Everything else stays byte for byte; running it again changes nothing.
   * @throws PointsmanError `config-invalid` when the file cannot be understood
   */
  edit(before: string, target: ConnectTarget): string;
  /** What else the user should know, after it is written. */
  readonly note: string;
}

export const HARNESS_NAMES = ['claude-code', 'codex', 'gemini', 'opencode', 'qwen'] as const;
export type HarnessName = (typeof HARNESS_NAMES)[number];

export interface ConnectTarget {
  /** Address of the gateway, without a path. */
  readonly url: string;
  /** What the harness sends as its key: an access key's token, or a word that a loopback gateway ignores. */
  readonly token: string;
}
