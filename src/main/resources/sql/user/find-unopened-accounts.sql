-- Up to 100 users whose account is not known to be there, for one question: their ids, separated by commas.
-- oldestWaiting: when the oldest event was sent that waits for the billing service. What is of that time may wait there too.
select coalesce(string_agg(user_id::text, ','), '')
from (select user_id from registration
      where status = 'REGISTERED' and look_at < :#${variable.oldestWaiting}::timestamptz - :#${variable.stuckAfterMs}::float * interval '1 ms'
      order by look_at
      limit 100
      for update skip locked) as unopened
