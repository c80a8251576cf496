import type { Layout } from '../../postgres/migrate.ts';

/**
 * Records as in the file (`sqlite/tables.ts`): bodies are what is read again, columns are what they are found and summed up
 * by. Steps name the parts that they refer to; a part says when it was last written, so that one in use is never swept.
 */
export const RECORDS_LAYOUT: Layout = {
  name: 'records',
  steps: [
    `create table parts (hash text primary key, body text not null, written_at float8 not null);
     create table jobs (seq bigint generated always as identity, job_id text primary key, started_at float8 not null,
       status text not null, ended_at float8, workspace text, body text not null);
     create index jobs_by_time on jobs (started_at desc, seq desc);
     create table steps (seq bigint generated always as identity primary key, decision_id text not null unique, job_id text,
       at float8 not null, parts text[] not null, body bytea not null);
     create index steps_of_a_job on steps (job_id, seq) where job_id is not null;
     create index steps_by_time on steps (at);
     create table calls (seq bigint generated always as identity primary key, call_id text not null unique, job_id text,
       at float8 not null, model text not null, endpoint text not null, session_id text not null, access_key text, harness text,
       purpose text, error text, bill bigint, may_bill bigint, uncached bigint, cache_read bigint, cache_write bigint,
       output bigint, ttft float8, body text not null);
     create index calls_of_a_job on calls (job_id, seq) where job_id is not null;
     create index calls_without_a_job on calls (seq desc) where job_id is null;
     create index calls_by_time on calls (at);
     create index calls_of_a_session on calls (session_id text_pattern_ops, at);
     create table outcomes (seq bigint generated always as identity primary key, content text not null unique,
       decision_id text not null, at float8 not null, body text not null);
     create index outcomes_of_decision on outcomes (decision_id);
     create index outcomes_by_time on outcomes (at desc, seq desc);`,
  ],
};
