-- Each mail that is owed to a customer, which delivery of its event is at it, and when the mail server took it.
create table mail (
  order_id   uuid        not null,
  kind       text        not null check (kind in ('OrderPayed', 'OrderCancelled')),
  message_id text        not null unique, -- RFC 5322 Message-ID, the same for every try
  claimed_by text        not null,        -- JMSMessageID of the event
  claimed_at timestamptz not null default now(),
  sent_at    timestamptz,
  primary key (order_id, kind)
);
