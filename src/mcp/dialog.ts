import {
  CLIENT_CAPABILITIES_META_KEY,
  inputRequired,
  PROTOCOL_VERSION_META_KEY,
  type ClientCapabilities,
  type InputRequiredResult,
  type McpServer,
  type ServerContext,
} from '@modelcontextprotocol/server';
import { z } from 'zod';
import { MINUTE_MS, type Ms } from '../domain/time.ts';

/** How long a person may think about a question. The job is paused meanwhile and loses nothing. */
const THINKING_MS: Ms = 10 * MINUTE_MS;
const ROOTS_TIMEOUT_MS: Ms = 5000;
const ROOTS = 'roots';

/** What a client says that a person did with a form. */
export interface Elicited {
  readonly action: 'accept' | 'decline' | 'cancel';
  readonly content?: Readonly<Record<string, unknown>> | null | undefined;
}

interface OpenedRoots {
  readonly roots: readonly { readonly uri: string }[];
}

const elicitedSchema: z.ZodType<Elicited> = z.object({
  action: z.enum(['accept', 'decline', 'cancel']),
  content: z.record(z.string(), z.unknown()).nullish(),
});
const rootsSchema: z.ZodType<OpenedRoots> = z.object({ roots: z.array(z.looseObject({ uri: z.string() })) });

/** A question to the person behind the client. */
export interface Elicitation {
  /** Names the question: an answer to another one is not taken for it. */
  readonly key: string;
  readonly message: string;
  readonly schema: object;
  /** The job that goes on when it is answered. */
  readonly jobId?: string;
}

/**
 * How a handler asks the client while it serves a request, in either revision: until 2025-11-25 the server sends a request of its own
 * and waits; from 2026-07-28 on the handler ends with what it needs (`InputNeeded`) and runs again, from its start, with the answers.
 */
export interface Dialog {
  readonly context: ServerContext;
  readonly capabilities: ClientCapabilities;
  /** Of a request that was sent again with answers: the job that it is about. */
  readonly jobId: string | undefined;
  /** `undefined`: nobody answered. @throws InputNeeded */
  readonly elicit: (question: Elicitation) => Promise<Elicited | undefined>;
  /** Only where the client speaks of roots. @throws InputNeeded, and what the client answered instead */
  readonly roots: () => Promise<OpenedRoots['roots']>;
}

/** Thrown so that nothing between the question and the answer goes on: the request comes back with what is asked for. */
export class InputNeeded extends Error {
  readonly result: InputRequiredResult;

  constructor(result: InputRequiredResult) {
    super('The client is asked first');
    this.result = result;
  }
}

export function openDialog(server: McpServer, context: ServerContext): Dialog {
  const envelope: Readonly<Record<string, unknown>> = context.mcpReq.envelope ?? {};
  return envelope[PROTOCOL_VERSION_META_KEY] === undefined
    ? pushing(context, server.server.getClientCapabilities() ?? {})
    : // The SDK has checked it.
      returning(context, envelope[CLIENT_CAPABILITIES_META_KEY] ?? {});
}

function pushing(context: ServerContext, capabilities: ClientCapabilities): Dialog {
  const { signal } = context.mcpReq;
  return {
    context,
    capabilities,
    jobId: undefined,
    elicit: async ({ message, schema }) => {
      try {
        const params = { mode: 'form', message, requestedSchema: schema };
        const limits = { timeout: THINKING_MS, signal };
        return await context.mcpReq.send({ method: 'elicitation/create', params }, elicitedSchema, limits);
      } catch {
        // The client took it back, or knows the word only. The job stays paused.
        return undefined;
      }
    },
    roots: async () =>
      (await context.mcpReq.send({ method: 'roots/list' }, rootsSchema, { timeout: ROOTS_TIMEOUT_MS, signal })).roots,
  };
}

function returning(context: ServerContext, capabilities: ClientCapabilities): Dialog {
  const answers = new Map(Object.entries(context.mcpReq.inputResponses ?? {}));
  // Folders may be closed meanwhile: they are asked for again beside every question.
  const roots = capabilities.roots === undefined ? {} : { [ROOTS]: inputRequired.listRoots() };
  return {
    context,
    capabilities,
    // Opaque to the client, and no more than it may say as an argument.
    jobId: context.mcpReq.requestState<string>(),
    elicit: async ({ key, jobId, ...question }) => {
      const answer = answers.get(key);
      // Once: a job that asks the same again has not been answered.
      answers.delete(key);
      if (answer !== undefined) return elicitedIn(answer);
      throw new InputNeeded(
        inputRequired({
          inputRequests: { [key]: embedded(question), ...roots },
          ...(jobId === undefined ? {} : { requestState: jobId }),
        }),
      );
    },
    roots: async () => {
      const answer = answers.get(ROOTS);
      if (answer === undefined) throw new InputNeeded(inputRequired({ inputRequests: roots }));
      return openedRoots(answer);
    },
  };
}

/** As a result carries it: the kind of form that every revision knows. */
export function embedded({
  message,
  schema,
}: Pick<Elicitation, 'message' | 'schema'>): ReturnType<typeof inputRequired.elicit> {
  return inputRequired.elicit({ message, requestedSchema: schema as never });
}

/** What a client says that a person answered; `undefined`: nothing that can be understood. */
export function elicitedIn(answer: unknown): Elicited | undefined {
  return elicitedSchema.safeParse(answer).data;
}

/** @throws ZodError when it is no list of roots */
export function openedRoots(answer: unknown): OpenedRoots['roots'] {
  return rootsSchema.parse(answer).roots;
}
