// One file: what is right in each case, read as a table beside the folder of cases.

import type { Model } from '../../src/domain/model.ts';
import { fieldsIn, listIn, textIn, type Fields } from '../../src/wires/shared/fields.ts';
import type { CaseRun } from './run-case.ts';

/** Who plays a case, and whether what it did is right. */
export interface Judge {
  /** Each list is one run; the first of a list is the model that the case asks for. */
  readonly models: (by: Models) => readonly (readonly Model[])[];
  /** Whole answers, streams or both. Default both. */
  readonly streams?: readonly boolean[];
  /** What is wrong; `undefined`: nothing. */
  readonly wrong: (run: CaseRun) => string | undefined;
}

/** The models of the catalogue that cases are about. */
export interface Models {
  readonly named: (id: string) => Model;
  /** Somebody of an endpoint that speaks Chat. */
  readonly chatAt: (endpoint: string) => Model;
  /** Of no vendor that anybody knows. */
  readonly own: Model;
}

const last = ({ said }: CaseRun): CaseRun['said'][number] => said.at(-1) ?? { status: 0, text: '', losses: '' };
const body = ({ sent }: CaseRun): Fields => sent.at(-1) ?? {};
const all = (run: CaseRun): string => JSON.stringify(run.sent);
const isReported = (run: CaseRun, ...words: readonly RegExp[]): boolean =>
  last(run).status === 400 && words.every((word) => word.test(last(run).text));
const unless = (isRight: boolean, what: string): string | undefined => (isRight ? undefined : what);
const taken = (run: CaseRun): string | undefined => run.objections[0];

/** The input of the tool call in an answer of any format, streamed or whole. */
function inputIn({ text }: CaseRun['said'][number]): string {
  const pieces = [...text.matchAll(/"(?:partial_json|arguments|delta)":("(?:[^"\\]|\\.)*")/gu)].map(
    (match) => JSON.parse(match[1] ?? '""') as string,
  );
  const whole = /"input":(\{[^{}]*\})/u.exec(text)?.[1] ?? '';
  return pieces.length > 0 ? pieces.join('') : whole;
}

const isWell = (run: CaseRun): boolean =>
  last(run).status === 200 && !/"type":"error"|event: error/u.test(last(run).text);

