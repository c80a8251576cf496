import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { billNanoUsd } from '../../../catalog/bill.ts';
import { shippedModels } from '../../../catalog/load-catalog.ts';
import { asId, type CallId, type DecisionId, type JobId, type SessionId, type StepId } from '../../../domain/ids.ts';
import type { Model } from '../../../domain/model.ts';
import { DAY_MS, MINUTE_MS, SECOND_MS, type At } from '../../../domain/time.ts';
import type { CallRecord } from '../../../recorder/record.ts';
import { openSqliteRecorder } from '../../../recorder/sqlite/sqlite-recorder.ts';
import { seededRandom } from '../../../stats/seeded-random.ts';
import { aCallRecord } from '../../record-builders.ts';
import { aUsage } from '../../transcript-builders.ts';

const MODELS = ['claude-opus-5-5', 'claude-sonnet-5', 'claude-haiku-4-5', 'gpt-6-sol', 'gpt-6-luna'];
const HARNESSES = ['claude-code', 'codex', 'opencode', 'gateway'];
const KEYS = ['laptop', 'ci', 'team-a', 'team-b'];
const KINDS = ['plan', 'code', 'review', 'test', 'summarize'] as const;
const CALLS_PER_SESSION = 40;
const SPAN_DAYS = 29;
const CACHE_MS = 5 * MINUTE_MS;

/**
 * A store as a team may have it after a month: sessions of forty calls whose prompts grow, some after pauses that outlast a
 * cache, a few that failed, one in eight of a job. Every run writes the same.
 * @returns the file of records, which may lie beside others
 */
export async function writeLargeStore(dir: string, callCount: number, now: At): Promise<string> {
  const file = path.join(dir, 'records.db');
  const recorder = openSqliteRecorder({
    file,
    onWriteError: (error) => {
      throw error;
    },
  });
  await recorder.close();
  const database = new DatabaseSync(file);
  const insert = database.prepare('insert into calls (call_id, job_id, body) values (?, ?, ?)');
  database.exec('begin');
  for (const call of manyCalls(callCount, now)) insert.run(call.callId, call.jobId ?? null, JSON.stringify(call));
  database.exec('commit');
  database.close();
  return file;
}

export function* manyCalls(callCount: number, now: At): Generator<CallRecord> {
  const random = seededRandom(7);
  const models = shippedModels().filter(({ id }) => MODELS.includes(id));
  const sessionCount = Math.ceil(callCount / CALLS_PER_SESSION);
  for (let index = 0; index < sessionCount; index += 1) {
    const startedAt = now - SPAN_DAYS * DAY_MS * (1 - index / sessionCount) - 3_600_000;
    const left = Math.min(CALLS_PER_SESSION, callCount - index * CALLS_PER_SESSION);
    yield* sessionCalls(index, { left, startedAt, random, models });
  }
}

interface SessionDraw {
  readonly left: number;
  readonly startedAt: At;
  readonly random: () => number;
  readonly models: readonly Model[];
}

function* sessionCalls(index: number, { left, startedAt, random, models }: SessionDraw): Generator<CallRecord> {
  const pick = <Item>(list: readonly Item[]): Item => list[Math.floor(random() * list.length)] as Item;
  const isJob = index % 8 === 0;
  const [harness, key] = [pick(HARNESSES), pick(KEYS)];
  let [model, at, prompt] = [pick(models), startedAt, 8000];
  for (let number = 0; number < left; number += 1) {
    const pauseMs = random() < 0.06 ? 20 * MINUTE_MS * random() : 15 * SECOND_MS * random();
    at += pauseMs;
    const isSwitch = random() < 0.04;
    if (isSwitch) model = pick(models);
    const isWarm = number > 0 && pauseMs < CACHE_MS && !isSwitch;
    const added = Math.round(400 + 2000 * random());
    const usage = aUsage({
      uncachedTokens: 50,
      cacheReadTokens: isWarm ? prompt : 0,
      cacheWriteTokens: isWarm ? added : prompt + added,
      cacheWrite1hTokens: 0,
      outputTokens: Math.round(50 + 1500 * random()),
    });
    prompt += added;
    yield oneCall({ index, number, at, model, usage, isJob, harness, key, isFault: random() < 0.02 });
  }
}

interface CallDraw {
  readonly index: number;
  readonly number: number;
  readonly at: At;
  readonly model: Model;
  readonly usage: NonNullable<CallRecord['usage']>;
  readonly isJob: boolean;
  readonly isFault: boolean;
  readonly harness: string;
  readonly key: string;
}

function oneCall({ index, number, at, model, usage, isJob, isFault, harness, key }: CallDraw): CallRecord {
  const bill = billNanoUsd(model.prices, usage, at);
  const step = Math.floor(number / 4);
  return aCallRecord({
    callId: asId<CallId>(`call_${index}_${number}`),
    jobId: isJob ? asId<JobId>(`job_${index}`) : undefined,
    sessionId: asId<SessionId>(`session-${index}`),
    stepId: asId<StepId>(`session-${index}#${step}`),
    requestedModel: model.id,
    servedModel: model.wireModel,
    endpoint: model.endpoint,
    startedAt: Math.round(at),
    durationMs: 900 + number * 37,
    ttftMs: 300 + number * 5,
    usage: isFault ? undefined : usage,
    billNanoUsd: isFault ? undefined : bill,
    predictedBillNanoUsd: bill,
    predictedCacheReadTokens: usage.cacheReadTokens,
    finishReason: isFault ? undefined : 'stop',
    errorCode: isFault ? 'provider-unavailable' : undefined,
    ...(isJob
      ? {}
      : {
          gateway: {
            askedFor: 'auto',
            wire: model.wire,
            key,
            harness,
            callerRequestId: `req_${index}_${number}`,
            decisionId: asId<DecisionId>(`dec_${index}_${step}`),
            kind: KINDS[step % KINDS.length] ?? 'code',
            losses: [],
            strippedThinkingCount: 0,
            fallbackFrom: [],
            weakerThanDecided: false,
          },
        }),
  });
}
