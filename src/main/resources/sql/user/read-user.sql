select user_document(u)::text from users u where user_id = :#id
