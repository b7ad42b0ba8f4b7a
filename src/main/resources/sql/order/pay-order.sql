-- Moves an order from CREATED to PAYED, once. Returns the status that stands as the verdict, and the event that tells it.
with paid as (
  update orders set status = 'PAYED', history = history || history_entry('PAYED'), reminders = 0, look_at = clock_timestamp()
  where order_id = :#orderId::uuid and status = 'CREATED'
  returning order_id, status
)
select status as verdict, json_strip_nulls(json_build_object('orderId', order_id))::text as event
from (select order_id, status from paid
      union all
      select order_id, status from orders where order_id = :#orderId::uuid and status <> 'CREATED') as stands
