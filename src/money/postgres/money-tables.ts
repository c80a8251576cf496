import type { Layout } from '../../postgres/migrate.ts';

/**
 * The ledger as in the file (`sqlite/money-tables.ts`), and the rules over it as functions of the database, so that a batch of
 * wishes is one round trip and locks are held for no longer than that takes. `first_nano_usd` is what a call was expected to bill
 * when it was reserved. Times of processes are the server's: clocks of machines differ.
 */
const TABLES = `
  create table money_spent (account text, day integer, nano_usd bigint not null, unknown_nano_usd bigint not null,
    primary key (account, day));
  create table money_holds (id text, account text, day integer not null, process text not null, held_nano_usd bigint not null,
    first_nano_usd bigint not null, expected_nano_usd bigint not null, presumed_nano_usd bigint, worst_nano_usd bigint,
    primary key (id, account));
  create index money_holds_of_account on money_holds (account) where presumed_nano_usd is null;
  create index money_presumed_of_account on money_holds (account) where presumed_nano_usd is not null;
  create index money_holds_of_process on money_holds (process) where presumed_nano_usd is null;
  create table money_processes (id text primary key, beat_at timestamptz not null);
  create table money_taken_over (name text primary key);`;

const ADD = `
  create function money_add(to_account text, on_day integer, amount bigint, unknown bigint) returns void language sql as $$
    insert into money_spent as s values (to_account, on_day, amount, unknown) on conflict (account, day)
    do update set nano_usd = s.nano_usd + excluded.nano_usd, unknown_nano_usd = s.unknown_nano_usd + excluded.unknown_nano_usd;
  $$;`;

/** `judge.ts`, line by line: `postgres-ledger.test.ts` holds the two against each other. */
const RESERVE = `
  create function money_reserve(own text, wish jsonb) returns jsonb language plpgsql as $$
  declare
    expected bigint := wish->>'expected';
    worst bigint := greatest((wish->>'worst')::bigint, case when wish->>'worst' is null then null else expected end);
    hold bigint := worst;
    known bigint;
    refusal jsonb;
    bound jsonb;
    at_account text;
    from_day bigint;
    now_is record;
    unspent bigint;
    remaining bigint;
    needed bigint;
  begin
    select held_nano_usd into known from money_holds where id = wish->>'id' limit 1;
    if found then return jsonb_build_object('kind', 'reserved', 'held', known); end if;
    for bound in select value from jsonb_array_elements(wish->'limits') loop
      at_account := bound->>'account';
      from_day := bound->>'firstDay';
      select
        (select coalesce(sum(nano_usd), 0) from money_spent where account = at_account and day >= from_day) as spent,
        (select coalesce(sum(held_nano_usd), 0) from money_holds where account = at_account and presumed_nano_usd is null) as held,
        exists (select 1 from money_holds where account = at_account and presumed_nano_usd is not null and day >= from_day
          and coalesce(worst_nano_usd > presumed_nano_usd, true)) as passed
        into now_is;
      unspent := (bound->>'limit')::bigint - now_is.spent;
      remaining := greatest(0, unspent - now_is.held);
      needed := case when now_is.passed then worst else expected end;
      if unspent <= 0 or needed is null or unspent < needed then
        return jsonb_build_object('kind', 'spent', 'limit', bound->'index', 'left', greatest(0, unspent), 'needed', needed);
      end if;
      if hold is null or hold > remaining then
        if now_is.held > 0 then
          refusal := coalesce(refusal, jsonb_build_object('kind', 'held', 'limit', bound->'index', 'left', remaining));
        else
          hold := remaining;
        end if;
      end if;
    end loop;
    if refusal is not null then return refusal; end if;
    hold := coalesce(hold, expected, 0);
    insert into money_holds (id, account, day, process, held_nano_usd, first_nano_usd, expected_nano_usd, worst_nano_usd)
      select wish->>'id', value#>>'{}', (wish->>'day')::integer, own, hold, expected, expected, (wish->>'worst')::bigint
      from jsonb_array_elements(wish->'accounts') on conflict do nothing;
    return jsonb_build_object('kind', 'reserved', 'held', hold);
  end $$;`;

/** What was presumed of a call is taken back, and what it came to put in its place. */
const CLOSE = `
  create function money_close(call_id text, billed bigint, at_least bigint) returns void language plpgsql as $$
  declare
    held record;
    amount bigint;
    unknown bigint;
  begin
    for held in select * from money_holds where id = call_id order by account for update loop
      unknown := case when at_least is null then 0 else greatest(held.first_nano_usd, at_least) end;
      amount := coalesce(billed, unknown) - coalesce(held.presumed_nano_usd, 0);
      unknown := unknown - coalesce(held.presumed_nano_usd, 0);
      if amount <> 0 or unknown <> 0 then perform money_add(held.account, held.day, amount, unknown); end if;
    end loop;
    delete from money_holds where id = call_id;
  end $$;`;

