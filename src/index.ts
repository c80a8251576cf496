import './app/require-node.ts';

export { createPointsman } from './app/create-pointsman.ts';
export { PointsmanError, isPointsmanError } from './domain/errors.ts';
export type { PointsmanOptions } from './app/pointsman-options.ts';
export type { CandidateRow, DecideInput, Decision, Reason, Rejection } from './domain/decision.ts';
export type { ErrorCode } from './domain/errors.ts';
export type { DecisionId, EndpointId, JobId, ModelId, SessionId, StepId } from './domain/ids.ts';
export type { Model } from './domain/model.ts';
export type { NanoUsd } from './domain/money.ts';
export type { RouterPolicy } from './domain/router-policy.ts';
export type { StepKind, StepMode } from './domain/step.ts';
export type { Usage } from './domain/usage.ts';
export type { JobEvent } from './orchestrator/model/job-event.ts';
export type { JobReport, StepReport } from './orchestrator/model/job-report.ts';
export type { JobRequest } from './orchestrator/model/job-request.ts';
export type {
  Explanation,
  JobHandle,
  OutcomeRequest,
  JobForesight,
  PlanPreview,
  Pointsman,
  ResumeAnswer,
  RouteAdvice,
  RouteStepRequest,
  ResumeOptions,
  RunOptions,
  UsageReport,
} from './orchestrator/model/pointsman.ts';
