-- What docs/reliability.md promises and the databases can tell: under the words of each promise a query, which finds what breaks it.

-- the order ends PAYED, CANCELLED or REJECTED
select format('order %s is %s, its history is %s', order_id, status, told)
from order_service.orders,
  lateral (select string_agg(entry ->> 'status', ', ') as told from jsonb_array_elements(history) entry) as history
where status = 'CREATED' or status <> 'REJECTED' and told is distinct from 'CREATED, ' || status;

-- an order that is not rejected has exactly one bill, and its amount is debited once if the bill is paid, never if it is declined
select format('order %s of %s is %s, total %s; %s bills: %s over %s of %s; %s debits: %s of %s',
  order_id, user_id, status, total, bills, verdict, amount, billed, debits, debited, paid_by)
from order_service.orders
full join (
  select order_id, count(*) as bills, min(verdict) as verdict, min(amount) as amount,
    string_agg(user_id::text, ', ') as billed
  from billing_service.bill group by 1) as bill using (order_id)
full join (
  select order_id, count(*) as debits, sum(amount) as debited, string_agg(user_id::text, ', ') as paid_by
  from billing_service.entry where order_id is not null group by 1) as entry using (order_id)
where (case status
    when 'PAYED' then bills = 1 and verdict = 'PAYED' and amount = total and billed = user_id::text
      and debits = 1 and debited = -total and paid_by = user_id::text
    when 'CANCELLED' then bills = 1 and verdict = 'DECLINED' and amount = total and billed = user_id::text
      and debits is null
    when 'REJECTED' then bills is null and debits is null
    when 'CREATED' then true -- it has not ended yet
  end) is not true;

-- an account's balance is the sum of its entries, and never negative
select format('the account of user %s has %s, its entries add up to %s, %s of them are opening credits: %s',
  user_id, balance, added, credits, credited)
from billing_service.account
full join (
  select user_id, sum(amount) as added, count(*) filter (where order_id is null) as credits,
    sum(amount) filter (where order_id is null) as credited
  from billing_service.entry group by 1) as entry using (user_id)
where balance is distinct from added or balance < 0 or credits <> 1
  or credited is distinct from ( -- everybody has the same
    select amount from billing_service.entry where order_id is null order by entry_id limit 1);

-- the customer is told the outcome: every mail of one order and outcome has one `Message-ID`
select format('order %s is %s, its mails are: %s', order_id, status, mails)
from order_service.orders
full join (
  select order_id, string_agg(kind || case when sent_at is null then ', not known to be sent' else '' end, '; ') as mails
  from notification_service.mail group by 1) as mail using (order_id)
where mails is distinct from case status when 'PAYED' then 'OrderPayed' when 'CANCELLED' then 'OrderCancelled' end;

-- what is left open because somebody removed a message, or never returned a dead letter, is found and asked for again
select format(case when name is null or owner is null then 'user %s has no account, or an account no user'
  else 'the account of user %s has another name: %s' end, user_id, owner)
from user_service.users
full join billing_service.account using (user_id)
where name is distinct from owner;
