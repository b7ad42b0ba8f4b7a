-- Bills an order once and debits the customer's account if the balance allows. Returns the verdict that stands
-- and the event that tells it, or no row while the customer has no account.
-- order: the answer of GET /orders/{id}/, which is that of orderId, or there is nothing to bill.
with payer as (
  select "order"."orderId", "order".total, account.user_id, account.balance
  from jsonb_to_record(:#${variable.order}::jsonb) as "order" ("orderId" uuid, "userId" uuid, total bigint)
       join account on account.user_id = "order"."userId"
  where "order"."orderId" = :#orderId::uuid
  for update of account -- bills of one account queue up here, so the balance that is judged is the balance that is debited
), new_bill as (
  insert into bill (order_id, user_id, amount, verdict, reason)
  select "orderId", user_id, total,
         case when balance >= total then 'PAYED' else 'DECLINED' end,
         case when balance < total then 'BALANCE_TOO_LOW' end
  from payer
  on conflict do nothing
  returning *
), debited as (
  update account
  set balance = account.balance - new_bill.amount
  from new_bill
  where account.user_id = new_bill.user_id and new_bill.verdict = 'PAYED'
  returning new_bill.order_id, account.user_id, new_bill.amount
), new_entry as (
  insert into entry (user_id, order_id, amount)
  select user_id, order_id, -amount from debited
)
select verdict, json_strip_nulls(json_build_object('orderId', order_id, 'reason', reason))::text as event
from (select order_id, verdict, reason from new_bill
      union all
      select order_id, verdict, reason from bill where order_id = :#orderId::uuid) as stands
