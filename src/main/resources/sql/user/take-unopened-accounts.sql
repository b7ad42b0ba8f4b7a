-- Closes the registrations whose account is there. Takes the others, which are to be announced again, each with its event, and
-- leaves them alone for user.stuck-after-ms.
-- ids: of the question. knownIds: the answer of GET /accounts/. What another replica has taken meanwhile is not due any more.
with unopened as (
  select user_id, jsonb_exists(:#${variable.knownIds}::jsonb -> 'ids', user_id::text) as opened from registration
  where user_id = any (string_to_array(:#${variable.ids}, ',')::uuid[])
    and look_at < :#${variable.oldestWaiting}::timestamptz - :#${variable.stuckAfterMs}::float * interval '1 ms'
  for update skip locked
), taken as (
  update registration set look_at = case when not opened then now() end
  from unopened
  where registration.user_id = unopened.user_id
  returning registration.*, opened
)
select user_id::text, request_id::text, json_strip_nulls(json_build_object('userId', user_id))::text as event
from taken where not opened
