export {
  TEST_NOW,
  aBudget,
  aDecideInput,
  aForecastStep,
  aPolicy,
  aQuality,
  aSession,
  aStep,
  aStepSize,
  aVerifier,
  aWarmth,
  someRequirements,
} from './decision-builders.ts';
export { aGptModel, aModel, aPriceRow, anAutomaticCache, anExplicitCache, modelId } from './model-builders.ts';
export {
  aCallRequest,
  aSystemMessage,
  aThinking,
  aTool,
  aToolCall,
  aToolResult,
  aTranscript,
  aUsage,
  aUserMessage,
  anAssistantMessage,
} from './transcript-builders.ts';
