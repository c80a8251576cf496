/**
 * How the values of a job are written down without secrets and read back whole. What a model wrote and what a tool returned
 * is never altered on its way: a job that starts over must hand its models, tools and files the same bytes again. What is
 * stored and shown holds none of the secrets; so the two forms are kept apart.
 */
export interface LiveValues {
  /** The form that may be stored. The whole value is durable, and private, before this returns. */
  readonly toStored: <Value>(jobId: string, key: string, value: Value) => Value;
  /** The whole value of what was stored under the key; what was stored itself when the rest has been forgotten. */
  readonly toLive: <Value>(jobId: string, key: string, stored: Value) => Value;
  /** The job is over and nothing of it will be sent again. */
  readonly forget: (jobId: string) => void;
}

/** Live values that lie where other machines reach them, so that one of these can go on with a job. */
export interface SharedLiveValues extends LiveValues {
  /** Before the stored form of anything is written: what was taken out of it is durable then. @throws PointsmanError `record-unwritable` */
  readonly flush: () => Promise<void>;
  /** Before anything of a job is read. @throws PointsmanError `record-unreadable` */
  readonly load: (jobId: string) => Promise<void>;
}

/** Nothing is taken out: for stores that end with their process, and for reading what is stored as it stands. */
export const AS_STORED: LiveValues = {
  toStored: (_jobId, _key, value) => value,
  toLive: (_jobId, _key, stored) => stored,
  forget: () => undefined,
};
