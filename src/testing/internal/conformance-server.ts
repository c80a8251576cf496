import {
  completable,
  McpServer,
  ResourceTemplate,
  type CallToolResult,
  type ContentBlock,
  type ElicitRequestFormParams,
  type ServerContext,
} from '@modelcontextprotocol/server';
import { z } from 'zod';

/** One transparent pixel, and 44 bytes of silent WAV header. */
const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==';
const WAV = 'UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAIA+AAACABAAZGF0YQAAAAA=';

const text = (value: string): ContentBlock => ({ type: 'text', text: value });
const image: ContentBlock = { type: 'image', data: PNG, mimeType: 'image/png' };
const embedded = (uri: string): ContentBlock => ({
  type: 'resource',
  resource: { uri, mimeType: 'text/plain', text: 'An embedded resource.' },
});

/** The named tools, resources and prompts that the protocol's conformance suite asks a server for (suite 0.1.16). */
export function createConformanceServer(): McpServer {
  const server = new McpServer(
    { name: 'pointsman-conformance', version: '1' },
    { capabilities: { logging: {}, resources: { subscribe: true, listChanged: true } } },
  );
  registerContentTools(server);
  registerTalkingTools(server);
  registerElicitationTools(server);
  registerResources(server);
  registerPrompts(server);
  return server;
}

function registerContentTools(server: McpServer): void {
  const answers: Readonly<Record<string, CallToolResult>> = {
    test_simple_text: { content: [text('This is a simple text response for testing.')] },
    test_image_content: { content: [image] },
    test_audio_content: { content: [{ type: 'audio', data: WAV, mimeType: 'audio/wav' }] },
    test_embedded_resource: { content: [embedded('test://embedded-resource')] },
    test_multiple_content_types: {
      content: [text('Multiple content types test:'), image, embedded('test://mixed-content-resource')],
    },
    test_error_handling: { isError: true, content: [text('This tool intentionally returns an error for testing')] },
  };
  for (const [name, answer] of Object.entries(answers)) {
    server.registerTool(name, { description: `Answers ${name}.` }, async () => answer);
  }
  server.registerTool(
    'json_schema_2020_12_tool',
    {
      description: 'Has a nested schema.',
      inputSchema: z.strictObject({
        name: z.string().optional(),
        address: z.object({ street: z.string(), city: z.string() }).partial().meta({ id: 'address' }).optional(),
      }),
    },
    async () => ({ content: [text('ok')] }),
  );
}

function registerTalkingTools(server: McpServer): void {
  server.registerTool('test_tool_with_logging', { description: 'Logs three times.' }, async ({ mcpReq }) => {
    for (const data of ['Tool execution started', 'Tool processing data', 'Tool execution completed']) {
      await mcpReq.notify({ method: 'notifications/message', params: { level: 'info', data } });
    }
    return { content: [text('logged')] };
  });
  server.registerTool('test_tool_with_progress', { description: 'Tells its progress.' }, async ({ mcpReq }) => {
    const progressToken = mcpReq._meta?.progressToken;
    for (const progress of progressToken === undefined ? [] : [0, 50, 100]) {
      await mcpReq.notify({
        method: 'notifications/progress',
        params: { progressToken: progressToken ?? 0, progress, total: 100 },
      });
    }
    return { content: [text('done')] };
  });
  server.registerTool(
    'test_sampling',
    { description: 'Asks the client for words.', inputSchema: z.object({ prompt: z.string() }) },
    async ({ prompt }, { mcpReq }) => {
      const answer = await mcpReq.requestSampling(
        { messages: [{ role: 'user', content: { type: 'text', text: prompt } }], maxTokens: 100 },
        onItsStream(mcpReq),
      );
      return { content: [text(`LLM response: ${JSON.stringify(answer.content)}`)] };
    },
  );
}

/** By itself the SDK sends a question on the stream that a client opens beside its calls: lost where that is not open yet. */
function onItsStream({ id }: ServerContext['mcpReq']): { readonly relatedRequestId: typeof id } {
  return { relatedRequestId: id };
}

