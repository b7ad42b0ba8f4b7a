-- How many orders have not ended in time; how many of them nobody is reminded of any more, and the oldest ten of these.
select count(*) as stuck,
       count(*) filter (where given_up) as given_up,
       coalesce(array_to_string((array_agg(order_id order by created_at) filter (where given_up))[1:10], ', '), '') as oldest
from (select order_id, created_at, reminders >= :#maxReminders::int as given_up
      from orders
      where status = 'CREATED' and created_at < clock_timestamp() - :#stuckAfterMs::float * interval '1 ms') as stuck
