-- Moves an order from CREATED to CANCELLED, once. Returns the status that stands.
-- reason: why the bill was declined.
with cancelled as (
  update orders set status = 'CANCELLED', reason = :#reason, history = history || history_entry('CANCELLED'),
                    reminders = 0, look_at = clock_timestamp()
  where order_id = :#orderId::uuid and status = 'CREATED'
  returning status
)
select status from cancelled
union all
select status from orders where order_id = :#orderId::uuid and status <> 'CREATED'