function registerElicitationTools(server: McpServer): void {
  const ask = async (
    { mcpReq }: ServerContext,
    message: string,
    properties: ElicitRequestFormParams['requestedSchema']['properties'],
    required: string[],
  ): Promise<CallToolResult> => {
    const answer = await mcpReq.elicitInput(
      { message, requestedSchema: { type: 'object', properties, required } },
      onItsStream(mcpReq),
    );
    return { content: [text(`User response: ${JSON.stringify(answer)}`)] };
  };
  server.registerTool(
    'test_elicitation',
    { description: 'Asks the user.', inputSchema: z.object({ message: z.string() }) },
    async ({ message }, context) =>
      ask(
        context,
        message,
        { username: { type: 'string', description: 'name' }, email: { type: 'string', description: 'mail' } },
        ['username', 'email'],
      ),
  );
  server.registerTool('test_elicitation_sep1034_defaults', { description: 'Asks with defaults.' }, async (context) =>
    ask(
      context,
      'Defaults, please',
      {
        name: { type: 'string', default: 'John Doe' },
        age: { type: 'integer', default: 30 },
        score: { type: 'number', default: 95.5 },
        status: { type: 'string', enum: ['active', 'inactive', 'pending'], default: 'active' },
        verified: { type: 'boolean', default: true },
      },
      [],
    ),
  );
  const options = ['option1', 'option2', 'option3'];
  const titled = options.map((value) => ({ const: value, title: value.toUpperCase() }));
  server.registerTool('test_elicitation_sep1330_enums', { description: 'Asks with enums.' }, async (context) =>
    ask(
      context,
      'Enums, please',
      {
        untitledSingle: { type: 'string', enum: options },
        titledSingle: { type: 'string', oneOf: titled },
        legacyEnum: { type: 'string', enum: options, enumNames: ['One', 'Two', 'Three'] },
        untitledMulti: { type: 'array', items: { type: 'string', enum: options } },
        titledMulti: { type: 'array', items: { anyOf: titled } },
      },
      [],
    ),
  );
}

function registerResources(server: McpServer): void {
  const plain = { mimeType: 'text/plain' };
  server.registerResource('static-text', 'test://static-text', plain, async (uri) => ({
    contents: [{ uri: uri.href, mimeType: 'text/plain', text: 'This is the content of the static text resource.' }],
  }));
  server.registerResource('static-binary', 'test://static-binary', { mimeType: 'image/png' }, async (uri) => ({
    contents: [{ uri: uri.href, mimeType: 'image/png', blob: PNG }],
  }));
  server.registerResource('watched', 'test://watched-resource', plain, async (uri) => ({
    contents: [{ uri: uri.href, mimeType: 'text/plain', text: 'watched' }],
  }));
  server.registerResource(
    'template',
    new ResourceTemplate('test://template/{id}/data', { list: undefined }),
    { mimeType: 'application/json' },
    async (uri, { id }) => ({
      contents: [
        {
          uri: uri.href,
          mimeType: 'application/json',
          text: JSON.stringify({ id, data: `Data for ID: ${String(id)}` }),
        },
      ],
    }),
  );
  server.server.setRequestHandler('resources/subscribe', async () => ({}));
  server.server.setRequestHandler('resources/unsubscribe', async () => ({}));
}

function registerPrompts(server: McpServer): void {
  const say = (...content: ContentBlock[]): { messages: { role: 'user'; content: ContentBlock }[] } => ({
    messages: content.map((block) => ({ role: 'user', content: block })),
  });
  server.registerPrompt('test_simple_prompt', { description: 'A simple prompt.' }, async () =>
    say(text('This is a simple prompt for testing.')),
  );
  server.registerPrompt(
    'test_prompt_with_arguments',
    {
      description: 'A prompt with arguments.',
      argsSchema: z.object({
        arg1: completable(z.string(), (value) => ['paris', 'park', 'party'].filter((word) => word.startsWith(value))),
        arg2: z.string(),
      }),
    },
    async ({ arg1, arg2 }) => say(text(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`)),
  );
  server.registerPrompt(
    'test_prompt_with_embedded_resource',
    { description: 'A prompt with a resource.', argsSchema: z.object({ resourceUri: z.string() }) },
    async ({ resourceUri }) => say(embedded(resourceUri), text('Please process the embedded resource above.')),
  );
  server.registerPrompt('test_prompt_with_image', { description: 'A prompt with an image.' }, async () =>
    say(image, text('Please analyze the image above.')),
  );
}
