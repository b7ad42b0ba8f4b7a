-- Up to 100 ended orders whose mail is not known to be sent, for one question: their ids, separated by commas.
-- oldestWaiting: when the oldest event was sent that waits for the notification service. What is of that time may wait there too.
select coalesce(string_agg(order_id::text, ','), '')
from (select order_id from orders
      where status in ('PAYED', 'CANCELLED') and look_at < :#${variable.oldestWaiting}::timestamptz - :#${variable.stuckAfterMs}::float * interval '1 ms'
      order by look_at
      limit 100
      for update skip locked) as unmailed
