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
export { createScriptedServer } from '../providers/scripted/scripted-server.ts';
export type { ScriptedServer, ScriptedServerOptions, SeenCall } from '../providers/scripted/scripted-server.ts';
export { promptScript } from '../providers/scripted/prompt-script.ts';
export type {
  Script,
  ScriptFunction,
  ScriptLine,
  ScriptedAnswer,
  ScriptedFailure,
  ScriptedRequest,
  ScriptedToolCall,
  ScriptedWords,
} from '../providers/scripted/script.ts';
export { REAL_ADAPTERS, scriptedProviders } from './scripted-providers.ts';
export type { ContractCase } from './contract-case.ts';
export { providerContract } from './provider-contract.ts';
export type { MakeProvider } from './provider-contract.ts';
export { journalContract } from './journal-contract.ts';
export type { OpenedJournal } from './journal-contract.ts';
export { ledgerContract } from './ledger-contract.ts';
export { recorderContract } from './recorder-contract.ts';
