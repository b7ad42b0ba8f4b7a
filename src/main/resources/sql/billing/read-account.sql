select account_document(a)::text from account a where user_id = :#id
