import type { JsonObject } from '../../domain/json.ts';

/** OpenAI Responses, as far as pointsman writes or reads it. The wire's own spelling. */

interface Markable {
  readonly prompt_cache_breakpoint?: { readonly mode: 'explicit' };
}

interface ResponsesInputText extends Markable {
  readonly type: 'input_text';
  readonly text: string;
}

interface ResponsesInputImage extends Markable {
  readonly type: 'input_image';
  readonly image_url: string;
  readonly detail: 'auto';
}

type ResponsesInputFile = Markable & {
  readonly type: 'input_file';
} & ({ readonly filename: string; readonly file_data: string } | { readonly file_url: string });

export type ResponsesInputPart = ResponsesInputText | ResponsesInputImage | ResponsesInputFile;

interface ResponsesOutputText {
  readonly type: 'output_text';
  readonly text: string;
}

export type ResponsesItem =
  | {
      readonly type: 'message';
      readonly role: 'user' | 'developer' | 'system';
      readonly content: string | readonly ResponsesInputPart[];
    }
  | { readonly type: 'message'; readonly role: 'assistant'; readonly content: string | readonly ResponsesOutputText[] }
  | {
      readonly type: 'function_call';
      readonly id?: string;
      readonly call_id: string;
      readonly name: string;
      readonly arguments: string;
    }
  | {
      readonly type: 'function_call_output';
      readonly call_id: string;
      readonly output: string | readonly ResponsesInputPart[];
    }
  | {
      readonly type: 'reasoning';
      readonly id: string;
      readonly summary: readonly JsonObject[];
      readonly encrypted_content?: string | null;
    };

interface ResponsesTool {
  readonly type: 'function';
  readonly name: string;
  readonly description?: string;
  readonly parameters: JsonObject;
  readonly strict: boolean;
}

export type ResponsesFormat =
  | { readonly type: 'json_object' }
  | {
      readonly type: 'json_schema';
      readonly name: string;
      readonly schema: JsonObject;
      readonly strict: boolean;
    };

export interface ResponsesRequest {
  readonly model: string;
  readonly instructions?: string;
  readonly input: readonly ResponsesItem[];
  readonly tools?: readonly ResponsesTool[];
  readonly tool_choice?: 'auto' | 'none' | 'required' | { readonly type: 'function'; readonly name: string };
  readonly max_output_tokens?: number;
  readonly reasoning?: { readonly effort?: string; readonly summary?: 'auto' };
  readonly text?: { readonly format?: ResponsesFormat; readonly verbosity?: string };
  readonly include?: readonly string[];
  readonly store?: boolean;
  readonly prompt_cache_key?: string;
  readonly stream?: boolean;
}
