import { hash } from 'node:crypto';
import type { PromptHead } from '../../domain/forecast.ts';
import type { Model, Wire } from '../../domain/model.ts';
import type { At, Tokens } from '../../domain/time.ts';
import { findEntry, isReadable, type HeadEntry, type WarmthLedger } from '../../warmth/ledger.ts';
import { DIALECT_FACTS } from '../../wires/openai-shared/dialects.ts';
import type { Dialect } from '../../wires/shared/endpoint-config.ts';
import { fieldsIn, isFields, listIn, textIn, type Fields } from '../../wires/shared/fields.ts';

/** What stands before the messages of a transcript: tools and system. */
export interface TranscriptHead {
  /** Its size in reference tokens. */
  readonly prompt: PromptHead;
  /** As much of it as its caller has marked for the cache, in reference tokens; 0: nothing. */
  readonly markedTokens: Tokens;
}

const BYTES_PER_TOKEN = 4;

/**
 * The head of a transcript, by all of its text: one that differs anywhere, such as in its date or folder, is another one. So is one
 * under another `prompt_cache_key`: OpenAI sends calls where a cache is by their prefix and that key together (prompt caching guide,
 * read 2026-11).
 * @param parts as a wire format tells them apart
 */
export function transcriptHead(parts: readonly unknown[], body: Fields): TranscriptHead {
  const text = JSON.stringify(parts);
  const cacheKey = textIn(body['prompt_cache_key']) ?? '';
  return {
    prompt: { key: hash('sha256', `${cacheKey}\0${text}`, 'base64url'), tokens: text.length / BYTES_PER_TOKEN },
    markedTokens: text.includes('"cache_control":{') ? markedLength(parts) / BYTES_PER_TOKEN : 0,
  };
}

/** Up to the last mark, in the order in which vendors read it: tools before system. */
function markedLength(parts: readonly unknown[]): number {
  const blocks = (['tools', 'system'] as const).flatMap((name) =>
    parts.flatMap((part) => listIn(fieldsIn(part)[name])),
  );
  const last = blocks.findLastIndex((block) => isFields(fieldsIn(block)['cache_control']));
  return last < 0 ? 0 : JSON.stringify(blocks.slice(0, last + 1)).length;
}

/**
 * What of a transcript other ones can read, in a model's tokens; nothing where its caller has marked only what comes after, nor where
 * a translation says the session's own `prompt_cache_key`.
 */
export function readableTokens(
  head: TranscriptHead,
  { wire, model, dialect }: { readonly wire: Wire; readonly model: Model; readonly dialect: Dialect },
): Tokens {
  const rule = model.cacheRule;
  if (wire !== model.wire) return DIALECT_FACTS[dialect].cacheKey ? 0 : head.prompt.tokens * model.tokenRatio;
  const needsMark = rule.kind === 'explicit' || (rule.kind === 'automatic' && rule.exactBreakpoint);
  return (needsMark ? head.markedTokens : head.prompt.tokens) * model.tokenRatio;
}

interface Transcript {
  readonly name: string;
  readonly ledger: WarmthLedger;
  readonly head: TranscriptHead | undefined;
}

/** Callers whose heads are kept, those called last. */
const MAX_OWNERS = 1000;

/**
 * Heads that calls of any session have left in vendors' caches, for one caller each: nobody learns from a price or a pace what
 * another one has sent. Lives in memory; a restart forgets it.
 */
export class SharedHeads {
  readonly #byOwner = new Map<string, readonly HeadEntry[]>();

  /** A transcript's ledger with what its caller's other transcripts have left warm of its head, and it has not used since. */
  join(owner: string, { name, ledger, head }: Transcript, now: At): WarmthLedger {
    const heads = this.#byOwner.get(owner);
    if (heads === undefined || head === undefined) return ledger;
    const isOfOthers = (one: HeadEntry): boolean => (findEntry(ledger, one, name)?.lastUsedAt ?? 0) < one.usedAt;
    const warm = heads.filter((one) => one.key === head.prompt.key && isReadable(one, now) && isOfOthers(one));
    return warm.length === 0 ? ledger : { ...ledger, heads: warm };
  }

  /** The same ledger with every head of its caller, to note what a call has left. */
  all(owner: string, ledger: WarmthLedger): WarmthLedger {
    const heads = this.#byOwner.get(owner);
    return heads === undefined ? ledger : { ...ledger, heads };
  }

  /** Takes the heads out of a ledger that was joined and has noted a call. */
  take(owner: string, { heads, ...ledger }: WarmthLedger): WarmthLedger {
    if (heads !== undefined) {
      this.#byOwner.delete(owner);
      this.#byOwner.set(owner, heads);
      for (const oldest of this.#byOwner.keys()) {
        if (this.#byOwner.size <= MAX_OWNERS) break;
        this.#byOwner.delete(oldest);
      }
    }
    return ledger;
  }
}
