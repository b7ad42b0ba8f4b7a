create table users (
  user_id    uuid        primary key,
  name       text        not null,
  email      text        not null,
  created_at timestamptz not null default now()
);
create unique index users_email on users (lower(email));

-- The verdict on each requested registration. A refused one keeps no personal data.
create table registration (
  user_id    uuid        primary key,
  request_id uuid        not null, -- event id of the RegistrationRequested that was judged
  status     text        not null check (status in ('REGISTERED', 'REJECTED')),
  reason     text        check ((reason is not null) = (status = 'REJECTED')),
  decided_at timestamptz not null default now()
);

-- Points in time leave the service as RFC 3339 in UTC, whatever the session's time zone.
create function utc(at timestamptz) returns text stable
  return to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');

create function user_document(u users) returns json stable
  return json_strip_nulls(json_build_object(
    'userId', u.user_id, 'name', u.name, 'email', u.email, 'createdAt', utc(u.created_at)));

create function registration_document(r registration) returns json stable
  return json_strip_nulls(json_build_object(
    'userId', r.user_id, 'status', r.status, 'reason', r.reason, 'decidedAt', utc(r.decided_at)));
