/** A harness whose own configuration can point it at the gateway. */
export interface Harness {
  readonly name: HarnessName;
  /** What it is started as. */
  readonly program: string;
  /** How it is pointed at a gateway for one process, with nothing written into its own configuration. */
  launch(target: LaunchTarget): HarnessLaunch;
  /** Files that may state a status line of the user's, below the home and the folder; `moved` may, too. Absent: it has none. */
  readonly statusLineIn?: { readonly home: readonly string[]; readonly folder: readonly string[] };
  /** How to install it, as its vendor says (2026-11). */
  readonly install: string;
  /** The one file that is changed, below the user's home. */
  readonly file: string;
  /** Where that lies for a user who names a folder in this variable: below it. */
  readonly moved?: { readonly variable: string; readonly file: string };
  /**
   * The file's text with the gateway in it. Everything else stays byte for byte; running it again changes nothing.
   * @throws PointsmanError `config-invalid` when the file cannot be understood
   */
  edit(before: string, target: ConnectTarget): string;
  /**
   * Where it compacts by itself, and what it takes in its place. Absent: it has no such setting, or none that is stated (2026-11).
   */
  readonly compaction?: {
    /** How its file names the setting: one of the user's own is left alone. */
    readonly setting: string;
    /** What it compacts at by default, in tokens of the window that it believes in. */
    readonly usualTokens: number;
    /** A model that such sessions are decided among: its prices say where it pays. */
    readonly model: string;
  };
  /** What the change means for whoever is logged in with a subscription, before it is written. */
  readonly subscription?: string;
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
  /** Prompts of so many tokens are compacted. Absent: wherever the harness does it by itself. */
  readonly compactAtTokens?: number | undefined;
}

export interface LaunchTarget extends ConnectTarget {
  /** A shell command that says in one line how the session stands. */
  readonly statusLine?: string | undefined;
}

/** What one process of a harness is started with. */
export interface HarnessLaunch {
  readonly env: Readonly<Record<string, string>>;
  /** Variables of the user's that would win over these. The gateway has them; this one process does not. */
  readonly unset: readonly string[];
  /** Arguments in front of the user's own. */
  readonly args: readonly string[];
  /** More of them, left out where the user gives an option of these names. */
  readonly unlessGiven?: { readonly names: readonly string[]; readonly args: readonly string[] };
  /** A file for as long as the process lives, and the option that names it: what it says wins over the user's own settings. */
  readonly file?: { readonly option: string; readonly text: string };
}
