-- now() is the start of the transaction, which other messages of its group may have begun: each row tells its own time.
alter table users alter column created_at set default clock_timestamp();
alter table registration alter column decided_at set default clock_timestamp();