export const JUDGES: Readonly<Record<string, Judge>> = {
  'args-done-only': {
    models: ({ named }) => [[named('gpt-5.5')]],
    wrong: (run) => unless(isWell(run) && inputIn(last(run)) === '{"a":7}', `input ${inputIn(last(run))}`),
  },
  'args-null': {
    models: ({ chatAt, own }) => [[own], [chatAt('deepseek')]],
    wrong: (run) =>
      unless(isWell(run) && ['', '{}'].includes(inputIn(last(run))), `answer ${last(run).text.slice(0, 300)}`),
  },
  'bound-parts-dropped': {
    models: ({ named, chatAt }) => [[named('claude-opus-4-8')], [named('gpt-5.5')], [chatAt('deepseek')]],
    wrong: (run) =>
      unless(all(run).includes('JVBERi0=') || isReported(run, /pdf/u), 'the document is neither sent nor refused'),
  },
  'chat-fields-to-responses': {
    models: ({ named }) => [[named('gpt-5.5')]],
    wrong: (run) => {
      if (isReported(run, /choices|n:/u)) return undefined;
      const { text, service_tier: tier, metadata } = body(run);
      const isKept =
        fieldsIn(fieldsIn(text)['format'])['type'] === 'json_object' && fieldsIn(text)['verbosity'] === 'low';
      return unless(
        isKept && tier === 'flex' && metadata !== undefined && last(run).losses.includes('stop'),
        'fields are lost',
      );
    },
  },
  'client-tools-dropped': {
    models: ({ named, own }) => [[named('gpt-5.5')], [own]],
    wrong: (run) => {
      const names = listIn(body(run)['tools']).map((tool) => fieldsIn(fieldsIn(tool)['function'] ?? tool)['name']);
      const isOffered = names.includes('bash') && names.includes('str_replace_based_edit_tool');
      return taken(run) ?? unless(isOffered || isReported(run, /tool/u), `tools ${names.join()}`);
    },
  },
  'content-parts-delta': {
    models: ({ chatAt }) => [[chatAt('mistral')]],
    wrong: (run) =>
      unless(isWell(run) && /hm/u.test(last(run).text) && /hello/u.test(last(run).text), 'words are lost'),
  },
  'deepseek-reasoning': {
    models: ({ chatAt }) => [[chatAt('deepseek')]],
    wrong: (run) => {
      const turns = listIn(body(run)['messages']).map(fieldsIn);
      const calls = turns.filter((turn) => listIn(turn['tool_calls']).length > 0);
      return (
        taken(run) ??
        unless(calls.length > 0 && calls.every((turn) => textIn(turn['reasoning_content'])), 'no thoughts')
      );
    },
  },
  'duplicate-tool-ids': {
    models: ({ named }) => [[named('claude-opus-4-8')], [named('claude-haiku-4-5')]],
    wrong: (run) => {
      const ids = [...all(run).matchAll(/"type":"tool_use","id":"([^"]*)"/gu)].map((match) => match[1]);
      return taken(run) ?? unless(ids.length === 2 && new Set(ids).size === 2, `ids ${ids.join()}`);
    },
  },
  'effort-none': {
    models: ({ named }) => [[named('claude-opus-4-8')], [named('claude-fable-5')]],
    wrong: (run) => {
      const { thinking, output_config: output } = body(run);
      const isOff = fieldsIn(thinking)['type'] === 'disabled' && fieldsIn(output)['effort'] === undefined;
      const isFable = body(run)['model'] === 'claude-fable-5' && fieldsIn(thinking)['type'] !== 'disabled';
      return taken(run) ?? unless(isOff || isFable, `thinking ${JSON.stringify(thinking)}`);
    },
  },
  'error-words-lost': {
    models: ({ chatAt, own }) => [[chatAt('google')], [own]],
    wrong: (run) =>
      unless(
        last(run).status === 400 && /missing a thought_signature/u.test(last(run).text),
        last(run).text.slice(0, 200),
      ),
  },
  'finish-reason-unknown': {
    models: ({ chatAt, own }) => [[chatAt('deepseek')], [own]],
    wrong: (run) =>
      unless(!/end_turn/u.test(last(run).text) && /overloaded|error/u.test(last(run).text), 'told as a good end'),
  },
  'gemini-foreign-loop': {
    models: ({ chatAt, named }) => [[chatAt('google')], [named('gemini-3.6-flash')]],
    wrong: (run) =>
      taken(run) ?? unless(/skip_thought_signature_validator|context_engineering/u.test(all(run)), 'no signature'),
  },
  'gemini-signature': {
    models: ({ chatAt }) => [[chatAt('google')]],
    wrong: (run) => unless(JSON.stringify(body(run)).includes('"thought_signature":"SIG=="'), 'the signature is lost'),
  },
  'gzip-answer': {
    models: ({ named }) => [[named('claude-opus-4-8')]],
    streams: [false],
    wrong: (run) => unless(isWell(run) && /"text":"ok"/u.test(last(run).text), last(run).text.slice(0, 200)),
  },
  'image-as-text-tokens': {
    models: ({ named }) => [[named('claude-opus-4-8'), named('gpt-5.5')]],
    wrong: (run) => taken(run) ?? unless(isWell(run), `${last(run).status}: ${last(run).text.slice(0, 200)}`),
  },
  'json-object': {
    models: ({ named }) => [[named('claude-opus-4-8')], [named('claude-fable-5')]],
    wrong: (run) =>
      taken(run) ?? unless(/JSON/u.test(JSON.stringify(body(run)['system'] ?? '')), 'the form is not asked for'),
  },
  'json-schema-anthropic': {
    models: ({ named }) => [[named('claude-opus-4-8')], [named('claude-haiku-4-5')]],
    wrong: (run) => taken(run) ?? unless(/additionalProperties|JSON Schema/u.test(all(run)), 'no schema is sent'),
  },
  'max-output-floor': {
    models: ({ named }) => [[named('gpt-5.5')], [named('gpt-6-sol')]],
    wrong: (run) => taken(run) ?? unless(isWell(run), last(run).text.slice(0, 200)),
  },
  'max-output-is-window': {
    models: ({ own }) => [[own]],
    wrong: (run) => {
      const isUnlimited = body(run)['max_tokens'] === undefined && body(run)['max_completion_tokens'] === undefined;
      return unless(
        isUnlimited && !/context_length_exceeded/u.test(last(run).text),
        JSON.stringify(body(run)).slice(0, 200),
      );
    },
  },
  'previous-response-id': {
    models: ({ named, own }) => [[named('claude-opus-4-8')], [own]],
    wrong: (run) => {
      const isTranscript = JSON.stringify(body(run)).includes('Ada') && run.sent.length > 1;
      const isRefused = [400, 404].includes(last(run).status) && /not found/iu.test(last(run).text);
      return unless(isTranscript || isRefused, `${last(run).status}: the first turn is lost`);
    },
  },
  'refusal-lost': {
    models: ({ named }) => [[named('claude-opus-4-8')]],
    wrong: (run) => unless(/"type":"refusal"|content_filter/u.test(last(run).text), 'told as an empty success'),
  },
  'results-split': {
    models: ({ named }) => [[named('claude-opus-4-8')]],
    wrong: (run) => {
      const turns = listIn(body(run)['messages']).map(fieldsIn).slice(2);
      const types = turns.flatMap((turn) => listIn(turn['content']).map((block) => fieldsIn(block)['type']));
      const together = listIn(turns[0]?.['content']).length >= 2;
      return taken(run) ?? unless(together && types.join() === 'tool_result,tool_result,text', types.join());
    },
  },
  'same-wire-dialect': {
    models: ({ chatAt }) => [[chatAt('deepseek')], [chatAt('mistral')], [chatAt('google')]],
    wrong: (run) => {
      const text = JSON.stringify(body(run));
      const isRight = !/developer|max_completion_tokens|"store"|verbosity|of another vendor/u.test(text);
      return taken(run) ?? unless(isRight && body(run)['max_tokens'] === 99, text.slice(0, 300));
    },
  },
  'sampling-removed': {
    models: ({ named }) =>
      ['claude-opus-4-8', 'claude-opus-5', 'claude-sonnet-5', 'claude-fable-5'].map((id) => [named(id)]),
    wrong: (run) => taken(run) ?? unless(last(run).losses.includes('chat.sampling'), `losses ${last(run).losses}`),
  },
  'sse-error-first': {
    models: ({ named, own }) => [[named('claude-opus-4-8'), named('claude-haiku-4-5')], [own]],
    wrong: (run) =>
      unless(last(run).status >= 500 && run.sent.length > 1, `${last(run).status} after ${run.sent.length} tries`),
  },
  'thinking-disabled': {
    models: ({ named }) =>
      ['claude-fable-5', 'claude-opus-5', 'claude-opus-5-5', 'claude-fable-5-1'].map((id) => [named(id)]),
    wrong: (run) => taken(run) ?? unless(isWell(run), last(run).text.slice(0, 200)),
  },
  'tool-index-missing': {
    models: ({ chatAt, own }) => [[own], [chatAt('deepseek')]],
    wrong: (run) => unless(isWell(run) && inputIn(last(run)) === '{"a":7}', `input ${inputIn(last(run))}`),
  },
  'tool-schema-shape': {
    models: ({ named, chatAt }) => [[named('claude-opus-4-8')], [named('gpt-5.5')], [chatAt('deepseek')]],
    wrong: (run) => taken(run) ?? unless(isWell(run), last(run).text.slice(0, 200)),
  },
  'usage-kills-answer': {
    models: ({ chatAt, own }) => [[own], [chatAt('deepseek')]],
    wrong: (run) => unless(isWell(run) && /done/u.test(last(run).text), last(run).text.slice(0, 300)),
  },
};
