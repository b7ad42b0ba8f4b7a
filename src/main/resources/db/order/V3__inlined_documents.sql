-- What these functions call is stable, not immutable; PostgreSQL inlines them only if they say so, and then they cost a fifth.
alter function order_document(orders, text, text, jsonb) stable;
alter function order_document(orders) stable;
alter function order_as_created(orders) stable;
