-- Takes up to 100 orders whose billing is to be asked for again, each with the event that does it, and leaves them alone for order.stuck-after-ms.
-- oldestWaiting: when the oldest message was sent that waits on the way from request to outcome. An order of that time may wait there.
-- A replica that looks at the same time takes others.
with unbilled as (
  select order_id from orders
  where status = 'CREATED' and look_at < :#${variable.oldestWaiting}::timestamptz - :#${variable.stuckAfterMs}::float * interval '1 ms'
  order by look_at
  limit 100
  for update skip locked
)
update orders set look_at = now()
from unbilled
where orders.order_id = unbilled.order_id
returning orders.order_id::text, request_id::text, user_id::text,
          json_strip_nulls(json_build_object('orderId', orders.order_id))::text as event
