-- How many orders have not ended in time, for how many seconds the oldest of them, and the oldest ten.
select count(*) as stuck,
       coalesce(extract(epoch from clock_timestamp() - min(created_at)), 0)::float as seconds,
       coalesce(array_to_string((array_agg(order_id order by created_at))[1:10], ', '), '') as oldest
from orders
where status = 'CREATED' and look_at is not null and created_at < clock_timestamp() - :#${variable.stuckAfterMs}::float * interval '1 ms'
