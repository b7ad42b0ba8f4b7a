-- When to look whether an order is done, some time after this: it waits for its bill, then for its mail. None: its mail was sent.
alter table orders rename column billing_asked_at to look_at;
alter table orders alter column look_at drop not null;

create index orders_open on orders (look_at) where look_at is not null and status <> 'REJECTED';
drop index orders_under_way;
