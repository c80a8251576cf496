import { OPENAI_TOOL_NAME, type NameRule } from '../shared/tool-ids.ts';

/** Names of tools and ids of their calls. Amazon Bedrock API reference, ToolSpecification and ToolUseBlock, read 2026-11. */
export const CONVERSE_NAME: NameRule = { ...OPENAI_TOOL_NAME };
