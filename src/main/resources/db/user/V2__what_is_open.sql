-- How often a user was announced again, and when to look, some time after this, whether the account is there. None: it is.
alter table registration
  add column reminders integer     not null default 0,
  add column look_at   timestamptz default now();

create index registration_open on registration (look_at) where look_at is not null and status = 'REGISTERED';
