-- Registers a user once, or records why not. Returns the verdict that stands, or KEY_REUSED if it is another request's,
-- and the event that tells it.
with new_user as (
  insert into users (user_id, name, email)
  select :#userId::uuid, :#name, :#email
  where not exists (select from registration where user_id = :#userId::uuid)
  on conflict do nothing
  returning user_id
), new_registration as (
  insert into registration (user_id, request_id, status, reason)
  select :#userId::uuid, :#${header.cloudEvents_id}::uuid,
         case when registered then 'REGISTERED' else 'REJECTED' end,
         case when not registered then 'EMAIL_TAKEN' end
  from (select exists (select from new_user) as registered) as outcome
  on conflict do nothing
  returning *
), stands as (
  select * from new_registration
  union all
  select * from registration where user_id = :#userId::uuid
)
select verdict, json_strip_nulls(case verdict
         when 'KEY_REUSED' then json_build_object(
           'requestId', :#${header.cloudEvents_id}::uuid, 'reason', 'IDEMPOTENCY_KEY_REUSED')
         else json_build_object('userId', user_id, 'reason', reason)
       end)::text as event
from stands, lateral (
  select case when request_id = :#${header.cloudEvents_id}::uuid then status else 'KEY_REUSED' end as verdict) as judgement
