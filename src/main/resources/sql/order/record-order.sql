-- Prices a requested order and records it once: CREATED, or REJECTED and why. Returns the verdict that stands, or KEY_REUSED
-- if another request has made the order, and the event that tells it. billing: the
-- request to bill the order. customer: whose account it is.
-- user: the answer of GET /users/{id}/, which is that of userId, or there is nothing to record; null if there is no such user.
with request as (
  select message."orderId", message."userId", message.lines,
         document is not null as known, "user".name, "user".email
  from (select :#orderId::uuid as "orderId", :#userId::uuid as "userId", :#lines::jsonb as lines) as message,
       nullif(:#${variable.user}::jsonb, 'null') as document,
       jsonb_to_record(document) as "user" ("userId" uuid, name text, email text)
  where document is null or "user"."userId" = message."userId"
), priced as (
  select jsonb_agg(jsonb_build_object(
           'sku', line.sku, 'name', product.name, 'quantity', line.quantity::int,
           'unitPrice', unit_price, 'amount', line.quantity::int * unit_price) order by number) as lines,
         sum(line.quantity::int * unit_price)::bigint as total,
         bool_and(product.sku is not null) as known
  from request,
       jsonb_array_elements(request.lines) with ordinality as element (value, number),
       jsonb_to_record(element.value) as line (sku text, quantity numeric) -- JSON may say 2.0
       left join product on product.sku = line.sku
), judged as (
  select case when not request.known then 'UNKNOWN_USER' when not priced.known then 'UNKNOWN_SKU' end as reason
  from request, priced
), new_order as (
  insert into orders (order_id, request_id, user_id, customer, lines, total, status, reason, history)
  select "orderId", :#${header.cloudEvents_id}::uuid, "userId",
         case when request.known then jsonb_build_object('name', name, 'email', email) end,
         case when reason is null then priced.lines end,
         case when reason is null then total end,
         status, reason, jsonb_build_array(history_entry(status))
  from request, priced, judged,
       lateral (select case when reason is null then 'CREATED' else 'REJECTED' end as status) as verdict
  on conflict do nothing
  returning *
), stands as (
  select * from new_order
  union all
  select * from orders where order_id = :#orderId::uuid
)
select verdict,
       case verdict
         when 'CREATED' then order_as_created(stands)
         when 'REJECTED' then json_strip_nulls(json_build_object('orderId', order_id, 'reason', reason))
         else json_strip_nulls(json_build_object(
           'requestId', :#${header.cloudEvents_id}::uuid, 'reason', 'IDEMPOTENCY_KEY_REUSED'))
       end::text as event,
       json_strip_nulls(json_build_object('orderId', order_id))::text as billing, user_id::text as customer
from stands, lateral (
  select case when request_id <> :#${header.cloudEvents_id}::uuid then 'KEY_REUSED'
              when status = 'REJECTED' then 'REJECTED' else 'CREATED' end as verdict) as judgement
