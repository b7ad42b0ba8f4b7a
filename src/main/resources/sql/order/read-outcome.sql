-- What became of a request for an order: the order that has its id, and whether this request made it.
select order_document(o)::text as document, request_id = :#request as same_request from orders o where order_id = :#id
