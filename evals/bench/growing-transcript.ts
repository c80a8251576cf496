/** The bodies of one session in the Messages format, each longer than the one before by a tool call and its result. */
export interface GrowingTranscript {
  nextBody(): Buffer;
}

/** With quotes, escapes, line feeds and signs outside ASCII, as source code has them. */
const LINE = '  const value = await store.get("key", { deep: true }); // ✓ → "quoted"\n';
const TOOL_COUNT = 12;

export function growingTranscript(model: string, startBytes: number): GrowingTranscript {
  const messages: object[] = [{ role: 'user', content: 'please fix the failing tests in this repository' }];
  /** Returns the bytes of what a tool said. */
  const grow = (): number => {
    const turn = messages.length;
    const text = `${turn} ${LINE.repeat(20 + (turn % 7) * 8)}`;
    const use = {
      type: 'tool_use',
      id: `toolu_${turn}`,
      name: 'tool_0',
      input: { path: `src/file-${turn}.ts`, n: turn },
    };
    messages.push({ role: 'assistant', content: [{ type: 'text', text: `step ${turn}` }, use] });
    messages.push({ role: 'user', content: [{ type: 'tool_result', tool_use_id: use.id, content: text }] });
    return Buffer.byteLength(JSON.stringify(text));
  };
  for (let bytes = 0; bytes < startBytes; bytes += grow());
  const properties = { path: { type: 'string', description: LINE }, n: { type: 'integer' } };
  const tools = Array.from({ length: TOOL_COUNT }, (_, index) => ({
    name: `tool_${index}`,
    description: LINE,
    input_schema: { type: 'object', properties, required: ['path'] },
  }));
  const system = [{ type: 'text', text: LINE.repeat(100) }];
  return {
    nextBody() {
      grow();
      return Buffer.from(JSON.stringify({ model, max_tokens: 1024, messages, system, tools }));
    },
  };
}
