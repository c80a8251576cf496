import type { ConfigFormat, ConfigSetting } from './format/config-format.ts';

/** A harness whose own configuration can point it at the gateway. */
export interface Harness {
  readonly name: HarnessName;
  /** What it is started as. */
  readonly program: string;
  /** How to install it, as its vendor says (2026-11). */
  readonly install: string;
  /** How it is pointed at a gateway for one process, with nothing written into its own configuration. Absent: it has no way. */
  readonly launch?: (target: LaunchTarget) => HarnessLaunch;
  /** Files that may state a status line of the user's, below the home and the folder; a moved file may, too. Absent: it has none. */
  readonly statusLineIn?: { readonly home: readonly string[]; readonly folder: readonly string[] };
  /** What is changed, in this order. None: it is pointed by variables alone, which `variables` gives. */
  readonly files: readonly HarnessConfig[];
  /** For a harness without a file: what has to be exported wherever it is started. */
  readonly variables?: (target: ConnectTarget) => Readonly<Record<string, string>>;
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
  /** What is stronger than its files. */
  readonly stronger?: {
    /** Variables of the shell, or of an `env` in one of its files. */
    readonly variables?: readonly string[];
    /** Files that are read after ours, in its format, below the home and below the folder. */
    readonly home?: readonly string[];
    readonly folder?: readonly string[];
  };
  /** What the change means for whoever is logged in with a subscription, before it is written. */
  readonly subscription?: string;
  /** What else the user should know, after it is written. */
  readonly note: string;
}

/** One that can be started through a gateway of its own. */
export interface LaunchedHarness extends Harness {
  readonly name: LaunchedName;
  readonly launch: NonNullable<Harness['launch']>;
}

/** One file of a harness, below the user's home. */
export interface HarnessConfig {
  readonly file: string;
  /** Where that lies for a user who names a folder in this variable: below it. */
  readonly moved?: { readonly variable: string; readonly file: string };
  readonly format: ConfigFormat;
  settings(target: ConnectTarget): readonly ConfigSetting[];
  /** Keys of an earlier version of ours that would get in the way. */
  readonly obsolete?: readonly (readonly string[])[];
}

export const LAUNCHED_NAMES = [
  'claude-code',
  'cline',
  'codex',
  'continue',
  'copilot',
  'crush',
  'gemini',
  'openclaw',
  'opencode',
  'pi',
  'qwen',
] as const;
export type LaunchedName = (typeof LAUNCHED_NAMES)[number];

const CONFIGURED_NAMES = ['droid'] as const;
export type HarnessName = LaunchedName | (typeof CONFIGURED_NAMES)[number];
export const HARNESS_NAMES: readonly HarnessName[] = [...LAUNCHED_NAMES, ...CONFIGURED_NAMES];

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
  readonly file?: LaunchFile;
  /** For a harness that takes another file in place of its own, and nothing else. */
  readonly copy?: LaunchCopy;
}

/** A harness's own file as its user has it, with our settings in it, for as long as the process lives. */
export interface LaunchCopy {
  readonly config: HarnessConfig;
  /** Keys of the user's that the copy lacks: what stands there would be taken in place of ours. */
  readonly without?: readonly (readonly string[])[];
  /** Where a user who has moved it keeps it. */
  readonly movedTo?: (env: Readonly<Record<string, string | undefined>>) => string | undefined;
  /** What names the copy: an option, which the user cannot give beside it, or variables. */
  readonly named: { readonly option: string } | { readonly env: (file: string) => Readonly<Record<string, string>> };
}

export interface LaunchFile {
  readonly option: string;
  readonly name: string;
  readonly text: string;
  /** The option may be given more than once: one of the user's stands beside ours. */
  readonly isRepeatable?: true;
}
