-- Moves an order from CREATED to CANCELLED, once. Returns the status that stands as the verdict, and the event that tells it.
-- reason: why the bill was declined.
with cancelled as (
  update orders set status = 'CANCELLED', reason = :#reason, history = history || history_entry('CANCELLED'),
                    reminders = 0, look_at = clock_timestamp()
  where order_id = :#orderId::uuid and status = 'CREATED'
  returning order_id, status, reason
)
select status as verdict, json_strip_nulls(json_build_object('orderId', order_id, 'reason', reason))::text as event
from (select order_id, status, reason from cancelled
      union all
      select order_id, status, reason from orders where order_id = :#orderId::uuid and status <> 'CREATED') as stands
