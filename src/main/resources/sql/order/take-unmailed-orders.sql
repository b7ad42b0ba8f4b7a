-- Closes the orders whose mail was sent. Leaves the others alone for order.stuck-after-ms, and takes those of them that are to be
-- announced again, each with its event: whose mail is not under way.
-- ids: of the question. knownIds: the answer of GET /mails/. What another replica has taken meanwhile is not due any more.
with unmailed as (
  select order_id, jsonb_exists(:#${variable.knownIds}::jsonb -> 'ids', order_id::text) as sent,
         coalesce(jsonb_exists(:#${variable.knownIds}::jsonb -> 'waiting', order_id::text), false) as waiting
  from orders
  where order_id = any (string_to_array(:#${variable.ids}, ',')::uuid[])
    and look_at < :#${variable.oldestWaiting}::timestamptz - :#${variable.stuckAfterMs}::float * interval '1 ms'
  for update skip locked
), taken as (
  update orders set look_at = case when not sent then now() end
  from unmailed
  where orders.order_id = unmailed.order_id
  returning orders.*, sent, waiting
)
select order_id::text, request_id::text, status,
       json_strip_nulls(json_build_object('orderId', order_id, 'reason', reason))::text as event
from taken where not sent and not waiting
