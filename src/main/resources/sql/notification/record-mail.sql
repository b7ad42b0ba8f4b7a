-- Records the mail that is owed and who sends it. Returns the verdict TO_SEND, or no row if there is nothing to do: it is sent, or
-- another delivery of the same event has taken it on in the last minute, and that one comes again until it is sent.
-- Need not be on the disk before the mail is sent: what a crash of the database makes forgotten is recorded when the event comes again.
with claimed as (
  insert into mail (order_id, kind, message_id, claimed_by)
  values (:#orderId::uuid, :#${variable.kind}, :#${variable.messageId}, :#${header.JMSMessageID})
  on conflict (order_id, kind) do update
  set claimed_by = excluded.claimed_by, claimed_at = clock_timestamp()
  where mail.sent_at is null
    and (mail.claimed_by = excluded.claimed_by or mail.claimed_at < clock_timestamp() - interval '1 minute')
  returning 'TO_SEND' as verdict, set_config('synchronous_commit', 'off', true)
)
select verdict from claimed
