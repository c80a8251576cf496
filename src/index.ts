export type { Decision } from './domain/decision.ts';
