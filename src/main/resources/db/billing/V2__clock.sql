-- now() is the start of the transaction, which other messages of its group may have begun: each row tells its own time.
alter table account alter column opened_at set default clock_timestamp();
alter table bill alter column billed_at set default clock_timestamp();
alter table entry alter column entered_at set default clock_timestamp();
