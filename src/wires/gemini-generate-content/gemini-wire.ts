import type { JsonObject } from '../../domain/json.ts';

/** Google's generateContent, as far as pointsman writes it. The wire's own spelling. */

export interface GeminiPart {
  readonly text?: string;
  readonly thought?: boolean;
  readonly thoughtSignature?: string;
  readonly inlineData?: { readonly mimeType: string; readonly data: string };
  readonly fileData?: { readonly mimeType?: string; readonly fileUri: string };
  readonly functionCall?: { readonly id?: string; readonly name: string; readonly args: JsonObject };
  readonly functionResponse?: {
    readonly id?: string;
    readonly name: string;
    readonly response: JsonObject;
    readonly parts?: readonly GeminiPart[];
  };
}

export interface GeminiContent {
  readonly role: 'user' | 'model';
  readonly parts: readonly GeminiPart[];
}

export interface GeminiThinking {
  readonly includeThoughts?: boolean;
  readonly thinkingLevel?: string;
  readonly thinkingBudget?: number;
}

export interface GeminiConfig {
  readonly maxOutputTokens?: number;
  readonly responseMimeType?: string;
  readonly responseJsonSchema?: JsonObject;
  readonly thinkingConfig?: GeminiThinking;
  readonly temperature?: number;
  readonly topP?: number;
  readonly stopSequences?: readonly string[];
}

export interface GeminiRequest {
  readonly contents: readonly GeminiContent[];
  readonly serviceTier?: 'flex';
  readonly systemInstruction?: { readonly parts: readonly GeminiPart[] };
  readonly tools?: readonly [
    {
      readonly functionDeclarations: readonly {
        readonly name: string;
        readonly description: string;
        readonly parametersJsonSchema: JsonObject;
      }[];
    },
  ];
  readonly toolConfig?: {
    readonly functionCallingConfig: { readonly mode: string; readonly allowedFunctionNames?: readonly string[] };
  };
  readonly generationConfig?: GeminiConfig;
}
