-- How many ended orders have a mail that was asked for again, or not sent in twice the time: those that are a little over the time
-- may have just not been looked at. For how many seconds the oldest of them, and the oldest ten.
with stuck as (
  select order_id, (history -> -1 ->> 'at')::timestamptz as ended_at from orders
  where status in ('PAYED', 'CANCELLED') and look_at is not null
    and (reminders > 0 or look_at < now() - :#${variable.stuckAfterMs}::float * interval '2 ms')
)
select count(*) as stuck,
       coalesce(extract(epoch from now() - min(ended_at)), 0)::float as seconds,
       coalesce(array_to_string((array_agg(order_id order by ended_at))[1:10], ', '), '') as oldest
from stuck
