-- now() is the start of the transaction, which other messages of its group may have begun: each row tells its own time.
alter table orders
  alter column created_at set default clock_timestamp(),
  alter column look_at set default clock_timestamp();

create or replace function history_entry(status text) returns jsonb volatile
  return jsonb_build_object('status', status,
    'at', to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'));
