-- As V3: what is due is counted from the registration, not from the start of its group.
alter table registration alter column look_at set default clock_timestamp();
