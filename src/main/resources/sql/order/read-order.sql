select order_document(o)::text from orders o where order_id = :#id
