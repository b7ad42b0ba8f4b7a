-- Moves an order from CREATED to PAYED, once. Returns the status that stands.
with payed as (
  update orders set status = 'PAYED', history = history || history_entry('PAYED'), reminders = 0, look_at = clock_timestamp()
  where order_id = :#orderId::uuid and status = 'CREATED'
  returning status
)
select status from payed
union all
select status from orders where order_id = :#orderId::uuid and status <> 'CREATED'
