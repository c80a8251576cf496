import { inspect } from 'node:util';

/**
 * A secret that cannot be printed by accident: as text, as JSON and in `inspect` it is `[secret]`, and it has no
 * readable field. `reveal` is for the adapter that sends it, and for the redactor that looks for it.
 */
export class Secret {
  readonly #value: string;
  /** Where it came from, such as `env ANTHROPIC_API_KEY`. Not secret. */
  readonly source: string;

  constructor(value: string, source: string) {
    this.#value = value;
    this.source = source;
    Object.defineProperty(this, inspect.custom, { value: () => '[secret]', enumerable: false });
  }

  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return '[secret]';
  }

  toJSON(): string {
    return '[secret]';
  }
}
