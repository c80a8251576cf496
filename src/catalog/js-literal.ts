/** Reads JavaScript literals, as bundlers write data, without running anything. */
class LiteralReader {
  readonly #source: string;
  #at: number;
  constructor(source: string, at: number) {
    this.#source = source;
    this.#at = at;
  }

  value(depthCount: number): unknown {
    if (depthCount > 100) throw new SyntaxError('too deep');
    this.#skip();
    const first = this.#source[this.#at] ?? '';
    if (first === '[') return this.#list(depthCount);
    if (first === '{') return this.#fields(depthCount);
    if (first === '"' || first === "'" || first === '`') return this.#text(first);
    return this.#word();
  }

  #list(depthCount: number): unknown[] {
    const items: unknown[] = [];
    this.#at++;
    while (!this.#takes(']')) {
      items.push(this.value(depthCount + 1));
      if (!this.#takes(',') && !this.#sees(']')) throw new SyntaxError('a list goes on');
    }
    return items;
  }

  #fields(depthCount: number): Record<string, unknown> {
    const fields: [string, unknown][] = [];
    this.#at++;
    while (!this.#takes('}')) {
      const key = this.#key();
      if (!this.#takes(':')) throw new SyntaxError('a field without a value');
      fields.push([key, this.value(depthCount + 1)]);
      if (!this.#takes(',') && !this.#sees('}')) throw new SyntaxError('an object goes on');
    }
    return Object.fromEntries(fields);
  }

  #key(): string {
    this.#skip();
    const first = this.#source[this.#at] ?? '';
    if (first === '"' || first === "'") return this.#text(first);
    return this.#match(/[\w$]+/uy);
  }

  #text(quote: string): string {
    let text = '';
    for (this.#at++; ; this.#at++) {
      const char = this.#source[this.#at];
      if (char === undefined || (quote === '`' && char === '$' && this.#source[this.#at + 1] === '{')) {
        throw new SyntaxError('a text that is computed, or does not end');
      }
      if (char === quote) break;
      if (char === '\\') text += this.#escape();
      else text += char;
    }
    this.#at++;
    return text;
  }

  #escape(): string {
    this.#at++;
    const char = this.#source[this.#at] ?? '';
    const length = char === 'u' ? 4 : char === 'x' ? 2 : 0;
    if (length === 0) return ESCAPES[char] ?? char;
    const code = Number.parseInt(this.#source.slice(this.#at + 1, this.#at + 1 + length), 16);
    this.#at += length;
    return String.fromCharCode(code);
  }

  #word(): unknown {
    const word = this.#match(/![01]|void 0|true|false|null|-?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?/uy);
    return WORDS.has(word) ? WORDS.get(word) : Number(word);
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#source)?.[0];
    if (found === undefined) throw new SyntaxError(`no literal at ${this.#at}`);
    this.#at += found.length;
    return found;
  }

  #takes(char: string): boolean {
    const isThere = this.#sees(char);
    if (isThere) this.#at++;
    return isThere;
  }

  #sees(char: string): boolean {
    this.#skip();
    return this.#source[this.#at] === char;
  }

  #skip(): void {
    while (/\s/u.test(this.#source[this.#at] ?? '')) this.#at++;
  }
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f', '\n': '' };
const WORDS: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ['!0', true],
  ['!1', false],
  ['true', true],
  ['false', false],
  ['null', null],
  ['void 0', undefined],
]);

/** The list, object or value that stands at `at`; `undefined`: something there is no literal. */
export function parseLiteral(source: string, at: number): unknown {
  try {
    return new LiteralReader(source, at).value(0);
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return undefined;
    throw thrown;
  }
}
