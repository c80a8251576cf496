import type { PointsmanError } from '../../domain/errors.ts';

/** What reads an answer's bytes. `data` returns false to pause until `resume`. Exactly one of `end` and `fail` comes last. */
export interface AnswerSink {
  data(chunk: Buffer): boolean;
  end(): void;
  fail(error: PointsmanError): void;
}

/** An answer whose head has arrived. */
export interface UpstreamAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  read(sink: AnswerSink): void;
  resume(): void;
  abort(): void;
}
