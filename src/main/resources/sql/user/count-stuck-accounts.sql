-- How many users have an account that was asked for again, or not opened in twice the time: those that are a little over the time
-- may have just not been looked at. For how many seconds the oldest of them, and the oldest ten.
select count(*) as stuck,
       coalesce(extract(epoch from now() - min(decided_at)), 0)::float as seconds,
       coalesce(array_to_string((array_agg(user_id order by decided_at))[1:10], ', '), '') as oldest
from registration
where status = 'REGISTERED' and look_at is not null
  and (reminders > 0 or look_at < now() - :#${variable.stuckAfterMs}::float * interval '2 ms')
