-- How often the billing of an order was asked for again, and when it was last asked for.
alter table orders
  add column reminders        integer     not null default 0,
  add column billing_asked_at timestamptz not null default now();

-- Most orders have ended: the periodic check reads only those that have not. By order_id, because PostgreSQL, which believes
-- this index to be nearly empty, uses it to close an order too, whatever its key.
create index orders_under_way on orders (order_id) where status = 'CREATED';
