import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import type { JsonObject } from '../domain/json.ts';

/** What a tool server wants to know of the user while it carries out a call: a form with fields of simple types. */
export interface ServerQuestion {
  readonly server: string;
  readonly message: string;
  /** JSON schema of an object whose properties are texts, numbers, truth values or choices. */
  readonly schema: JsonObject;
}

export type ServerAnswer =
  | { readonly action: 'accept'; readonly content: Readonly<Record<string, string | number | boolean | string[]>> }
  /** The user says no. */
  | { readonly action: 'decline' }
  /** Nobody has answered yet: the server is to let its call go, which may then be made again. */
  | { readonly action: 'cancel' };

export type AnswerQuestion = (question: ServerQuestion) => Promise<ServerAnswer>;

/**
 * Who answers a server's questions now. The protocol does not say which call one belongs to: where several run, whoever was
 * asked could be asked for the wrong one, which would then be made twice; so such a question is let go.
 */
export interface QuestionDesk {
  /** @returns what takes the call's place away again */
  readonly open: (answer: AnswerQuestion | undefined) => () => void;
}

/** Takes what a server asks; outside of a call, and where nobody can be asked, it is declined. */
export function openQuestionDesk(client: Client, server: string): QuestionDesk {
  const open: { readonly answer: AnswerQuestion | undefined }[] = [];
  client.setRequestHandler(ElicitRequestSchema, async ({ params }) => {
    if (open.length > 1) return { action: 'cancel' };
    const answer = open[0]?.answer;
    // A page to be opened belongs to a person at a browser: this client has not said that it could.
    if (answer === undefined || !('requestedSchema' in params)) return { action: 'decline' };
    const { message, requestedSchema } = params;
    return { ...(await answer({ server, message, schema: requestedSchema as unknown as JsonObject })) };
  });
  return {
    open: (answer) => {
      const place = { answer };
      open.push(place);
      return () => {
        const index = open.indexOf(place);
        if (index !== -1) open.splice(index, 1);
      };
    },
  };
}
