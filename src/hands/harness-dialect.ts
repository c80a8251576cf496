import type { JsonObject } from '../domain/json.ts';
import type { DIRECT_HANDS } from '../domain/step.ts';
import type { HandsEvent, HandsStep } from './hands.ts';

/** How one harness is started without a terminal, and how its lines are read. */
export interface HarnessDialect {
  readonly name: (typeof DIRECT_HANDS)[number];
  /** Arguments behind those that point it at the gateway; the prompt comes by its standard input. */
  readonly args: (
    step: Pick<HandsStep, 'workspace' | 'mayWrite' | 'mayRun'>,
    sessionId: string | undefined,
  ) => readonly string[];
  /** Variables of the user that it needs to find its own settings. */
  readonly variables: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** One line of its output; what is not known says nothing. Pure. */
  readonly read: (line: JsonObject) => readonly HandsEvent[];
}

/** A field that should be a text. */
export function textField(value: unknown, name: string): string | undefined {
  const found = rowIn(value)?.[name];
  return typeof found === 'string' ? found : undefined;
}

export function rowIn(value: unknown): JsonObject | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined;
}

export function listField(value: unknown, name: string): readonly unknown[] {
  const found = rowIn(value)?.[name];
  return Array.isArray(found) ? found : [];
}
