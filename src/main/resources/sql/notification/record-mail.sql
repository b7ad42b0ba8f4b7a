-- Records the mail that is owed, once. Returns its Message-ID and whether it has been sent.
with new_mail as (
  insert into mail (order_id, kind, message_id)
  values (:#orderId::uuid, :#type, :#messageId)
  on conflict do nothing
  returning message_id, sent_at
)
select message_id, sent_at is not null as sent from new_mail
union all
select message_id, sent_at is not null as sent from mail where order_id = :#orderId::uuid and kind = :#type
