-- now() is the start of the transaction: each row tells its own time.
alter table mail alter column claimed_at set default clock_timestamp();
