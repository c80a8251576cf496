import type { JsonObject } from '../domain/json.ts';
import type { Model } from '../domain/model.ts';
import type { NanoUsd } from '../domain/money.ts';
import type { HandName } from '../domain/step.ts';
import type { At } from '../domain/time.ts';
import type { CallRecord } from '../recorder/record.ts';

/** What a harness is to do. */
export interface HandsStep {
  readonly name: HandName;
  /** A real path. */
  readonly workspace: string;
  /** What it is told: all of it in a new session, only what is new in one that goes on. */
  readonly prompt: { readonly whole: string; readonly goingOn: string };
  readonly model: Model;
  /** What it may still bill. `undefined`: no limit is set. */
  readonly leftNanoUsd: NanoUsd | undefined;
  /** It may change files. */
  readonly mayWrite: boolean;
  /** It may run commands without asking: the user said yes to everything. */
  readonly mayRun: boolean;
  /** Tells this attempt from every other of the machine; a process left over from it is ended first. */
  readonly mark: string;
  /** Of an earlier process of the same attempt. */
  readonly left: { readonly sessionId: string | undefined; readonly processId: number | undefined };
  readonly signal: AbortSignal;
  readonly onEvent: (event: HandsEvent) => void | Promise<void>;
  /** A call is about to be made. Resolves when that is durable: whoever dies before its bill is known has not lost it. */
  readonly onBegin: (call: BegunCall) => Promise<void>;
  /** A call that came through the gateway, when its bill is known. */
  readonly onCall: (call: CallRecord) => void;
  /**
   * Answers a harness that asks before it does something.
   * @throws whatever stops the job until a person has answered: the harness is stopped, and asks again when it goes on
   */
  readonly judge: (ask: HandsAsk) => Promise<HandsAnswer>;
}

/** A call of a harness that is under way. */
export interface BegunCall {
  /** As its record will say. */
  readonly startedAt: At;
  readonly expectedNanoUsd: NanoUsd;
  /** `undefined`: nobody knows. */
  readonly worstNanoUsd: NanoUsd | undefined;
}

/** What a harness wants to do. Files are as it names them. */
export type HandsAsk =
  | { readonly kind: 'read'; readonly files: readonly string[] }
  /** `content`: what one of them is to hold, where it says it. */
  | { readonly kind: 'edit'; readonly files: readonly string[]; readonly content?: string }
  | { readonly kind: 'command' | 'other'; readonly title: string; readonly input: JsonObject };

export type HandsAnswer = { readonly kind: 'allowed' } | { readonly kind: 'refused'; readonly why: string };

/** What is seen of a harness while it works. */
export type HandsEvent =
  | { readonly type: 'process'; readonly processId: number }
  | { readonly type: 'session'; readonly sessionId: string }
  | { readonly type: 'tool'; readonly name: string; readonly summary: string }
  /** A file that it writes, as it names it. */
  | { readonly type: 'edit'; readonly file: string }
  | { readonly type: 'text'; readonly text: string }
  /** The last one: what it answered, or why it did not. */
  | { readonly type: 'end'; readonly kind: 'answered' | 'failed'; readonly text: string };

/** `refused`: it did what it may not, and its work does not count. */
export type HandsEnd =
  | { readonly kind: 'answered'; readonly text: string; readonly sessionId: string | undefined }
  | { readonly kind: 'failed' | 'refused'; readonly why: string }
  /** Something else ended its process, as a system does that is out of memory: it may go on in its session. */
  | { readonly kind: 'gone'; readonly why: string };

/** Who carries out steps outside of the job's own loop. */
export interface Hands {
  /**
   * Looks whether these are installed, and starts nothing.
   * @throws PointsmanError `tool-unavailable` for one that is not, with those that are
   */
  require(names: readonly HandName[], workspace: string): void;
  /** @throws PointsmanError `tool-unavailable` where it is not installed, `aborted` */
  run(step: HandsStep): Promise<HandsEnd>;
}
