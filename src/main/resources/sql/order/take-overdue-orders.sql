-- Takes up to 100 orders whose billing is to be asked for again, and counts that. The distance doubles each time.
-- A replica that looks at the same time takes others.
with overdue as (
  select order_id from orders
  where status = 'CREATED' and reminders < :#maxReminders::int
    and billing_asked_at < clock_timestamp() - :#stuckAfterMs::float * interval '1 ms' * 2 ^ reminders
  order by billing_asked_at
  limit 100
  for update skip locked
)
update orders set reminders = reminders + 1, billing_asked_at = clock_timestamp()
from overdue
where orders.order_id = overdue.order_id
returning orders.order_id::text, request_id::text, user_id::text
