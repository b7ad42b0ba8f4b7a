-- Counts a reminder that the broker has taken. The distance to the next one is twice as long each time, up to an hour.
update orders
set reminders = reminders + 1,
    look_at = now() + greatest(interval '0', least(interval '1 hour',
      :#${variable.stuckAfterMs}::float * interval '1 ms' * 2 ^ least(reminders + 1, 20)) - :#${variable.stuckAfterMs}::float * interval '1 ms')
where order_id = :#${header.JMSCorrelationID}::uuid and look_at is not null
