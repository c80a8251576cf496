declare const brand: unique symbol;

/** A string that is not interchangeable with other strings. */
export type Branded<Name extends string> = string & { readonly [brand]: Name };

/** One conversation or one job. */
export type SessionId = Branded<'SessionId'>;
/** One unit of work with one purpose; the thing that is routed. */
export type StepId = Branded<'StepId'>;
/** One model API request. */
export type CallId = Branded<'CallId'>;
/** One catalogue row: a model at one endpoint, such as `claude-opus-5-5` or `openrouter/glm-5.3`. */
export type ModelId = Branded<'ModelId'>;
export type PolicyId = Branded<'PolicyId'>;
export type JobId = Branded<'JobId'>;
export type DecisionId = Branded<'DecisionId'>;
/** A place that serves models and owns a cache, such as `anthropic`, `openai-eu` or `ollama`. */
export type EndpointId = Branded<'EndpointId'>;

/** Brands a string that the caller has just made or has just parsed. The one place where ids are cast. */
export function asId<Id extends Branded<string>>(text: string): Id {
  return text as Id;
}

/** A name as it stands in an address, where a slash in it is encoded; as it is where it cannot be decoded. */
export function decodedName(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