const STANDINGS = `
  create function money_standings(of_account text, first_days jsonb) returns jsonb language sql stable as $$
    select jsonb_object_agg(key, (select jsonb_build_object('spentNanoUsd', coalesce(sum(nano_usd), 0),
      'unknownNanoUsd', coalesce(sum(unknown_nano_usd), 0),
      'heldNanoUsd', (select coalesce(sum(held_nano_usd), 0) from money_holds where account = of_account and presumed_nano_usd is null))
      from money_spent where account = of_account and day >= value::bigint)) from jsonb_each_text(first_days);
  $$;`;

/**
 * Serves a batch in its order. Accounts are locked first, in one order for everybody: of two who reserve on one account the second
 * sees what the first set aside. One wish that cannot be served leaves nothing behind and fails alone.
 */
const APPLY = `
  create function money_apply(own text, wishes jsonb) returns jsonb language plpgsql as $$
  declare
    wish jsonb;
    reply jsonb;
    replies jsonb := '[]';
  begin
    perform pg_advisory_xact_lock(hashtext('pointsman money ' || current_schema()), bucket) from (
      select distinct hashtext(account) & 1023 as bucket from (
        select jsonb_array_elements_text(value->'accounts') as account from jsonb_array_elements(wishes) where value ? 'accounts'
        union select account from money_holds where id in (select value->>'id' from jsonb_array_elements(wishes))
      ) as touched order by bucket
    ) as locks;
    for wish in select value from jsonb_array_elements(wishes) loop
      begin
        reply := 'null';
        case wish->>'kind'
          when 'reserve' then reply := money_reserve(own, wish);
          when 'progress' then
            update money_holds set expected_nano_usd = greatest(expected_nano_usd, (wish->>'atLeast')::bigint)
              where id = wish->>'id' and presumed_nano_usd is null;
          when 'close' then perform money_close(wish->>'id', (wish->>'billed')::bigint, (wish->>'atLeast')::bigint);
          when 'standings' then reply := money_standings(wish->>'account', wish->'firstDays');
          when 'take-over' then
            insert into money_taken_over values (wish->>'name') on conflict do nothing;
            if found then
              perform money_add(key, (wish->>'day')::integer, value::bigint, 0) from jsonb_each_text(wish->'spent');
            end if;
        end case;
        replies := replies || jsonb_build_array(jsonb_build_object('reply', reply));
      exception when data_exception or integrity_constraint_violation or case_not_found then
        replies := replies || jsonb_build_array(jsonb_build_object('error', sqlerrm));
      end;
    end loop;
    return replies;
  end $$;`;

/**
 * Says that a process is alive, and counts as spent what dead ones had set aside, at the whole of it: one that has been silent for long,
 * or that is in no list. Should it wake up after all, it says better.
 */
const BEAT = `
  create function money_beat(own text, dead_after interval) returns void language plpgsql as $$
  declare
    summed record;
  begin
    insert into money_processes values (own, clock_timestamp()) on conflict (id) do update set beat_at = excluded.beat_at;
    delete from money_processes where id <> own and beat_at < clock_timestamp() - dead_after;
    for summed in
      with presumed as (
        update money_holds set presumed_nano_usd = greatest(held_nano_usd, expected_nano_usd)
        where presumed_nano_usd is null and process <> own and process not in (select id from money_processes)
        returning account, day, presumed_nano_usd as amount)
      select account, day, sum(amount)::bigint as amount from presumed group by account, day order by account, day
    loop
      perform money_add(summed.account, summed.day, summed.amount, summed.amount);
    end loop;
  end $$;`;

/** Once a day: what nobody asks for any more, as in the file. */
const CLEAR_UP = `
  create function money_clear_up(today integer, presumed_days integer, session_days integer, days_apart integer) returns void
  language plpgsql as $$
  declare
    summed record;
  begin
    delete from money_holds where presumed_nano_usd is not null
      and (day < today - session_days or day < today - presumed_days and worst_nano_usd <= presumed_nano_usd);
    delete from money_spent where account in (select account from money_spent
      where account like 'session:%' or account like 'step:%' group by account having max(day) < today - session_days);
    for summed in select account, sum(nano_usd)::bigint as amount, sum(unknown_nano_usd)::bigint as unknown from money_spent
      where day < today - days_apart group by account having count(*) > 1 order by account
    loop
      delete from money_spent where account = summed.account and day < today - days_apart;
      perform money_add(summed.account, today - days_apart - 1, summed.amount, summed.unknown);
    end loop;
  end $$;`;

export const MONEY_LAYOUT: Layout = {
  name: 'money',
  steps: [[TABLES, ADD, RESERVE, CLOSE, STANDINGS, APPLY, BEAT, CLEAR_UP].join('\n')],
};
