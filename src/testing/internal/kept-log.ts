import type { Log, LogFields } from '../../domain/log.ts';

export interface KeptEvent {
  readonly level: keyof Log;
  readonly event: string;
  readonly fields: LogFields;
}

/** A log that keeps what it is told, unredacted. */
export function aKeptLog(): { readonly log: Log; readonly events: readonly KeptEvent[] } {
  const events: KeptEvent[] = [];
  const at =
    (level: keyof Log) =>
    (event: string, fields: LogFields = {}): void =>
      void events.push({ level, event, fields });
  return { log: { error: at('error'), warn: at('warn'), info: at('info'), debug: at('debug') }, events };
}
